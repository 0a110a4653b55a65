package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/shared"
)

// revoker returns the one who has the key whose tokens can be revoked, and a token of it.
func revoker(t *testing.T, r *rig, change func(*Request)) (by *Details, token string) {
	t.Helper()
	by, err := r.Basic("app1.revocable:revocable secret")
	if err != nil {
		t.Fatal(err)
	}
	return by, r.issue(t, r.request(func(q *Request) { q.KeyName = "app1.revocable"; change(q) })).Token
}

func (r *rig) revoke(t *testing.T, by *Details, q *RevokeRequest) ([]RevokeResult, []Revocation) {
	t.Helper()
	results, done, err := r.Revoke(context.Background(), "app1.revocable", by, q)
	if err != nil {
		t.Fatal(err)
	}
	return results, done
}

func TestRevokeByClient(t *testing.T) {
	r := newRig(t)
	by, bob := revoker(t, r, func(q *Request) { q.ClientID = "bob" })
	_, eve := revoker(t, r, func(q *Request) { q.ClientID = "eve" })
	elsewhere := r.issue(t, r.request(func(q *Request) { q.ClientID = "bob" })).Token
	live := r.verify(t, bob)
	r.after(time.Second)
	results, done := r.revoke(t, by, &RevokeRequest{Targets: []string{"clientId:bob", "invalidType:abc", "clientId:x:y"}})
	b, err := json.Marshal(results)
	want := `[{"target":"clientId:bob","appliesAt":1795352401000,"issuedBefore":1795352401000},` +
		`{"target":"invalidType:abc","error":{"code":40000,"statusCode":400,"message":"a target is clientId:…, revocationKey:… or channel:…, not \"invalidType:abc\""}},` +
		`{"target":"clientId:x:y","appliesAt":1795352401000,"issuedBefore":1795352401000}]`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	if len(done) != 2 || !done[0].Covers(live) || done[1].Covers(live) || done[0].Target.String() != "clientId:bob" || done[1].Target.Value != "x:y" {
		t.Errorf("%+v", done)
	}
	_, err = r.Verify(context.Background(), bob)
	wants(t, "revoked", err, CodeRevoked)
	wants(t, "live", r.Check(context.Background(), live), CodeRevoked)
	r.verify(t, eve)
	r.verify(t, elsewhere) // of another key
	_, again := revoker(t, r, func(q *Request) { q.ClientID = "bob" })
	r.verify(t, again) // issued later
	wants(t, "the key itself", r.Check(context.Background(), by), 0)
}

func TestRevokeByOtherTargets(t *testing.T) {
	for _, x := range []struct {
		target string
		want   bool
	}{
		{"clientId:*", false}, {"revocationKey:group.1", true}, {"revocationKey:group", false}, {"channel:foo:*", true},
		{"channel:foo:bar", false}, {"channel:*:*", false}, {"channel:*", false}, {"channel:news", true}, {"clientId:bob", true},
	} {
		r := newRig(t)
		by, _ := revoker(t, r, func(*Request) {})
		token := sign("revocable secret", `{"alg":"HS256","kid":"app1.revocable"}`, `{`+times+
			`,"x-ably-clientId":"bob","x-ably-revocation-key":"group.1","x-ably-capability":"{\"foo:*\":[\"*\"],\"news\":[\"subscribe\"]}"}`)
		d := r.verify(t, token)
		r.after(time.Second)
		_, done := r.revoke(t, by, &RevokeRequest{Targets: []string{x.target}})
		_, err := r.Verify(context.Background(), token)
		code := 0
		if x.want {
			code = CodeRevoked
		}
		wants(t, x.target, err, code)
		if done[0].Covers(d) != x.want {
			t.Errorf("%s: Covers is not %v", x.target, x.want)
		}
	}
	// A token for any client is not one for the client that it is used as, but is one for *.
	r := newRig(t)
	by, wild := revoker(t, r, func(q *Request) { q.ClientID = "*" })
	eve, err := r.verify(t, wild).Identify("eve")
	if err != nil {
		t.Fatal(err)
	}
	r.after(time.Second)
	r.revoke(t, by, &RevokeRequest{Targets: []string{"clientId:eve"}})
	wants(t, "by the claimed client id", r.Check(context.Background(), eve), 0)
	r.revoke(t, by, &RevokeRequest{Targets: []string{"clientId:*"}})
	wants(t, "by *", r.Check(context.Background(), eve), CodeRevoked)
}

