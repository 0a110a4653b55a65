package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"madang/dialect/ably/capability"
)

// A JWT is what [Authority.Sign] puts into one.
type JWT struct {
	ClientID   string
	Capability string        // JSON; empty: all that the key can
	TTL        time.Duration // in whole seconds; 0: DefaultTTL, or what the key allows if that is less
	// RevocationKey is what it can be revoked by; empty: nothing but the client id and the capability's channels.
	RevocationKey string
}

// Sign makes an Ably JWT with the key named keyName, as an application would that has the key: for this server's own accounts.
func (a *Authority) Sign(keyName string, j JWT) (*Issued, error) {
	k, ok := a.cfg.Keys.Key(keyName)
	if !ok {
		return nil, refuse(CodeNotFound, "there is no app or key %.100q", keyName)
	}
	if err := checkClientID(j.ClientID); err != nil {
		return nil, err
	}
	if j.TTL == 0 {
		j.TTL = min(DefaultTTL, k.maxTTL())
	}
	if j.TTL < time.Second || j.TTL > k.maxTTL() {
		return nil, refuse(CodeBadValue, "a JWT of the key %.100q can live from 1s to %s, not %s", keyName, k.maxTTL(), j.TTL)
	}
	rights := k.Capability
	if j.Capability != "" {
		asked, err := capability.Parse(j.Capability)
		if err != nil {
			return nil, badCapability(err)
		}
		if rights, err = k.allow(asked); err != nil {
			return nil, err
		}
	}
	issued := a.cfg.Now().Truncate(time.Second)
	expires := issued.Add(j.TTL.Truncate(time.Second))
	claims := map[string]any{
		"iat": issued.Unix(), "exp": expires.Unix(), claimClientID: j.ClientID, claimCapability: rights.String(),
	}
	if j.RevocationKey != "" {
		claims[claimRevocation] = j.RevocationKey
	}
	token, err := k.signJWT(claims)
	if err != nil {
		return nil, err
	}
	return &Issued{
		Token: token, KeyName: k.Name, Issued: issued.UnixMilli(), Expires: expires.UnixMilli(), Capability: rights.String(), ClientID: j.ClientID,
	}, nil
}

// signJWT writes claims as a JWT with the key's secret (RFC 7515, section 7.1).
func (k Key) signJWT(claims map[string]any) (string, error) {
	b64 := base64.RawURLEncoding.EncodeToString
	header, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "HS256", "kid": k.Name})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := b64(header) + "." + b64(payload)
	h := hmac.New(sha256.New, []byte(k.Secret))
	_, _ = h.Write([]byte(text)) // a hash takes everything
	return text + "." + b64(h.Sum(nil)), nil
}
