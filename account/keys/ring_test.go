package keys

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"pgregory.net/rapid"

	"madang/account"
	"madang/account/jws"
	"madang/store/memory"
)

func TestLife(t *testing.T) {
	r, s, c := newNode(t)
	first := kids(r)
	if len(first) != 1 {
		t.Fatalf("the first start made %d keys", len(first))
	}
	old := sign(t, r)
	kid := func(raw string) string {
		t.Helper()
		parsed, err := jws.Parse(raw, jose.ES256)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.KeyID
	}
	c.pass(Defaults().Rotate - Defaults().Publish - time.Second)
	if got := kids(r); !slices.Equal(got, first) {
		t.Fatalf("too early there are %v", got)
	}
	c.pass(2 * lookEvery)
	both := kids(r)
	if len(both) != 2 || kid(sign(t, r)) != first[0] {
		t.Fatalf("before its time the next key is published and does not sign: %v", both)
	}
	c.pass(Defaults().Publish)
	if kid(sign(t, r)) != both[1] {
		t.Error("the next key does not sign")
	}
	if _, err := r.Verify(t.Context(), old); err != nil {
		t.Errorf("a token of the key before: %v", err)
	}
	c.pass(Defaults().Keep)
	kids(r) // removes it, and knows when it looks next
	c.pass(lookEvery)
	if got := kids(r); !slices.Equal(got, both[1:]) {
		t.Errorf("the old key stays: %v", got)
	}
	if _, err := r.Verify(t.Context(), old); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a token of a key that has gone: %v", err)
	}
	again := node(t, s, c) // a restart
	if !slices.Equal(kids(again), kids(r)) {
		t.Error("a restart made other keys")
	}
	if _, err := again.Verify(t.Context(), sign(t, r)); err != nil {
		t.Error(err)
	}
}

// A server that was away for longer than a key signs goes on with the old one until the next has been published for long.
func TestAway(t *testing.T) {
	r, s, c := newNode(t)
	first := kids(r)
	c.pass(3 * Defaults().Rotate)
	r = node(t, s, c)
	if got := kids(r); len(got) != 2 || got[0] != first[0] {
		t.Fatalf("%v", got)
	}
	parsed, err := jws.Parse(sign(t, r), jose.ES256)
	if err != nil || parsed.KeyID != first[0] {
		t.Errorf("%q signs, which nobody knows yet: %v", parsed.KeyID, err)
	}
}

// Nodes that start at once agree on one key.
func TestManyNodes(t *testing.T) {
	s, c := memory.NewAccounts(), newClock()
	rings := make([]*Ring, 8)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() { rings[i] = node(t, s, c) })
	}
	wg.Wait()
	raw := sign(t, rings[0])
	for _, r := range rings {
		if got := kids(r); len(got) != 1 {
			t.Errorf("a node has %v", got)
		}
		if _, err := r.Verify(t.Context(), raw); err != nil {
			t.Error(err)
		}
	}
	c.pass(Defaults().Rotate)
	for _, r := range rings {
		wg.Go(func() { kids(r) })
	}
	wg.Wait()
	if all, err := s.SigningKeys(t.Context(), "shop"); err != nil || len(all) != 2 {
		t.Errorf("%d keys after a rotation by eight: %v", len(all), err)
	}
}

