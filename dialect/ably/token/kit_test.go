package token

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang"
)

const (
	secret1 = "c2VjcmV0IG9mIGtleTE" // of the vectors under testdata
	key1    = "app1.key1:" + secret1
	at      = 1795352400 // when they were made
)

// A rig is an authority on a clock that stands still, over the keys that the ably-js suite asks for and some more.
type rig struct {
	*Authority
	now   time.Time
	keys  Keys
	asked int
}

func newRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	apps := madang.NewApps(
		madang.App{ID: "app1", Keys: []madang.Key{
			{Name: "key1", Secret: secret1}, {Name: "limited", Secret: "limited secret"}, {Name: "revocable", Secret: "revocable secret"},
			{Name: "none", Secret: "secret of none"},
		}},
		madang.App{ID: "app2", Keys: []madang.Key{{Name: "key2", Secret: "secret of key2"}, {Name: "nosecret"}}},
		madang.App{ID: "dotted.app", Keys: []madang.Key{{Name: "dotted.key", Secret: "dotted"}}},
	)
	keys, err := FromApps(apps, map[string]Rights{
		"app1.limited":   {Capability: `{"canpublish:*":["publish"],"cansubscribe:*":["subscribe"],"channel2":["publish","subscribe"]}`},
		"app1.revocable": {Revocable: true},
		"app1.none":      {Capability: `{}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{now: time.Unix(at, 0), keys: keys}
	cfg := Config{Keys: keys, Now: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&cfg)
	}
	r.Authority = New(cfg)
	return r
}

func lenient(c *Config) { c.Lenient = true }

func (r *rig) after(d time.Duration) *rig { r.now = time.Unix(at, 0).Add(d); return r }

// wants checks the code and status of an error; 0 is none.
func wants(t testing.TB, what string, err error, code int) {
	t.Helper()
	var e *Error
	switch {
	case code == 0 && err != nil:
		t.Errorf("%s: %v", what, err)
	case code == 0:
	case !errors.As(err, &e):
		t.Errorf("%s: %v, want code %d", what, err, code)
	case e.Code != code:
		t.Errorf("%s: %v, want code %d", what, err, code)
	case e.Status < 400 || e.Message == "" || strings.Contains(e.Message, secret1):
		t.Errorf("%s: %#v", what, e)
	}
}

// request returns a signed request of key1 that nobody has used.
func (r *rig) request(change ...func(*Request)) *Request {
	q := &Request{KeyName: "app1.key1", Timestamp: strconv.FormatInt(r.now.UnixMilli(), 10), Nonce: r.nonce()}
	for _, f := range change {
		f(q)
	}
	q.Sign(r.secret(q.KeyName))
	return q
}

// nonce returns one that was not there before.
func (r *rig) nonce() string {
	r.asked++
	return "nonce of the test " + strconv.Itoa(r.asked)
}

func (r *rig) secret(key string) string {
	k, _ := r.keys.Key(key)
	return k.Secret
}

// issue returns the token for a request that must be good.
func (r *rig) issue(t testing.TB, q *Request) *Issued {
	t.Helper()
	d, err := r.Issue(context.Background(), q.KeyName, nil, q)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *rig) verify(t testing.TB, token string) *Details {
	t.Helper()
	d, err := r.Verify(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// jwts are tokens made with npm's jsonwebtoken 9 and jose 6: the first as Ably's documentation says, the others as
// applications do, or should not.
func jwts(t testing.TB) map[string]string {
	t.Helper()
	var file struct{ Tokens map[string]string }
	read(t, "testdata/jwts.json", &file)
	return file.Tokens
}

func read(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
