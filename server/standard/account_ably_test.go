package standard

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/signin"
	"madang/dialect/ably"
	"madang/dialect/ably/token"
)

// A fold is an Ably guard and what makes tokens for people.
type fold struct {
	*ablyGuard
	apps *madang.Apps
}

func newFold(t *testing.T) fold {
	t.Helper()
	apps := madang.NewApps(
		madang.App{ID: "app1", Keys: []madang.Key{{Name: "root", Secret: "the-secret-of-root"}, {Name: "reader", Secret: "the-secret-of-reader"}}},
		madang.App{ID: "app2", Keys: []madang.Key{{Name: "root", Secret: "the-secret-of-another"}}}, madang.App{ID: "keyless"},
	)
	keys, err := token.FromApps(apps, map[string]token.Rights{"app1.reader": {Capability: `{"news":["subscribe"]}`, Revocable: true}})
	if err != nil {
		t.Fatal(err)
	}
	ended := &endedSignIns{Revocations: token.NewMemoryRevocations(time.Now)}
	authority := token.New(token.Config{Keys: keys, Revocations: ended, Log: slog.New(slog.DiscardHandler)})
	return fold{&ablyGuard{Guard: ably.NewGuard(authority), authority: authority, ended: ended, capability: ably.NewPolicy()}, apps}
}

// A connection is who is signed in, lasts as long as the sign-in, and cannot come back after it.
func TestAblySignIn(t *testing.T) {
	f := newFold(t)
	made, err := newAblyTokens(ablySignInDefaults(), f.apps, "app1", f.authority)
	if err != nil {
		t.Fatal(err)
	}
	x, err := made.Issue(t.Context(), "tokens:a", account.Person{ID: 7, Email: "kim@example.com"})
	if err != nil || x.ClientID != "kim@example.com" || time.Until(x.Expires) > time.Hour {
		t.Fatalf("%+v, %v", x, err)
	}
	shown := madang.Credentials{App: "app1", Token: x.Token}
	if _, err := f.Authenticate(t.Context(), shown); err == nil {
		t.Error("a token of a sign-in is good though nobody knows of sign-ins")
	}
	lives, trouble := true, error(nil)
	f.ended.ask(func(_ context.Context, signIn string) (*madang.Principal, error) {
		if !lives || trouble != nil || signIn != "tokens:a" {
			return nil, trouble
		}
		return &madang.Principal{App: "app1", Guard: "api", User: "7"}, nil
	})
	p, err := f.Authenticate(t.Context(), shown)
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "kim@example.com" || p.Guard != "ably" || p.Claim("sign_in") != "tokens:a" || ably.HasKey(p) {
		t.Errorf("%+v", p)
	}
	if who, err := f.ended.asPerson(t.Context(), p); err != nil || who.User != "7" || who.Guard != "api" {
		t.Errorf("to rooms and roles it is %+v, %v", who, err)
	}
	for _, other := range []*madang.Principal{nil, {Guard: "api", Claims: p.Claims}, {Guard: "ably", Claims: []byte(`{"capability":"x"}`)}, {Guard: "ably", Claims: []byte(`{"claims":{"sign_in":"tokens:a"}}`)}} {
		if who, err := f.ended.asPerson(t.Context(), other); err != nil || who != other {
			t.Errorf("%+v is %+v, %v", other, who, err)
		}
	}
	for name, want := range map[string]bool{"room-1": true, "private-orders.7": false, "presence-lobby": false} {
		g, err := f.Authorize(t.Context(), madang.AccessRequest{Principal: p, Channel: madang.Channel{App: "app1", Name: name}, Action: madang.ActSubscribe})
		if (g != nil) != want || err != nil {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
	if _, err := f.authority.Verify(t.Context(), x.Token+"x"); err == nil {
		t.Error("a token can be changed")
	}
	trouble = errors.New("away")
	if _, err := f.Authenticate(t.Context(), shown); !errors.Is(err, trouble) {
		t.Errorf("while the store is away: %v", err)
	}
	lives, trouble = false, nil
	_, err = f.Authenticate(t.Context(), shown)
	if e, ok := errors.AsType[*token.Error](err); !ok || e.Code != token.CodeRevoked {
		t.Errorf("after the sign-in: %v", err)
	}
	if _, err := f.ended.asPerson(t.Context(), p); !errors.Is(err, madang.ErrForbidden) {
		t.Errorf("somebody after the sign-in: %v", err)
	}
	if _, err := f.Authenticate(t.Context(), madang.Credentials{Token: ablySigned(t, f, "")}); err != nil {
		t.Errorf("a token of an application's own: %v", err)
	}
}

func TestAblySignInVerified(t *testing.T) {
	f := newFold(t)
	c := ablySignInDefaults()
	c.Verified = true
	made, err := newAblyTokens(c, f.apps, "app1", f.authority)
	if err != nil {
		t.Fatal(err)
	}
	p := account.Person{ID: 7, Email: "kim@example.com"}
	_, err = made.Issue(t.Context(), "tokens:a", p)
	if r, ok := errors.AsType[*signin.Refusal](err); !ok || r.Code != signin.CodeUnverified {
		t.Errorf("%v", err)
	}
	p.VerifiedAt = time.Now()
	if _, err := made.Issue(t.Context(), "tokens:a", p); err != nil {
		t.Error(err)
	}
}

// ablySigned is a token as an application signs it.
func ablySigned(t *testing.T, f fold, group string) string {
	t.Helper()
	x, err := f.authority.Sign("app1.root", token.JWT{ClientID: "lee", RevocationKey: group})
	if err != nil {
		t.Fatal(err)
	}
	return x.Token
}

func TestAblySignInSettings(t *testing.T) {
	f := newFold(t)
	for name, c := range map[string]struct {
		change func(*AblySignIn)
		app    string
		good   bool
	}{
		"as it is":             {func(*AblySignIn) {}, "app1", true},
		"a key":                {func(c *AblySignIn) { c.Key = "app1.reader" }, "app1", true},
		"no app":               {func(*AblySignIn) {}, "app9", false},
		"no key":               {func(*AblySignIn) {}, "keyless", false},
		"no such key":          {func(c *AblySignIn) { c.Key = "app1.x" }, "app1", false},
		"another app's key":    {func(c *AblySignIn) { c.Key = "app2.root" }, "app1", false},
		"more than the key":    {func(c *AblySignIn) { c.Key, c.Capability = "app1.reader", `{"other":["subscribe"]}` }, "app1", false},
		"longer than the key":  {func(c *AblySignIn) { c.Key, c.TTL = "app1.reader", 2*time.Hour }, "app1", false},
		"a capability of none": {func(c *AblySignIn) { c.Capability = `[]` }, "app1", false},
	} {
		s := ablySignInDefaults()
		c.change(&s)
		if _, err := newAblyTokens(s, f.apps, c.app, f.authority); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []AblySignIn{{}, {Capability: `{"*":["*"]}`}, {Capability: `{"*":["*"]}`, TTL: 25 * time.Hour}, {Capability: `x`, TTL: time.Hour}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if err := ablySignInDefaults().Validate(); err != nil {
		t.Error(err)
	}
}