func TestRevocationTimes(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	by, early := revoker(t, r, func(q *Request) { q.ClientID = "bob" })
	_, late := revoker(t, r.after(10*time.Minute), func(q *Request) { q.ClientID = "bob" })
	before := r.now.UnixMilli()
	r.after(20 * time.Minute)
	results, _ := r.revoke(t, by, &RevokeRequest{Targets: []string{"clientId:bob"}, IssuedBefore: &before, AllowReauthMargin: true})
	if results[0].IssuedBefore != before || results[0].AppliesAt != r.now.UnixMilli()+30_000 {
		t.Errorf("%+v", results)
	}
	r.after(20*time.Minute+30*time.Second-1).verify(t, early)
	r.after(20*time.Minute + 30*time.Second)
	_, err := r.Verify(ctx, early)
	wants(t, "after the margin", err, CodeRevoked)
	r.verify(t, late)
	// A later revocation with a margin does not put the first one off.
	r.revoke(t, by, &RevokeRequest{Targets: []string{"clientId:bob"}, AllowReauthMargin: true})
	_, err = r.Verify(ctx, early)
	wants(t, "still", err, CodeRevoked)
	r.verify(t, late)
	r.after(22 * time.Minute)
	_, err = r.Verify(ctx, late)
	wants(t, "the later one too", err, CodeRevoked)
}