func TestPublished(t *testing.T) {
	r, _, _ := newNode(t)
	mux := http.NewServeMux()
	for pattern, h := range r.Routes() {
		mux.Handle(pattern, h)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil))
	for name, want := range map[string]string{
		"Content-Type": "application/jwk-set+json", "Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var raw struct{ Keys []map[string]string }
	if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil || len(raw.Keys) != 1 {
		t.Fatalf("%s: %v", w.Body, err)
	}
	k := raw.Keys[0]
	if k["kty"] != "EC" || k["crv"] != "P-256" || k["alg"] != "ES256" || k["use"] != "sig" || len(k) != 7 || k["d"] != "" {
		t.Errorf("%v", k)
	}
	var set jose.JSONWebKeySet // as somebody else's library reads it
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(sign(t, r), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(set.Keys[0]); err != nil {
		t.Error(err)
	}
}

// What was sealed with a key that is gone is no use, and the server goes on with another.
func TestSealedWithAnotherKey(t *testing.T) {
	r, s, c := newNode(t)
	old := sign(t, r)
	other, err := Open(t.Context(), "shop", Defaults(), Parts{Store: s, Box: box(t, "x"), Now: c.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(t.Context(), old); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("%v", err)
	}
	if _, err := other.Verify(t.Context(), sign(t, other)); err != nil {
		t.Error(err)
	}
}

// Who can write to the store can neither bring a key nor move one to another app or name.
func TestPlantedKeys(t *testing.T) {
	r, s, c := newNode(t)
	all, err := s.SigningKeys(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	stolen := all[0]
	stolen.App = "blog"
	thief := box(t, "t")
	planted, err := generate("shop", thief, c.now(), c.now())
	if err != nil {
		t.Fatal(err)
	}
	renamed := all[0]
	renamed.ID = "renamed"
	for _, err := range []error{
		s.AddSigningKey(t.Context(), stolen, ""), s.AddSigningKey(t.Context(), planted, all[0].ID), s.AddSigningKey(t.Context(), renamed, planted.ID),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.pass(2 * lookEvery)
	if got := kids(r); !slices.Equal(got, []string{all[0].ID}) {
		t.Errorf("published: %v", got)
	}
	blog, err := Open(t.Context(), "blog", Defaults(), Parts{Store: s, Box: box(t, "k"), Now: c.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(kids(blog), stolen.ID) {
		t.Error("another app's key signs")
	}
}

// A broken is a store that fails when it is told to.
type broken struct {
	account.KeyStore
	err error
}

func (b *broken) SigningKeys(ctx context.Context, app string) ([]account.SigningKey, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.KeyStore.SigningKeys(ctx, app)
}

func TestStoreFails(t *testing.T) {
	c, s := newClock(), &broken{KeyStore: memory.NewAccounts()}
	r := node(t, s, c)
	raw := sign(t, r)
	s.err = errors.New("away")
	c.pass(time.Hour)
	if _, err := r.Verify(t.Context(), raw); err != nil {
		t.Errorf("while the store is away: %v", err)
	}
	sign(t, r)
	if _, err := Open(t.Context(), "shop", Defaults(), Parts{Store: s, Box: box(t, "k")}); !errors.Is(err, s.err) {
		t.Errorf("open: %v", err)
	}
	for _, p := range []Parts{{}, {Store: s}, {Box: box(t, "k")}} {
		if _, err := Open(t.Context(), "shop", Defaults(), p); err == nil {
			t.Errorf("%+v is enough", p)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []Config{
		{}, {Rotate: time.Hour, Publish: 2 * time.Hour, Keep: time.Hour}, {Rotate: 9000 * time.Hour, Publish: 2 * time.Hour, Keep: time.Hour},
		{Rotate: 24 * time.Hour, Publish: time.Hour, Keep: time.Hour}, {Rotate: 24 * time.Hour, Publish: 24 * time.Hour, Keep: time.Hour},
		{Rotate: 24 * time.Hour, Publish: 2 * time.Hour}, {Rotate: 24 * time.Hour, Publish: 2 * time.Hour, Keep: 9000 * time.Hour},
	} {
		if c.Validate() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
}

// TestAnyTime lets time pass in any steps on nodes that come and go. What one node signs every node verifies, for as long as is
// promised; and but for the first, no key signs that has not been published for as long as others keep copies.
func TestAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, c := memory.NewAccounts(), newClock()
		nodes := []*Ring{node(t, s, c), node(t, s, c)}
		first := kids(nodes[0])[0]
		published := map[string]time.Time{}
		type signed struct {
			raw string
			at  time.Time
		}
		var tokens []signed
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			c.pass(time.Duration(rapid.IntRange(1, 24*60*12).Draw(t, "minutes")) * time.Minute)
			i := rapid.IntRange(0, 1).Draw(t, "node")
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				nodes[i] = node(t, s, c)
			}
			for _, k := range kids(nodes[i]) {
				if published[k].IsZero() {
					published[k] = c.now()
				}
			}
			tokens = append(tokens, signed{sign(t, nodes[i]), c.now()})
			parsed, err := jws.Parse(tokens[len(tokens)-1].raw, jose.ES256)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.KeyID != first && c.now().Sub(published[parsed.KeyID]) < maxAge {
				t.Fatalf("%s signs at %v and was published at %v", parsed.KeyID, c.now(), published[parsed.KeyID])
			}
			old := tokens[rapid.IntRange(0, len(tokens)-1).Draw(t, "token")]
			for _, n := range nodes {
				if _, err := n.Verify(context.Background(), old.raw); err != nil && c.now().Sub(old.at) < Defaults().Keep {
					t.Fatalf("signed at %v, at %v: %v", old.at, c.now(), err)
				}
			}
		}
	})
}
