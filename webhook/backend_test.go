package webhook

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func backendAt(t *testing.T, c Config) *Backend {
	t.Helper()
	b, err := NewBackend(c, nil, 4, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.CloseIdleConnections)
	return b
}

func configFor(hosts ...string) Config {
	c := Defaults()
	c.AuthHost = hosts
	return c
}

func TestPost(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, strings.Join([]string{
			r.Method, r.URL.Path, string(body), r.Header.Get("Content-Type"), r.Header.Get("X-Requested-With"), r.Header.Get("Accept"),
			r.Header.Get("Cookie"), r.Header.Get("X-Forwarded-For"), r.Header.Get("Accept-Encoding"), r.Header.Get("Idempotency-Key"), r.Host,
		}, "\n"))
	}))
	defer s.Close()
	b := backendAt(t, configFor(s.URL+"/"))
	call := Call{
		Endpoint: "broadcasting/auth", Form: url.Values{"channel_name": {"private-a&b"}}, Remote: "[2001:db8::1]:77", Repeats: true,
		Header: map[string][]string{"Cookie": {"laravel_session=1"}, "Host": {"evil.test"}, "X-Forwarded-For": {"9.9.9.9"}, "Content-Length": {"3"}, "Accept-Encoding": {"gzip"}},
	}
	r, err := b.Post(t.Context(), call)
	want := "POST\n/broadcasting/auth\nchannel_name=private-a%26b\napplication/x-www-form-urlencoded\nXMLHttpRequest\napplication/json\nlaravel_session=1\n2001:db8::1\n\n\n" + strings.TrimPrefix(s.URL, "http://")
	if err != nil || r.Status != http.StatusTeapot || string(r.Body) != want || r.URL != s.URL+"/broadcasting/auth" {
		t.Errorf("%v, %d, %s\n%s", err, r.Status, r.URL, r.Body)
	}
	hide := configFor(s.URL)
	hide.HideAddress = true
	if r, err := backendAt(t, hide).Post(t.Context(), call); err != nil || strings.Contains(string(r.Body), "2001") {
		t.Errorf("%v: %s", err, r.Body)
	}
}

func TestPostToStrangeBackends(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		for range 1 << 10 {
			if _, err := w.Write(make([]byte, 1<<12)); err != nil {
				return
			}
		}
	})
	loops := 0
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) {
		loops++
		http.Redirect(w, r, "/loop", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/torn", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "true")
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	b := backendAt(t, configFor(s.URL))
	if r, err := b.Post(t.Context(), Call{Endpoint: "/huge"}); err != nil || !r.Truncated || len(r.Body) != MaxReply {
		t.Errorf("huge: %v, %v, %d", err, r.Truncated, len(r.Body))
	}
	if r, err := b.Post(t.Context(), Call{Endpoint: "/loop"}); err != nil || r.Status != http.StatusTemporaryRedirect || loops != 1 {
		t.Errorf("redirect: %v, %d, %d requests", err, r.Status, loops)
	}
	if r, err := b.Post(t.Context(), Call{Endpoint: "/torn"}); err == nil || r.Status != 200 {
		t.Errorf("torn: %v, %d", err, r.Status)
	}
	if _, err := b.Post(t.Context(), Call{Endpoint: "/", Header: map[string][]string{"X-A": {strings.Repeat("a", maxHeaders+1)}}}); err == nil {
		t.Error("headers have no bound")
	}
	s.Close()
	secret := "http://user:hidden@" + strings.TrimPrefix(s.URL, "http://")
	if r, err := backendAt(t, configFor(secret)).Post(t.Context(), Call{Endpoint: "/"}); err == nil || strings.Contains(err.Error()+r.URL, "hidden") {
		t.Errorf("gone: %v, %s", err, r.URL)
	}
}

// A backend that never answers costs the timeout and no more.
func TestPostTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		b, err := NewBackend(configFor("http://a.test"), hang, 1, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := b.Post(t.Context(), Call{Endpoint: "/"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Error(took)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "true") }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	if _, err := backendAt(t, configFor(s.URL)).Post(t.Context(), Call{Endpoint: "/"}); err == nil {
		t.Error("an unknown authority is believed")
	}
	c := configFor(s.URL)
	c.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(c.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backendAt(t, c).Post(t.Context(), Call{Endpoint: "/"}); err != nil {
		t.Errorf("with ca_file: %v", err)
	}
	c = configFor(s.URL)
	c.Insecure = true
	var said strings.Builder
	b, err := NewBackend(c, nil, 1, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer b.client.CloseIdleConnections()
	if _, err := b.Post(t.Context(), Call{Endpoint: "/"}); err != nil || !strings.Contains(said.String(), "level=WARN msg=\"INSECURE") {
		t.Errorf("insecure: %v, %s", err, said.String())
	}
	for _, file := range []string{"/nowhere", os.Args[0]} {
		c.CAFile = file
		if _, err := NewBackend(c, nil, 1, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("ca_file %s is taken", file)
		}
	}
}
