package token

import (
	"encoding/json"
	"strings"
	"time"
)

// Claims of an Ably JWT.
const (
	claimCapability = "x-ably-capability"
	claimClientID   = "x-ably-clientId"
	claimRevocation = "x-ably-revocation-key"
	claimUser       = "ably." // begins what the application says of its user to others: ably.room.*, ably.limits.*
)

// verifyJWT verifies a JWT that an application signed with its key.
func (a *Authority) verifyJWT(j joseToken) (*Details, error) {
	if j.encrypted() {
		return nil, refuse(CodeCredentials, "the token is encrypted and has no x-ably-token in its header")
	}
	issued, _ := j.claims.date("iat")
	k, err := a.signer(j, issued)
	if err != nil {
		return nil, err
	}
	d := &Details{App: k.App, Key: k.Name}
	if err := a.lifetime(d, k, j.claims); err != nil {
		return nil, err
	}
	clientID, has, good := j.claims.text(claimClientID)
	switch {
	case !good:
		return nil, refuse(CodeClientID, "%s of the JWT is not a string; write the number in quotes", claimClientID)
	case has && clientID != wildcard:
		if err := checkClientID(clientID); err != nil {
			return nil, err
		}
	}
	d.hold(clientID)
	if d.RevocationKey, _, good = j.claims.text(claimRevocation); !good {
		return nil, refuse(CodeBadValue, "%s of the JWT is not a string", claimRevocation)
	}
	d.Claims = j.claims.users()
	text, has, good := j.claims.text(claimCapability)
	if !good || has && text == "" {
		return nil, refuse(CodeBadRequest, "%s of the JWT is not a string with JSON in it", claimCapability)
	}
	if err := d.limit(k, text); err != nil {
		return nil, err
	}
	return d, nil
}

// signer returns the key that the token names and is signed with.
func (a *Authority) signer(j joseToken, issued time.Time) (Key, error) {
	kid, has, good := j.header.text("kid")
	if !has || !good {
		return Key{}, a.unacceptable(CodeJWT, issued,
			"the JWT has neither kid in its header, the name of the key that signed it, nor an x-ably-token")
	}
	if alg, _, _ := j.header.text("alg"); alg != "HS256" {
		return Key{}, a.unacceptable(CodeJWT, issued, "the JWT is signed with %.20q; only HS256 with the key's secret is accepted", alg)
	}
	for _, name := range [...]string{"crit", "b64"} {
		if _, ok := j.header[name]; ok { // extensions that must be understood, RFC 7515, section 4.1.11
			return Key{}, a.unacceptable(CodeJWT, issued, "the JWT has %s in its header, which is not supported", name)
		}
	}
	k, ok := a.cfg.Keys.Key(kid)
	if !ok {
		return Key{}, refuse(CodeNotFound, "there is no app or key %.100q, which kid of the JWT names", kid)
	}
	if !j.signedBy(k) {
		return Key{}, a.unacceptable(CodeJWT, issued, "the signature of the JWT is not by the key %.100q as it is now", kid)
	}
	return k, nil
}

// lifetime sets when the token was issued and expires.
func (a *Authority) lifetime(d *Details, k Key, claims members) error {
	var hasIssued, hasExpires bool
	d.Issued, hasIssued = claims.date("iat")
	d.Expires, hasExpires = claims.date("exp")
	now := a.cfg.Now()
	switch {
	case !hasIssued || !hasExpires:
		return refuse(CodeCredentials, "iat and exp of the JWT must be there, in seconds since 1970")
	case d.Expired(now):
		return refuse(CodeExpired, "the JWT expired at %s", d.Expires.UTC().Format(time.RFC3339))
	case d.Issued.Sub(now) > MaxSkew:
		return refuse(CodeCredentials, "iat of the JWT is in the future: %s; is the clock right?", d.Issued.UTC().Format(time.RFC3339))
	case d.Expires.Sub(d.Issued) > k.maxTTL():
		return refuse(CodeBadValue, "the JWT lives for %s, longer than the %s that the key allows", d.Expires.Sub(d.Issued), k.maxTTL())
	}
	if _, has := claims["nbf"]; has {
		if start, ok := claims.date("nbf"); !ok || start.Sub(now) > MaxSkew {
			return refuse(CodeCredentials, "nbf of the JWT is in the future, or no time in seconds since 1970")
		}
	}
	return nil
}

// date returns a claim that is a time in seconds.
func (m members) date(name string) (t time.Time, ok bool) {
	text, kind := scalar(m[name])
	if kind != '0' {
		return time.Time{}, false
	}
	return numericDate(text)
}

// users returns the claims about the user as a JSON object, or nil if there are none.
func (m members) users() []byte {
	own := members{}
	for name, value := range m {
		if strings.HasPrefix(name, claimUser) {
			own[name] = value
		}
	}
	if len(own) == 0 {
		return nil
	}
	b, err := json.Marshal(own)
	if err != nil { // it has just been read
		return nil
	}
	return b
}
