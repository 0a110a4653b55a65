package token

import "time"

// memberEmbedded holds a token in an application's own JWT: in the header, or in the claims of one that is not encrypted.
const memberEmbedded = "x-ably-token"

// outerLeeway is how much later than the embedded token a JWT may expire. Both are made one after the other, often with
// the same lifetime, and JWTs count in seconds.
const outerLeeway = 5 * time.Second

// embeds reports whether there is another token in this one.
func (j joseToken) embeds() bool {
	return j.header[memberEmbedded] != nil || j.claims[memberEmbedded] != nil
}

// verifyEmbedded returns what the token proves that is embedded in another. The signature outside is the application's
// own, made with a secret that is not known here. So nothing outside counts but exp, which can only take away.
func (a *Authority) verifyEmbedded(j joseToken) (*Details, error) {
	inHeader, has, good := j.header.text(memberEmbedded)
	inClaims, has2, good2 := j.claims.text(memberEmbedded)
	if !good || !good2 || has && has2 && inHeader != inClaims || inHeader+inClaims == "" {
		return nil, refuse(CodeCredentials, "x-ably-token is not one token, as a string")
	}
	if !has {
		inHeader = inClaims
	}
	d, err := a.verify(inHeader, false)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	if d.Expired(now) {
		return nil, refuse(CodeExpired, "the token in x-ably-token expired at %s", d.Expires.UTC().Format(time.RFC3339))
	}
	if _, has := j.claims["exp"]; !has {
		return d, nil
	}
	outer, ok := j.claims.date("exp")
	switch {
	case !ok:
		return nil, refuse(CodeCredentials, "exp of the JWT is not a time in seconds since 1970")
	case !now.Before(outer):
		return nil, refuse(CodeExpired, "the JWT around x-ably-token expired at %s", outer.UTC().Format(time.RFC3339))
	case outer.Before(d.Expires):
		d.Expires = outer
	case outer.Sub(d.Expires) > outerLeeway && a.cfg.Lenient:
		a.cfg.Log.Warn("ably: a JWT outlives the token embedded in it; it is taken until that one expires",
			"app", d.App, "clientId", d.ClientID, "outer", outer, "inner", d.Expires)
	case outer.Sub(d.Expires) > outerLeeway:
		return nil, refuse(CodeCredentials, "the JWT expires at %s, after the token in its x-ably-token, which does at %s; "+
			"give the JWT a shorter expiresIn, or request the token with a longer ttl (the server can be set to be lenient)",
			outer.UTC().Format(time.RFC3339), d.Expires.UTC().Format(time.RFC3339))
	}
	return d, nil
}
