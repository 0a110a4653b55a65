package carrier_test

import (
	"testing"

	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/internal/siotest"
)

func TestOriginsThatMayConnect(t *testing.T) {
	for _, c := range []struct {
		name    string
		origins []string
		origin  string
		allowed string
	}{
		{"none configured", nil, "https://a.example", ""},
		{"any", []string{"*"}, "https://a.example", "*"},
		{"any, without an origin", []string{"*"}, "", "*"},
		{"one that is it", []string{"https://a.example"}, "https://a.example", "https://a.example"},
		{"one that is not it", []string{"https://a.example"}, "https://b.example", "https://a.example"},
		{"a default port in the configuration", []string{"http://a.example:80", "https://b.example:443"}, "http://a.example", "http://a.example"},
		{"a default port of TLS", []string{"http://x.example", "https://b.example:443"}, "https://b.example", "https://b.example"},
		{"another port", []string{"http://a.example:8080", "http://b.example"}, "http://a.example", ""},
		{"capitals", []string{"https://A.example", "https://b.example"}, "https://a.example", "https://a.example"},
		{"a regular expression", []string{`/^https://[a-z]+\.a\.example$/`}, "https://x.a.example", "https://x.a.example"},
		{"one that does not match", []string{`/^https://[a-z]+\.a\.example$/`}, "https://x.a.example.evil", ""},
		{"two, and neither", []string{"https://a.example", "https://b.example"}, "https://c.example", ""},
		{"null", []string{"https://a.example", "https://b.example"}, "null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, func(cfg *carrier.Config) { cfg.CORS.Origins = c.origins })
			h := header()
			if c.origin != "" {
				h = header("Origin", c.origin)
			}
			p := s.Poll(t, at, h)
			want(t, "polling", p.Open.Header.Get("Access-Control-Allow-Origin"), c.allowed)
			refused := s.Do(t, siotest.Request(t.Context(), "GET", "/socket.io/?EIO=2&transport=polling", "", h))
			want(t, "a refusal", refused.Header.Get("Access-Control-Allow-Origin"), c.allowed)
			want(t, "an upgrade", s.Session(t, at, h).Answer.Header.Get("Access-Control-Allow-Origin"), c.allowed)
		})
	}
}

// Handshakes of pages that may not connect are refused by either carrier. Whoever sends no origin is no browser.
func TestOriginsThatAreRefused(t *testing.T) {
	s := start(t, func(cfg *carrier.Config) {
		cfg.Origins = []string{"https://a.example", "*.b.example"}
		cfg.CORS.Origins = []string{"/.*/"}
	})
	for _, origin := range []string{"", "https://a.example", "http://x.b.example:8080"} {
		h := header()
		if origin != "" {
			h = header("Origin", origin)
		}
		want(t, "polling from "+origin, s.Poll(t, at, h).Open.Status, 200)
		want(t, "a WebSocket from "+origin, s.Session(t, at, h).Answer.StatusCode, 101)
	}
	before := s.Len()
	for _, origin := range []string{"http://a.example", "https://a.example:8443", "https://b.example", "https://evil-a.example", "null"} {
		h := header("Origin", origin)
		a := s.Do(t, siotest.Request(t.Context(), "GET", at+"&transport=polling", "", h))
		want(t, "polling from "+origin, a.Status, 403)
		want(t, "what it is told", a.Body, `{"code":4,"message":"Forbidden"}`)
		want(t, "a WebSocket from "+origin, s.TryDial(t, at, h).StatusCode, 403)
	}
	want(t, "sessions of theirs", s.Len()-before, 0)
}

func TestPreflight(t *testing.T) {
	s := start(t, func(cfg *carrier.Config) {
		cfg.CORS.Origins = []string{"https://a.example", "https://b.example"}
		cfg.CORS.Credentials = true
		cfg.CORS.MaxAge = 600
		cfg.CORS.ExposedHeaders = []string{"X-One", "X-Two"}
	})
	a := s.Do(t, siotest.Request(t.Context(), "OPTIONS", at+"&transport=polling", "", header(
		"Origin", "https://b.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-token")))
	want(t, "status", a.Status, 204)
	for k, v := range map[string]string{
		"Access-Control-Allow-Origin": "https://b.example", "Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods": "GET,HEAD,PUT,PATCH,POST,DELETE", "Access-Control-Allow-Headers": "x-token",
		"Access-Control-Max-Age": "600", "Access-Control-Expose-Headers": "X-One,X-Two",
	} {
		want(t, k, a.Header.Get(k), v)
	}
	if vary := a.Header.Values("Vary"); len(vary) != 2 {
		t.Errorf("Vary %q", vary)
	}
	want(t, "sessions", s.Len(), 0)

	closed := start(t, nil)
	a = closed.Do(t, siotest.Request(t.Context(), "OPTIONS", at+"&transport=polling", "", header("Origin", "https://b.example")))
	want(t, "without CORS", a.Status, 400)
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*carrier.Config){
		"credentials for everybody":  func(c *carrier.Config) { c.CORS.Origins, c.CORS.Credentials = []string{"*"}, true },
		"an origin without a scheme": func(c *carrier.Config) { c.CORS.Origins = []string{"a.example"} },
		"an origin with a path":      func(c *carrier.Config) { c.CORS.Origins = []string{"https://a.example/x"} },
		"a broken expression":        func(c *carrier.Config) { c.CORS.Origins = []string{"/(/"} },
		"no transport":               func(c *carrier.Config) { c.Transports = nil },
		"an unknown transport":       func(c *carrier.Config) { c.Transports = []string{"webtransport"} },
		"no time":                    func(c *carrier.Config) { c.PingTimeout = 0 },
		"no payload":                 func(c *carrier.Config) { c.MaxPayload = 0 },
		"a relative path":            func(c *carrier.Config) { c.Path = "socket.io" },
		"an unknown same_site":       func(c *carrier.Config) { c.Cookie.SameSite = "loose" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := carrier.Defaults()
			change(&cfg)
			if _, err := carrier.New(carrier.Options{Config: cfg}); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestCookies(t *testing.T) {
	s := start(t, func(cfg *carrier.Config) { cfg.Cookie.Name = "io" })
	p := s.Poll(t, at, nil)
	want(t, "on the handshake", p.Open.Header.Get("Set-Cookie"), "io="+p.SID+"; Path=/; HttpOnly; SameSite=Lax")
	want(t, "later", p.Post(t, "4x").Header.Get("Set-Cookie"), "")
	want(t, "later", p.Get(t).Header.Get("Set-Cookie"), "")
	want(t, "on a WebSocket", s.Session(t, at, nil).Answer.Header.Get("Set-Cookie"), "")

	s = start(t, func(cfg *carrier.Config) {
		cfg.Cookie = carrier.Cookie{Name: "s", Path: "/x", SameSite: "none", Secure: true}
	})
	p = s.Poll(t, at, nil)
	want(t, "as configured", p.Open.Header.Get("Set-Cookie"), "s="+p.SID+"; Path=/x; Secure; SameSite=None")
}