func TestBadRevocations(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	by, token := revoker(t, r, func(*Request) {})
	other, err := r.Basic(key1)
	if err != nil {
		t.Fatal(err)
	}
	one := []string{"clientId:bob"}
	future, past, hour := r.now.UnixMilli()+1, r.now.UnixMilli()-3600_001, r.now.UnixMilli()-3600_000
	for _, x := range []struct {
		what string
		key  string
		by   *Details
		q    RevokeRequest
		code int
	}{
		{"nobody", "app1.revocable", nil, RevokeRequest{Targets: one}, CodeNeedBasic},
		{"with a token", "app1.revocable", r.verify(t, token), RevokeRequest{Targets: one}, CodeNeedBasic},
		{"no such key", "app1.nokey", by, RevokeRequest{Targets: one}, CodeNotFound},
		{"with another key", "app1.revocable", other, RevokeRequest{Targets: one}, CodeCredentials},
		{"not revocable", "app1.key1", other, RevokeRequest{Targets: one}, CodeNotRevocable},
		{"no targets", "app1.revocable", by, RevokeRequest{}, CodeBadRequest},
		{"101 targets", "app1.revocable", by, RevokeRequest{Targets: strings.Split(strings.Repeat("clientId:a,", 101), ",")[:101]}, CodeBadRequest},
		{"100 targets", "app1.revocable", by, RevokeRequest{Targets: strings.Split(strings.Repeat("clientId:a,", 100), ",")[:100]}, 0},
		{"future", "app1.revocable", by, RevokeRequest{Targets: one, IssuedBefore: &future}, CodeBadValue},
		{"long past", "app1.revocable", by, RevokeRequest{Targets: one, IssuedBefore: &past}, CodeBadValue},
		{"an hour ago", "app1.revocable", by, RevokeRequest{Targets: one, IssuedBefore: &hour}, 0},
	} {
		_, _, err := r.Revoke(ctx, x.key, x.by, &x.q)
		wants(t, x.what, err, x.code)
	}
	for text, ok := range map[string]bool{
		"clientId:a": true, "revocationKey:a:b": true, "channel:[meta]*": true,
		"": false, "clientId": false, "clientId:": false, ":a": false, "clientid:a": false, "key:a": false,
	} {
		got, err := ParseTarget(text)
		if (err == nil) != ok || ok && got.String() != text {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for body, code := range map[string]int{
		`{"targets":["clientId:a"],"issuedBefore":1,"allowReauthMargin":true}`: 0,
		`{}`: 0, ``: CodeBadBody, `{"targets":"clientId:a"}`: CodeBadBody, `{"issuedBefore":1.5}`: CodeBadBody,
		`"` + strings.Repeat("x", MaxRequest) + `"`: CodeBadBody,
	} {
		q, err := ParseRevoke([]byte(body))
		wants(t, body[:min(len(body), 60)], err, code)
		if err == nil && len(q.Targets) > 0 && (q.IssuedBefore == nil || *q.IssuedBefore != 1 || !q.AllowReauthMargin) {
			t.Errorf("%+v", q)
		}
	}
}

// Tokens that can be revoked live for an hour at most, so that revocations can be forgotten.
func TestRevocableTokensAreShort(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	long := func(q *Request) { q.TTL = "3600001" }
	_, err := r.Issue(ctx, "app1.revocable", nil, r.request(func(q *Request) { q.KeyName = "app1.revocable"; long(q) }))
	wants(t, "request", err, CodeBadValue)
	_, err = r.Verify(ctx, sign("revocable secret", `{"alg":"HS256","kid":"app1.revocable"}`, `{"iat":1795352400,"exp":1795356001}`))
	wants(t, "JWT", err, CodeBadValue)
	token := r.issue(t, r.request(long)).Token
	became := New(Config{Keys: nowRevocable{r.keys}, Now: func() time.Time { return r.now }})
	_, err = became.Verify(ctx, token)
	wants(t, "made before the key became revocable", err, CodeToken)
}

type nowRevocable struct{ Keys }

func (n nowRevocable) Key(name string) (Key, bool) {
	k, ok := n.Keys.Key(name)
	k.Revocable = true
	return k, ok
}

func TestRevocationsAreForgotten(t *testing.T) {
	ctx := context.Background()
	now := time.Unix(at, 0)
	m := NewMemoryRevocations(func() time.Time { return now })
	m.max = 3
	revocation := func(client string, at time.Time) Revocation {
		return Revocation{"app1.key", Target{TargetClient, client}, at, at}
	}
	for range 10 { // the same again, a moment later, takes no more room
		now = now.Add(time.Millisecond)
		if err := m.Revoke(ctx, revocation("a", now)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Revoke(ctx, revocation("b", now.Add(time.Minute)), revocation("c", now)); err != nil {
		t.Fatal(err)
	}
	if err := m.Revoke(ctx, revocation("d", now)); !errors.Is(err, madang.ErrTooMany) {
		t.Error(err)
	}
	a := Authority{Config{Keys: newRig(t).keys, Now: func() time.Time { return now }, Revocations: m}}
	by := &Details{Key: "app1.revocable", Basic: true}
	_, _, err := a.Revoke(ctx, "app1.revocable", by, &RevokeRequest{Targets: []string{"clientId:x"}})
	wants(t, "full", err, CodeTooMany)
	now = now.Add(MaxRevocableTTL + time.Millisecond)
	if err := m.Revoke(ctx, revocation("d", now)); err != nil {
		t.Error(err)
	}
	for client, want := range map[string]bool{"a": false, "b": true, "c": false, "d": true} {
		d := &Details{Key: "app1.key", holder: client, Issued: time.Unix(at-1, 0)}
		if got, err := m.Revoked(ctx, d); got != want || err != nil {
			t.Errorf("%s: %v, %v", client, got, err)
		}
	}
}

// A request that has been used is refused as long as any node might take it, also when another has remembered it, and when
// nobody knows.
func TestNonces(t *testing.T) {
	now := time.Unix(at, 0)
	m := shared.NewMemory(func() time.Time { return now })
	a, b := newRig(t, func(c *Config) { c.Nonces = m }), newRig(t, func(c *Config) { c.Nonces = m })
	q := a.request()
	if _, err := a.Issue(t.Context(), q.KeyName, nil, q); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, r := range []*rig{a, b} {
			_, err := r.Issue(t.Context(), q.KeyName, nil, q)
			wants(t, "used before", err, CodeNonce)
		}
		now = now.Add(MaxSkew + clockMargin - time.Second) // the nodes' own clocks have hardly gone on
	}
}

func TestNoncesUnknown(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, func(c *Config) { c.Nonces = brokenStore{madang.ErrTooMany} })
	_, err := r.Issue(ctx, "app1.key1", nil, r.request())
	wants(t, "full", err, CodeTooMany)
	broken := errors.New("the store is away")
	r = newRig(t, func(c *Config) { c.Nonces = brokenStore{broken}; c.Revocations = brokenStore{broken} })
	_, err = r.Issue(ctx, "app1.key1", nil, r.request())
	wants(t, "nobody knows", err, CodeUnavailable)
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := r.Verify(ctx, jwts(t)["plain"]); !errors.Is(err, broken) {
		t.Error(err)
	}
	by := &Details{Key: "app1.revocable", Basic: true}
	if _, _, err := r.Revoke(ctx, "app1.revocable", by, &RevokeRequest{Targets: []string{"clientId:x"}}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type brokenStore struct{ err error }

func (b brokenStore) Claim(context.Context, string, time.Duration) (shared.Claim, error) {
	return shared.Claim{}, b.err
}

func (b brokenStore) Settle(context.Context, string, string, []byte, time.Duration) error {
	return b.err
}
func (b brokenStore) Release(context.Context, string, string) error   { return b.err }
func (b brokenStore) Revoke(context.Context, ...Revocation) error     { return b.err }
func (b brokenStore) Revoked(context.Context, *Details) (bool, error) { return false, b.err }

func TestErrors(t *testing.T) {
	all := []error{madang.ErrUnauthenticated, madang.ErrForbidden, madang.ErrNotFound, madang.ErrInvalid, madang.ErrTooMany, madang.ErrClosed}
	for code, want := range map[int]error{
		CodeBadRequest: madang.ErrInvalid, CodeBadValue: madang.ErrInvalid, CodeClientID: madang.ErrInvalid,
		CodeCredentials: madang.ErrUnauthenticated, CodeIncompatible: madang.ErrUnauthenticated, CodeClock: madang.ErrUnauthenticated,
		CodeNonce: madang.ErrUnauthenticated, CodeRevoked: madang.ErrUnauthenticated, CodeExpired: madang.ErrUnauthenticated,
		CodeUnrecognised: madang.ErrUnauthenticated, CodeNoRenewal: madang.ErrUnauthenticated,
		CodeDenied: madang.ErrForbidden, CodeNeedBasic: madang.ErrForbidden, CodeNotRevocable: madang.ErrForbidden,
		CodeTooMany: madang.ErrTooMany, CodeNotFound: madang.ErrNotFound,
	} {
		e := fmt.Errorf("somewhere: %w", refuse(code, "x"))
		for _, sentinel := range all {
			also := code == CodeNotFound && sentinel == madang.ErrUnauthenticated
			if errors.Is(e, sentinel) != (sentinel == want || also) {
				t.Errorf("%d is %v: %v", code, sentinel, errors.Is(e, sentinel))
			}
		}
	}
	b, err := json.Marshal(refuse(CodeExpired, "over"))
	if err != nil || string(b) != `{"code":40142,"statusCode":401,"message":"over"}` {
		t.Errorf("%s, %v", b, err)
	}
	for code, want := range map[int]bool{40139: false, 40140: true, 40149: true, 40150: false, CodeCredentials: false} {
		if refuse(code, "").Renewable() != want {
			t.Errorf("%d: not %v", code, want)
		}
	}
}
