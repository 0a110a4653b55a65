package auth

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/internal/convention"
)

const socket = madang.ConnID("123.456")

func testApps() *madang.Apps {
	return madang.NewApps(
		madang.App{ID: "app1", Keys: []madang.Key{{Name: "key1", Secret: "secret1"}}},
		madang.App{ID: "app2", Keys: []madang.Key{{Name: "key2", Secret: "secret2"}}},
	)
}

// logged is a log to look at.
type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func policyFor(t *testing.T, c Config, rt http.RoundTripper) (*Policy, *logged) {
	t.Helper()
	var log logged
	o := Options{Apps: testApps(), Log: slog.New(slog.NewTextHandler(&log, nil))}
	if rt != nil {
		o.Client = &http.Client{Transport: rt}
	}
	p, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return p, &log
}

func configFor(host string) Config {
	c := Defaults()
	c.AuthHost = []string{host}
	return c
}

func question(channel string) madang.AccessRequest {
	return madang.AccessRequest{
		Action: madang.ActSubscribe, Conn: socket, Channel: madang.Channel{App: "app1", Name: channel}, Principal: &madang.Principal{App: "app1"},
		Proof: &madang.Proof{Header: map[string][]string{"Authorization": {"Bearer user1"}}, Remote: "10.1.2.3:4"},
	}
}

