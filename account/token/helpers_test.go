package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"madang"
)

const testSecret = "0123456789abcdef0123456789abcdef"

// Keys are made once for all tests.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(newECKey)
	edKey    = sync.OnceValue(newEdKey)
	startDay = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func newECKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func newEdKey() ed25519.PrivateKey {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	return must(k, err)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A testClock stands still until it is moved.
type testClock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *testClock { return &testClock{t: startDay} }

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *testClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hs256(secret string) func([]byte) []byte {
	return func(input []byte) []byte {
		m := hmac.New(sha256.New, []byte(secret))
		m.Write(input)
		return m.Sum(nil)
	}
}

func rs256(k *rsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		return must(rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:]))
	}
}

func es256(k *ecdsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			panic(err)
		}
		sig := make([]byte, 64)
		r.FillBytes(sig[:32])
		s.FillBytes(sig[32:])
		return sig
	}
}

func eddsa(k ed25519.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte { return ed25519.Sign(k, input) }
}

// forge makes a token by hand, of whatever is given.
func forge(header, payload string, sign func([]byte) []byte) string {
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	return input + "." + b64(sign([]byte(input)))
}

// good is a payload that every test's guard accepts.
func good(more ...any) string {
	m := map[string]any{"sub": "u1", "exp": startDay.Add(time.Hour).Unix()}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	for k, v := range m {
		if v == nil {
			delete(m, k)
		}
	}
	return string(must(json.Marshal(m)))
}

// hs signs a payload with the secret of the tests.
func hs(payload string) string {
	return forge(`{"alg":"HS256","typ":"JWT"}`, payload, hs256(testSecret))
}

func pemOf(public any) string {
	der := must(x509.MarshalPKIXPublicKey(public))
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func setOf(keys ...jose.JSONWebKey) []byte {
	return must(json.Marshal(jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey{}, keys...)}))
}

func withSecret(change func(*Config)) Config {
	c := Defaults()
	c.Secret = testSecret
	if change != nil {
		change(&c)
	}
	return c
}

func newGuard(t testing.TB, c Config, o ...Option) *Guard {
	t.Helper()
	o = append([]Option{WithClock(newClock().now), WithLogger(slog.New(slog.DiscardHandler))}, o...)
	g, err := New(t.Context(), c, o...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func try(g *Guard, token string) (*madang.Principal, error) {
	return g.Authenticate(context.Background(), madang.Credentials{Token: token, App: "app"})
}

// accepts fails the test unless the guard lets the token in.
func accepts(t testing.TB, g *Guard, token string) *madang.Principal {
	t.Helper()
	p, err := try(g, token)
	if err != nil {
		t.Fatalf("refused: %v", reason(err))
	}
	return p
}

// refuses fails the test unless the guard refuses the token for that reason, in the form that the core expects.
func refuses(t testing.TB, g *Guard, token string, want error) {
	t.Helper()
	p, err := try(g, token)
	if err == nil {
		t.Fatalf("accepted %+v, want %v", p, want)
	}
	var r *madang.Refusal
	if !errors.As(err, &r) || !errors.Is(err, madang.ErrUnauthenticated) {
		t.Fatalf("not a refusal: %v", err)
	}
	if !errors.Is(err, want) {
		t.Fatalf("refused because %v, want %v", reason(err), want)
	}
	if r.Code != codeOf(want) || r.Text != Text(r.Code, Korean) || err.Error() != r.Error() {
		t.Fatalf("the client sees %q: %q", r.Code, err)
	}
}

func reason(err error) error {
	if r, ok := errors.AsType[*refused](err); ok {
		return r.reason
	}
	return err
}
