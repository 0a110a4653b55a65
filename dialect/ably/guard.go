package ably

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"madang"
	"madang/dialect/ably/token"
)

// GuardName is the guard of this dialect's principals.
const GuardName = token.GuardName

// SignInPrefix begins a token's revocation key (x-ably-revocation-key) that says what its holder is signed in by to this
// server: what follows is the claim sign_in of the principal, and the connection ends with that sign-in.
const SignInPrefix = "sign_in/"

// A guard makes principals of what an authority proves.
type guard struct{ authority *token.Authority }

// NewGuard returns the guard named [GuardName]. It takes a key or token as [Server] takes them from a request: from the
// query (key, access_token), else the credentials' token, else the header Authorization; and the client id from the
// query's clientId or the header X-Ably-ClientId.
func NewGuard(a *token.Authority) madang.Guard { return guard{a} }

// Authenticate implements madang.Guard. Errors are [*token.Error].
func (g guard) Authenticate(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	if d, ok := ctx.Value(proved{}).(*token.Details); ok {
		return PrincipalOf(d), nil
	}
	d, err := authenticate(ctx, g.authority, c)
	if err != nil {
		return nil, err
	}
	return PrincipalOf(d), nil
}

// proved is where a context has details for the guard that the Server has had proved already: a connection's renewal depends
// on who it was, which the guard does not learn.
type proved struct{}

// authenticate returns what a client shows.
func authenticate(ctx context.Context, a *token.Authority, c madang.Credentials) (*token.Details, error) {
	found, clientID, err := shown(c)
	if err != nil {
		return nil, err
	}
	d, err := a.Authenticate(ctx, found)
	if err != nil {
		return nil, err
	}
	return d.Identify(clientID)
}

// shown returns what a client shows and who it says it is.
func shown(c madang.Credentials) (found token.Credentials, clientID string, err error) {
	found = token.Credentials{Key: query(c, "key"), Token: c.Token}
	clientID = query(c, "clientId")
	for _, name := range []string{"access_token", "accessToken"} {
		if found.Token == "" {
			found.Token = query(c, name)
		}
	}
	if c.Header == nil {
		return found, clientID, nil
	}
	if found == (token.Credentials{}) {
		if found, err = token.FromHeader(c.Header("Authorization")); err != nil {
			return found, clientID, err
		}
	}
	if id := c.Header("X-Ably-ClientId"); id != "" && clientID == "" {
		b, err := base64.StdEncoding.DecodeString(id)
		if err != nil {
			return found, "", &token.Error{Code: token.CodeClientID, Status: 400, Message: "the header X-Ably-ClientId is not base64"}
		}
		clientID = string(b)
	}
	return found, clientID, nil
}

func query(c madang.Credentials, name string) string {
	if c.Query == nil {
		return ""
	}
	return c.Query(name)
}

// claims are what a principal of this dialect carries along for the policy.
type claims struct {
	Capability string          `json:"capability"`
	Key        bool            `json:"key,omitempty"`     // it has shown the key itself
	SignIn     string          `json:"sign_in,omitempty"` // what its holder is signed in by, and ends with
	Own        json.RawMessage `json:"claims,omitempty"`  // of a JWT
}

// HasKey reports whether a principal of this dialect has shown an app's key itself, as the app's backend does, and not a token
// that somebody was given.
func HasKey(p *madang.Principal) bool {
	var c claims
	return p.Guard == GuardName && json.Unmarshal(p.Claims, &c) == nil && c.Key
}

// PrincipalOf returns what credentials prove as policies know it.
func PrincipalOf(d *token.Details) *madang.Principal {
	p := d.Principal()
	signIn, ok := strings.CutPrefix(d.RevocationKey, SignInPrefix)
	if !ok {
		signIn = ""
	}
	p.Claims, _ = json.Marshal(claims{d.Capability.String(), d.Basic, signIn, d.Claims}) // texts and JSON have a JSON form
	return p
}