// backend answers like a Laravel app, and in the ways in which its surroundings do.
func backend(t *testing.T) *httptest.Server {
	sign := func(secret, channel, data string) string {
		return convention.Sign(secret, convention.ChannelText(string(socket), channel, []byte(data)))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say := func(status int, body string) {
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
		channel := r.PostFormValue("channel_name")
		if r.URL.Path != "/broadcasting/auth" || r.PostFormValue("socket_id") != string(socket) || r.Header.Get("Authorization") != "Bearer user1" || r.Header.Get("X-Forwarded-For") != "10.1.2.3" {
			say(400, "not what a Laravel app expects")
			return
		}
		_, what, _ := strings.Cut(channel, "-")
		switch what {
		case "true":
			say(200, "true")
		case "object":
			say(200, `{"channel_data":{"user_id":1,"user_info":{"id":1,"name":"User 1"}}}`)
		case "signed":
			say(200, `{"auth":"key1:`+sign("secret1", channel, "")+`"}`)
		case "signedmember":
			data := `{"user_id":"7","user_info":{"a":"\/"}}`
			text, _ := json.Marshal(data)
			say(200, `{"auth":"key1:`+sign("secret1", channel, data)+`","channel_data":`+string(text)+`}`)
		case "forged":
			say(200, `{"auth":"key1:`+sign("guess", channel, "")+`"}`)
		case "foreign":
			say(200, `{"auth":"key2:`+sign("secret2", channel, "")+`"}`)
		case "unknownkey":
			say(200, `{"auth":"key9:`+sign("dummy", channel, "")+`"}`)
		case "page":
			say(200, "<!doctype html><title>App</title>")
		case "login":
			w.Header().Set("Location", "/login")
			say(302, "")
		case "empty":
			say(200, "")
		case "created":
			say(201, "true")
		case "gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "true")
			_ = z.Close()
		case "huge":
			say(200, "true"+strings.Repeat(" ", 1<<20))
		default:
			var status int
			if _, err := fmt.Sscan(what, &status); err != nil {
				t.Errorf("asked about %s", channel)
			}
			say(status, `{"message":"body of `+what+`"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestPolicyGrants(t *testing.T) {
	c := configFor(backend(t).URL)
	c.Expiry = time.Hour
	p, log := policyFor(t, c, nil)
	for channel, want := range map[string]string{
		"private-true": "", "private-signed": "", "private-unknownkey": "", "private-object": "",
		"presence-object":       `1 1 {"id":1,"name":"User 1"}`,
		"presence-signedmember": `7  {"a":"\/"}`,
		"private-signedmember":  "",
	} {
		g, err := p.Authorize(t.Context(), question(channel))
		if err != nil {
			t.Errorf("%s: %v", channel, err)
			continue
		}
		got := ""
		if m := g.Member; m != nil {
			got = fmt.Sprintf("%s %s %s", m.User, m.RawUser, m.Data)
		}
		if got != want || g.Expires.Before(time.Now()) {
			t.Errorf("%s: %q until %v, want %q", channel, got, g.Expires, want)
		}
	}
	if log.String() != "" {
		t.Errorf("logged: %s", log)
	}
}

func TestPolicyRefuses(t *testing.T) {
	s := backend(t)
	p, log := policyFor(t, configFor(s.URL), nil)
	for channel, want := range map[string]struct {
		status int
		words  string
	}{
		"private-403":     {403, "routes/channels.php"},
		"private-401":     {401, "nobody is logged in"},
		"private-419":     {419, "socketio.origins"},
		"private-404":     {404, "Broadcast::routes()"},
		"private-405":     {405, "Broadcast::routes()"},
		"private-429":     {429, "rate limit"},
		"private-500":     {500, "its own log"},
		"private-login":   {302, "redirect"},
		"private-page":    {200, "single-page"},
		"private-empty":   {200, "BROADCAST_DRIVER"},
		"private-created": {201, ""},
		"private-gzip":    {200, "compressed"},
		"private-huge":    {200, "64 KiB"},
		"private-forged":  {200, "PUSHER_APP_SECRET"},
		"private-foreign": {200, "PUSHER_APP_KEY"},
		"private-200":     {200, "neither auth nor channel_data"},
		"presence-true":   {200, "not true"},
		"presence-signed": {200, "not true"},
	} {
		g, err := p.Authorize(t.Context(), question(channel))
		if g != nil || !errors.Is(err, madang.ErrForbidden) {
			t.Errorf("%s: %+v, %v", channel, g, err)
			continue
		}
		var status interface{ Status() int }
		if !errors.As(err, &status) || status.Status() != want.status {
			t.Errorf("%s: status of %v", channel, err)
		}
		for _, words := range []string{want.words, s.URL + "/broadcasting/auth", fmt.Sprint(want.status)} {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v does not say %q", channel, err, words)
			}
		}
	}
	for _, words := range []string{`body="{\"message\":\"body of 419\"}"`, "status=419", "level=INFO msg=\"the backend did not authorize a subscription\" channel=app1:private-403"} {
		if !strings.Contains(log.String(), words) {
			t.Errorf("the log does not say %s:\n%s", words, log)
		}
	}
}

func TestPolicyHasNoOpinion(t *testing.T) {
	p, _ := policyFor(t, configFor("http://127.0.0.1:1"), nil)
	off, err := New(Defaults(), Options{})
	if err != nil || off.Enabled() || off.Backend().Enabled() {
		t.Fatalf("off: %v", err)
	}
	with := func(change func(*madang.AccessRequest)) madang.AccessRequest {
		r := question("private-true")
		change(&r)
		return r
	}
	for i, r := range []madang.AccessRequest{
		with(func(r *madang.AccessRequest) { r.Proof.Signature = "key1:x" }),
		with(func(r *madang.AccessRequest) { r.Proof = nil }),
		with(func(r *madang.AccessRequest) { r.Proof.Header = nil }),
		with(func(r *madang.AccessRequest) { r.Action = madang.ActHistory }),
		with(func(r *madang.AccessRequest) { r.Channel.Name = "news" }),
		with(func(r *madang.AccessRequest) { r.Channel.Name = "my-private-thing" }),
		with(func(r *madang.AccessRequest) { r.Channel.Name = "#server-to-user-1" }),
	} {
		if g, err := p.Authorize(t.Context(), r); g != nil || err != nil {
			t.Errorf("%d: %v, %v", i, g, err)
		}
	}
	if g, err := off.Authorize(t.Context(), question("private-true")); g != nil || err != nil {
		t.Errorf("off: %v, %v", g, err)
	}
}

// The backend of one app has no say in another: it is told a channel's name, which both may have.
func TestPolicyOfOneApp(t *testing.T) {
	p, err := New(configFor("http://a.test"), Options{Apps: testApps(), App: "app1", Client: &http.Client{Transport: asked{"true"}}})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := p.Authorize(t.Context(), question("private-true")); g == nil || err != nil {
		t.Errorf("its own app: %v, %v", g, err)
	}
	other := question("private-true")
	other.Channel.App, other.Principal = "app2", &madang.Principal{App: "app2"}
	if g, err := p.Authorize(t.Context(), other); g != nil || err != nil {
		t.Errorf("another app: %v, %v", g, err)
	}
}

// Nothing listens, no such name, no certificate, the wrong protocol: the status is 0 and the words differ.
func TestPolicyOfUnreachable(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	open := httptest.NewServer(http.NotFoundHandler())
	defer open.Close()
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tls.StartTLS()
	defer tls.Close()
	for host, words := range map[string]string{
		closed.URL:                       "nothing listens",
		"http://name.invalid":            "cannot be resolved",
		tls.URL:                          "ca_file",
		"https" + open.URL[len("http"):]: "does not speak TLS",
	} {
		p, log := policyFor(t, configFor(host), nil)
		_, err := p.Authorize(t.Context(), question("private-true"))
		refusal, ok := errors.AsType[*Refusal](err)
		if !ok || refusal.Status() != 0 || !strings.Contains(refusal.Cause, words) || !strings.Contains(log.String(), words) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// asked answers every question with the same words.
type asked struct{ body string }

func (a asked) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// A slow backend is asked by so many at a time, so many wait, and the others are refused at once; a storm is told to the
// log once. Who goes away does not keep its place.
func TestPolicyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asking, most int
		var mu sync.Mutex
		slow := roundTrip(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			asking++
			most = max(most, asking)
			mu.Unlock()
			defer func() { mu.Lock(); asking--; mu.Unlock() }()
			select {
			case <-time.After(3 * time.Second):
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("true")), Request: r}, nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		c := configFor("http://a.test")
		c.MaxConcurrent, c.MaxWaiting = 2, 8
		p, log := policyFor(t, c, slow)
		results := make(chan error, 100)
		ask := func(ctx context.Context) { _, err := p.Authorize(ctx, question("private-true")); results <- err }
		for range 20 {
			go ask(t.Context())
		}
		synctest.Wait()
		if n := len(results); n != 10 {
			t.Fatalf("%d refused at once", n)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		var yes, busy, late int
		for range 20 {
			err := <-results
			switch {
			case err == nil:
				yes++
			case errors.Is(err, context.DeadlineExceeded) && errors.Is(err, madang.ErrForbidden):
				late++
			case errors.Is(err, errBusy):
				busy++
			default:
				t.Error(err)
			}
		}
		if yes != 6 || busy != 10 || late != 4 || most != 2 {
			t.Errorf("%d granted, %d turned away, %d too late, %d at a time", yes, busy, late, most)
		}
		if n := strings.Count(log.String(), "no answer in time"); n != 1 {
			t.Errorf("that it takes too long was logged %d times:\n%s", n, log)
		}
		if n := strings.Count(log.String(), "max_waiting"); n != 2 || !strings.Contains(log.String(), "others=9") {
			t.Errorf("the storm of the first moment and that of ten seconds later were logged %d times:\n%s", n, log)
		}
		gone, leave := context.WithCancel(t.Context())
		for range 10 {
			go ask(gone)
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		before := log.String()
		ask(t.Context())
		for range 11 {
			if err := <-results; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if log.String() != before {
			t.Error("who went away is logged as refused")
		}
	})
}

func TestConfig(t *testing.T) {
	for words, spoil := range map[string]func(*Config){
		"timeout":        func(c *Config) { c.Timeout = 0 },
		"max_concurrent": func(c *Config) { c.MaxConcurrent = 0 },
		"max_waiting":    func(c *Config) { c.MaxWaiting = -1 },
		"expiry":         func(c *Config) { c.Expiry = -1 },
		"auth_endpoint":  func(c *Config) { c.AuthEndpoint = "" },
		"auth_host":      func(c *Config) { c.AuthHost = []string{"ftp://x"} },
		"ca_file":        func(c *Config) { c.CAFile = "/nowhere" },
	} {
		c := configFor("http://a.test")
		spoil(&c)
		if _, err := New(c, Options{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
}
