package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang/server"
)

// routesServer serves handlers by path over a real socket and returns its address and log.
func routesServer(t *testing.T, handlers map[string]http.HandlerFunc, pairs ...string) (url string, log *buffer) {
	t.Helper()
	f := &fake{name: "pages", diary: &diary{}, routes: map[string]http.Handler{}}
	for pattern, h := range handlers {
		f.routes[pattern] = h
	}
	a := server.Assembly{Parts: []server.Part{part(server.RoleWeb, f)}}
	log = &buffer{}
	s, err := server.Open(t.Context(), a, load(t, a, pairs...), slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h.URL, log
}

func get(t *testing.T, url string, headers ...string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	return answer, string(b), err
}

func TestPanic(t *testing.T) {
	url, log := routesServer(t, map[string]http.HandlerFunc{
		"/boom": func(http.ResponseWriter, *http.Request) { panic("boom") },
		"/late": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic("late boom")
		},
		"/abort": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	})
	answer, body, err := get(t, url+"/boom")
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Error, Request string }
	if err := json.Unmarshal([]byte(body), &said); err != nil {
		t.Fatal(err)
	}
	id := answer.Header.Get("X-Request-Id")
	if answer.StatusCode != 500 || said.Error != "internal" || said.Request != id || len(id) < 20 {
		t.Errorf("got %d %s", answer.StatusCode, body)
	}
	if !strings.Contains(log.String(), id) || !strings.Contains(log.String(), `"panic":"boom"`) || !strings.Contains(log.String(), "middleware_test.go") {
		t.Errorf("the log lacks the panic: %s", log)
	}
	if _, _, err := get(t, url+"/late"); err == nil {
		t.Error("a half answer looks complete")
	}
	if !strings.Contains(log.String(), "late boom") {
		t.Errorf("the log lacks the late panic: %s", log)
	}
	before := log.String()
	if _, _, err := get(t, url+"/abort"); err == nil {
		t.Error("an aborted answer looks complete")
	}
	if strings.Count(log.String(), "panic in a handler") != strings.Count(before, "panic in a handler") {
		t.Errorf("ErrAbortHandler was logged: %s", log)
	}
}

func TestHijack(t *testing.T) {
	url, _ := routesServer(t, map[string]http.HandlerFunc{"/hijack": func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "HTTP/1.1 418 Taken\r\nContent-Length: 0\r\n\r\n")
	}})
	answer, _, err := get(t, url+"/hijack")
	if err != nil || answer.StatusCode != 418 {
		t.Errorf("got %v, %v", answer, err)
	}
}

func TestFlush(t *testing.T) {
	seen := make(chan struct{})
	url, _ := routesServer(t, map[string]http.HandlerFunc{"/stream": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-seen // the second line is written only when the client has the first
		_, _ = io.WriteString(w, "second\n")
	}})
	answer, err := http.Get(url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	in := bufio.NewScanner(answer.Body)
	if !in.Scan() || in.Text() != "first" {
		t.Fatalf("got %q", in.Text())
	}
	close(seen)
	if !in.Scan() || in.Text() != "second" {
		t.Errorf("got %q", in.Text())
	}
}

func TestProxyInDevelopment(t *testing.T) {
	f := &fake{name: "pages", diary: &diary{}, routes: map[string]http.Handler{
		"/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) }),
	}}
	a := server.Assembly{Parts: []server.Part{part(server.RoleWeb, f)}}
	for _, c := range []struct {
		dev             bool
		from, forwarded string
		want            string
	}{
		{true, "127.0.0.1:5", "203.0.113.7", "203.0.113.7:0"},
		{true, "[::1]:5", "127.0.0.1, 203.0.113.7", "203.0.113.7:0"}, // what it said itself does not count
		{true, "127.0.0.1:5", "", "127.0.0.1:5"},
		{true, "203.0.113.7:5", "127.0.0.1", "203.0.113.7:5"},
		{false, "127.0.0.1:5", "203.0.113.7", "127.0.0.1:5"},
	} {
		set := load(t, a)
		set.Dev = c.dev
		s, err := server.Open(t.Context(), a, set, quiet())
		if err != nil {
			t.Fatal(err)
		}
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.RemoteAddr = c.from
		r.Header.Set("X-Forwarded-For", c.forwarded)
		s.Handler().ServeHTTP(w, r)
		if w.Body.String() != c.want {
			t.Errorf("%+v: the client is %s", c, w.Body)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	handler := map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.RemoteAddr, " ", r.Header.Get("X-Forwarded-Proto"), " ", r.Header.Get("X-Request-Id"))
	}}
	trusting, _ := routesServer(t, handler, "trusted_proxies", "127.0.0.0/8, 10.0.0.0/8, fd00::/8")
	wary, _ := routesServer(t, handler)
	for _, c := range []struct{ forwarded, want string }{
		{"203.0.113.7", "203.0.113.7:0 https id-1"},
		{"6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7:0 https id-1"}, // what the client wrote itself does not count
		{"203.0.113.7:4711, [fd00::1]:80", "203.0.113.7:0 https id-1"},
		{"2001:db8::1", "[2001:db8::1]:0 https id-1"},
		{"::ffff:203.0.113.7", "203.0.113.7:0 https id-1"},
		{"10.1.1.1, 10.2.2.2", "10.1.1.1:0 https id-1"}, // all are proxies: the farthest
		{"203.0.113.7, junk, 10.2.2.2", "10.2.2.2:0 https id-1"},
	} {
		_, got, err := get(t, trusting+"/", "X-Forwarded-For", c.forwarded, "X-Forwarded-Proto", "https", "X-Request-Id", "id-1")
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.forwarded, got, err, c.want)
		}
		_, got, err = get(t, wary+"/", "X-Forwarded-For", c.forwarded, "X-Forwarded-Proto", "https", "X-Request-Id", "id-1")
		if err != nil || !strings.HasPrefix(got, "127.0.0.1:") || strings.Contains(got, "https") || strings.Contains(got, "id-1") {
			t.Errorf("a stranger's headers are believed: %q, %v", got, err)
		}
	}
	_, got, err := get(t, trusting+"/", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "203.0.113.7")
	if err != nil || !strings.HasPrefix(got, "203.0.113.7:0") {
		t.Errorf("two headers: %q, %v", got, err)
	}
	answer, _, err := get(t, trusting+"/", "X-Request-Id", strings.Repeat("x", 200))
	if err != nil || len(answer.Header.Get("X-Request-Id")) > 128 {
		t.Errorf("a huge id is taken: %v", err)
	}
}

// TestPathsAreNotLogged asks for paths with secrets in them, as links in mails have, also where nothing is and where something
// panics: the log says which route it was, and not the path.
func TestPathsAreNotLogged(t *testing.T) {
	url, log := routesServer(t, map[string]http.HandlerFunc{
		"GET /reset/{token}": func(http.ResponseWriter, *http.Request) {},
		"/setup/":            func(http.ResponseWriter, *http.Request) { panic("boom") },
	})
	for _, path := range []string{"/reset/hush-hush", "/setup/hush-hush", "/nothing/hush-hush", "/reset/hush-hush/more", "/setup/x?token=hush-hush"} {
		if _, _, err := get(t, url+path); err != nil {
			t.Fatal(err)
		}
	}
	if text := log.String(); strings.Contains(text, "hush-hush") || !strings.Contains(text, `"route":"GET /reset/{token}"`) || !strings.Contains(text, `"route":"/setup/"`) {
		t.Error(text)
	}
}
