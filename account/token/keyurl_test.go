package token

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A provider is an identity provider's server: what it answers can be changed, and it counts.
type provider struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[http.HandlerFunc]
}

func newProvider(t *testing.T, start func(http.Handler) *httptest.Server) *provider {
	p := &provider{}
	p.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		(*p.answer.Load())(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) set(h http.HandlerFunc) { p.answer.Store(&h) }

func (p *provider) publish(keys ...jose.JSONWebKey) {
	set := setOf(keys...)
	p.set(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(set) })
}

func (p *provider) config() Config {
	c := Defaults()
	c.JWKSURL = p.URL + "/jwks.json"
	return c
}

func (p *provider) wasAsked(t *testing.T, times int64) {
	t.Helper()
	if n := p.asked.Load(); n != times {
		t.Fatalf("the provider was asked %d times, want %d", n, times)
	}
}

// settle waits for the attempt that is under way.
func settle(g *Guard) {
	u := g.keys.url
	u.mu.Lock()
	flight := u.flight
	u.mu.Unlock()
	if flight != nil {
		<-flight
	}
}

// keyNamed returns a key as a set publishes it, and a token that it has signed.
func keyNamed(kid string) (jose.JSONWebKey, string) {
	k := newECKey()
	header := fmt.Sprintf(`{"alg":"ES256","kid":%q}`, kid)
	return jose.JSONWebKey{KeyID: kid, Key: k.Public(), Use: "sig", Algorithm: "ES256"}, forge(header, good("exp", nil), es256(k))
}

func TestProviderRotatesKeys(t *testing.T) {
	p := newProvider(t, httptest.NewServer)
	key1, token1 := keyNamed("1")
	key2, token2 := keyNamed("2")
	key3, token3 := keyNamed("3")
	p.publish(key1)
	clock := newClock()
	c := p.config()
	c.RequireExp = false
	g := newGuard(t, c, WithClock(clock.now))
	p.wasAsked(t, 1)
	accepts(t, g, token1)
	accepts(t, g, token1)
	p.wasAsked(t, 1)

	// An unknown key asks again, but not within 30 s of the last time.
	p.publish(key1, key2)
	clock.move(fetchEvery - 1)
	refuses(t, g, token2, ErrUnknownKey)
	p.wasAsked(t, 1)
	clock.move(1)
	accepts(t, g, token2)
	p.wasAsked(t, 2)
	for range 10 {
		refuses(t, g, token3, ErrUnknownKey)
	}
	p.wasAsked(t, 2)

	// A signature that is wrong, no kid, a secret's algorithm: no reason to ask.
	clock.move(time.Minute)
	refuses(t, g, token2[:len(token2)-6], ErrSignature)
	refuses(t, g, forge(`{"alg":"ES256"}`, good(), es256(newECKey())), ErrSignature)
	refuses(t, g, forge(`{"alg":"HS256","kid":"4"}`, good(), hs256(testSecret)), ErrUnknownKey)
	refuses(t, g, forge(`{"alg":"RS256","kid":"1"}`, good(), rs256(rsaKey())), ErrUnknownKey)
	p.wasAsked(t, 2)

	// When the keys are due the old ones serve while the new ones come.
	release := make(chan struct{})
	p.set(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = w.Write(setOf(key3))
	})
	clock.move(c.JWKSRefresh)
	accepts(t, g, token1)
	close(release)
	settle(g)
	p.wasAsked(t, 3)
	accepts(t, g, token3)
	refuses(t, g, token1, ErrUnknownKey)
	settle(g)

	// After a long time that nobody came the withdrawn key is not taken even once.
	p.publish(key2)
	clock.move(24 * time.Hour)
	refuses(t, g, token3, ErrUnknownKey)
	accepts(t, g, token2)

	// A set may say that there are no keys any more.
	p.publish()
	clock.move(24 * time.Hour)
	refuses(t, g, token2, ErrUnknownKey)
}

func TestProviderIsDown(t *testing.T) {
	p := newProvider(t, httptest.NewServer)
	key1, token1 := keyNamed("1")
	clock := newClock()
	c := p.config()
	c.RequireExp = false
	var out lockedBuffer
	p.set(http.NotFound)
	g := newGuard(t, c, WithClock(clock.now), WithLogger(slog.New(slog.NewTextHandler(&out, nil))))
	refuses(t, g, token1, ErrUnknownKey)
	p.wasAsked(t, 1)
	p.publish(key1)
	clock.move(fetchEvery)
	accepts(t, g, token1)
	p.wasAsked(t, 2)

	_, unknown := keyNamed("x")
	for _, trouble := range []struct {
		name string
		h    http.HandlerFunc
	}{
		{"error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }},
		{"error with a set", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); _, _ = w.Write(setOf()) }},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }},
		{"no set", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"error":"busy"}`) }},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"keys":[`+strings.Repeat(" ", MaxKeySet)+`]}`)
		}},
		{"too many keys", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"keys":[`+strings.Repeat(a3Key+",", MaxKeys)+a3Key+`]}`)
		}},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"keys":[]}`)
		}},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		p.set(trouble.h)
		clock.move(time.Hour)
		before := p.asked.Load()
		refuses(t, g, unknown, ErrUnknownKey)
		settle(g)
		if p.asked.Load() == before {
			t.Errorf("%s: the provider was not asked", trouble.name)
		}
		accepts(t, g, token1)
		if !g.keys.url.failed {
			t.Errorf("%s: taken for an answer", trouble.name)
		}
	}

	p.Close()
	clock.move(time.Hour)
	accepts(t, g, token1)
	settle(g)
	accepts(t, g, token1)
	if s := out.String(); !strings.Contains(s, "WARN") || strings.Contains(s, token1) {
		t.Errorf("log: %s", s)
	}
}

