package standard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"madang"
	"madang/account"
	tokens "madang/account/bearer"
	"madang/account/signin"
	"madang/dialect/ably"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/token"
)

// AblySignIn is the sign-in for applications that speak the Ably protocol: POST /auth/login and /auth/register answer {token},
// which opens connections too, and GET /auth/re-create is for the clients' option authUrl. Community-built, not an Ably product.
type AblySignIn struct {
	// Enabled answers at those addresses.
	Enabled bool `yaml:"enabled"`
	// Key signs the tokens: the id of the app, a dot and the name of one of its keys. Empty: the first key of the app whose
	// people they are.
	Key string `yaml:"key"`
	// Capability is what everybody who is signed in may do, as JSON. Channels whose names begin with private- or presence- are not
	// opened by it, but for the rooms of the chat to who may be there.
	Capability string `yaml:"capability"`
	// TTL is how long a token is good, at most 24h, or 1h with a key whose tokens can be revoked.
	TTL time.Duration `yaml:"ttl"`
	// Verified keeps out who has not proved their address, which is who they are to others here.
	Verified bool `yaml:"verified"`
}

func ablySignInDefaults() AblySignIn {
	return AblySignIn{Capability: `{"*":["subscribe","presence","history"]}`, TTL: time.Hour}
}

// Validate reports what cannot work.
func (c AblySignIn) Validate() error {
	if _, err := capability.Parse(c.Capability); err != nil {
		return fmt.Errorf("capability: %w", err)
	}
	if c.TTL < time.Minute || c.TTL > token.MaxTTL {
		return fmt.Errorf("ttl must be from 1m to %s, not %s", token.MaxTTL, c.TTL)
	}
	return nil
}

// An ablyTokens makes tokens of Ably's clients for people who are signed in.
type ablyTokens struct {
	authority  *token.Authority
	key        string
	capability string
	ttl        time.Duration
	verified   bool
}

// newAblyTokens returns what makes tokens for the people of an app. It fails if there is no key that can.
func newAblyTokens(c AblySignIn, apps *madang.Apps, app string, authority *token.Authority) (tokens.Ably, error) {
	t := ablyTokens{authority, c.Key, c.Capability, c.TTL, c.Verified}
	if t.key == "" {
		a := apps.ByID(app)
		if a == nil || len(a.Keys) == 0 {
			return nil, fmt.Errorf("the app %q has no key that could sign tokens: give it one, or set enabled to false", app)
		}
		t.key = app + "." + a.Keys[0].Name
	}
	trial, err := t.authority.Sign(t.key, token.JWT{ClientID: "trial", Capability: t.capability, TTL: t.ttl})
	if err != nil {
		return nil, fmt.Errorf("the key %q cannot sign tokens for people: %w", t.key, err)
	}
	if d, err := t.authority.Verify(context.Background(), trial.Token); err != nil || d.App != app {
		return nil, errors.Join(fmt.Errorf("the key %q is not one of the app %q, whose people they are", t.key, app), err)
	}
	return t, nil
}

// Issue implements tokens.Ably. Who somebody is is their address, which nobody else of the app's users has.
func (t ablyTokens) Issue(_ context.Context, signIn string, p account.Person) (tokens.AblyToken, error) {
	if t.verified && !p.Verified() {
		return tokens.AblyToken{}, &signin.Refusal{Class: signin.Forbidden, Code: signin.CodeUnverified}
	}
	x, err := t.authority.Sign(t.key, token.JWT{ClientID: p.Email, Capability: t.capability, TTL: t.ttl, RevocationKey: ably.SignInPrefix + signIn})
	if err != nil {
		return tokens.AblyToken{}, fmt.Errorf("sign a token for a connection: %w", err)
	}
	return tokens.AblyToken{Token: x.Token, ClientID: x.ClientID, Expires: time.UnixMilli(x.Expires)}, nil
}

// endedSignIns makes the end of a sign-in one more reason why a token of Ably's clients is revoked. So a client whose
// connection was closed with its sign-in cannot come back with the token that it still has.
type endedSignIns struct {
	token.Revocations
	of      atomic.Pointer[signInsOf]
	devices atomic.Pointer[signInsOf] // by what hubs and their people have tokens: see deviceSignIn
}

// signInsOf returns who is signed in by a sign-in; nil: nobody, it has ended.
type signInsOf func(ctx context.Context, signIn string) (*madang.Principal, error)

// ask sets who knows about sign-ins.
func (e *endedSignIns) ask(of signInsOf) { e.of.Store(&of) }

// person returns who is signed in by a sign-in. As long as nobody knows of sign-ins, nobody is.
func (e *endedSignIns) person(ctx context.Context, signIn string) (*madang.Principal, error) {
	of := e.of.Load()
	if strings.HasPrefix(signIn, deviceSignIn) {
		of = e.devices.Load()
	}
	if of == nil {
		return nil, nil
	}
	return (*of)(ctx, signIn)
}

// asPerson returns who a principal of the Ably protocol is to the rest of the server, if it is somebody who is signed in here: the
// person, whom rooms and roles know by id, and not the client id. Any other principal is who it is.
func (e *endedSignIns) asPerson(ctx context.Context, p *madang.Principal) (*madang.Principal, error) {
	if !signedIn(p) {
		return p, nil
	}
	signIn, _ := p.Claim("sign_in").(string)
	person, err := e.person(ctx, signIn)
	if err == nil && person == nil {
		err = fmt.Errorf("the sign-in has ended: %w", madang.ErrForbidden)
	}
	return person, err
}

// signedIn reports whether a principal is one of the Ably protocol who is signed in here. It is asked with every message, so it
// does not read the claims of all others.
func signedIn(p *madang.Principal) bool {
	return p != nil && p.Guard == ably.GuardName && bytes.Contains(p.Claims, []byte(`"sign_in":`)) && p.Claim("sign_in") != nil
}

// Revoked implements token.Revocations.
func (e *endedSignIns) Revoked(ctx context.Context, d *token.Details) (bool, error) {
	if signIn, ok := strings.CutPrefix(d.RevocationKey, ably.SignInPrefix); ok {
		person, err := e.person(ctx, signIn)
		if err != nil || person == nil {
			return err == nil, err
		}
	}
	return e.Revocations.Revoked(ctx, d)
}