// A lockedBuffer can be written to while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A roundTrip answers requests without a network, so that time can be synthetic.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(body []byte) *http.Response {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader(body))}
}

func remoteConfig() Config {
	c := Defaults()
	c.JWKSURL, c.RequireExp = "https://id.example/jwks.json", false
	return c
}

func TestSlowProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key1, token1 := keyNamed("1")
		slow := false
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if !slow {
				return respond(setOf(key1)), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		g := newGuard(t, remoteConfig(), WithHTTPClient(client), WithClock(time.Now))
		slow = true
		time.Sleep(time.Hour)
		_, unknown := keyNamed("2")

		// An attempt ends after its time.
		begin := time.Now()
		refuses(t, g, unknown, ErrUnknownKey)
		if d := time.Since(begin); d != fetchTimeout {
			t.Errorf("waited %v, want %v", d, fetchTimeout)
		}
		// While the provider does not answer, nobody with a known key waits.
		time.Sleep(time.Hour)
		begin = time.Now()
		accepts(t, g, token1)
		if d := time.Since(begin); d != 0 {
			t.Errorf("waited %v", d)
		}
		synctest.Wait()
		// Who is gone does not wait.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := g.keys.verify(ctx, must(parse(unknown)))
		if !errors.Is(err, ErrUnknownKey) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(fetchTimeout)
	})
}

func TestOneAttemptForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key1, _ := keyNamed("1")
		key2, token2 := keyNamed("2")
		asked, release := 0, make(chan struct{}, 1)
		release <- struct{}{}
		client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			<-release
			if asked++; asked == 1 {
				return respond(setOf(key1)), nil
			}
			return respond(setOf(key1, key2)), nil
		})}
		g := newGuard(t, remoteConfig(), WithHTTPClient(client), WithClock(time.Now))
		time.Sleep(time.Minute)
		var waiting sync.WaitGroup
		var accepted atomic.Int64
		for range 100 {
			waiting.Go(func() {
				if _, err := try(g, token2); err == nil {
					accepted.Add(1)
				}
			})
		}
		synctest.Wait() // all of them wait for the one attempt
		if n := accepted.Load(); n != 0 {
			t.Errorf("%d accepted before the key came", n)
		}
		release <- struct{}{}
		waiting.Wait()
		if accepted.Load() != 100 || asked != 2 {
			t.Errorf("%d accepted, the provider was asked %d times", accepted.Load(), asked)
		}
	})
}

// Fetching ends with the context that New got.
func TestEndOfLife(t *testing.T) {
	p := newProvider(t, httptest.NewServer)
	key1, token1 := keyNamed("1")
	p.publish(key1)
	clock := newClock()
	c := p.config()
	c.RequireExp = false
	ctx, cancel := context.WithCancel(t.Context())
	g, err := New(ctx, c, WithClock(clock.now), WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	clock.move(time.Hour)
	accepts(t, g, token1)
	settle(g)
	p.wasAsked(t, 1)
	if g.keys.url.failed {
		t.Error("it tried to fetch after its end")
	}
	if _, err := New(ctx, c, WithLogger(slog.New(slog.DiscardHandler))); !errors.Is(err, context.Canceled) {
		t.Errorf("started after its end: %v", err)
	}
}

func TestKeysFromEverywhere(t *testing.T) {
	p := newProvider(t, httptest.NewServer)
	key1, token1 := keyNamed("1")
	p.publish(key1)
	c := p.config()
	c.RequireExp = false
	c.Secret = testSecret
	c.PublicKeys = []string{pemOf(ecKey().Public())}
	inFile, fileToken := keyNamed("f")
	c.JWKSFile = writeFile(t, "["+string(must(inFile.MarshalJSON()))+"]")
	g := newGuard(t, c)
	accepts(t, g, token1)
	accepts(t, g, fileToken)
	accepts(t, g, hs(good()))
	accepts(t, g, forge(`{"alg":"ES256","kid":"whatever"}`, good(), es256(ecKey())))
	p.wasAsked(t, 1)
}
