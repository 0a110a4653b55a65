package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, p *Pages, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result()
}

func TestPages(t *testing.T) {
	text := strings.Repeat("마당 ", 400)
	p, err := newPages(fstest.MapFS{
		"index.html":       {Data: []byte("<!doctype html>" + text)},
		"account.html":     {Data: []byte("<!--inertia-->")},
		"assets/a-1234.js": {Data: []byte("1")},
		"assets/_b.css":    {Data: []byte(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := get(t, p, "/", "Accept-Encoding", "br, gzip")
	if r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") ||
		r.Header.Get("Cache-Control") != "no-cache" || !strings.Contains(r.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !strings.Contains(string(b), text) {
		t.Errorf("%v %.40s", err, b)
	}
	if r := get(t, p, "/", "Accept-Encoding", "gzip", "If-None-Match", r.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
		t.Errorf("known page answered %d", r.StatusCode)
	}
	r = get(t, p, "/assets/a-1234.js")
	if b, _ := io.ReadAll(r.Body); string(b) != "1" || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") ||
		r.Header.Get("Content-Encoding") != "" {
		t.Errorf("%q %v", b, r.Header)
	}
	for _, url := range []string{"/nothing", "/assets/", "/../web.go", "/assets/../index.html", "/dist/index.html", "/account.html", "/download.html", "/mail.html"} {
		if r := get(t, p, url); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d", url, r.StatusCode)
		}
	}
	p.Missing(http.RedirectHandler("/gone", http.StatusGone))
	if r := get(t, p, "/nothing", "Accept", "text/html,*/*"); r.StatusCode != http.StatusGone {
		t.Errorf("a browser is not told on a page: %d", r.StatusCode)
	}
	if r := get(t, p, "/nothing.js", "Accept", "*/*"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a script is told on a page: %d", r.StatusCode)
	}
	w := httptest.NewRecorder()
	if p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a POST to a page answered %d", w.Code)
	}
	// The scripts of an account page come here after a sign-in.
	if r := get(t, p, "/?verified=1", "X-Inertia", "true"); r.StatusCode != http.StatusConflict || r.Header.Get("X-Inertia-Location") != "/?verified=1" {
		t.Errorf("a visit of an account page: %d %v", r.StatusCode, r.Header)
	}
	if _, err := newPages(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "make ui") {
		t.Errorf("no pages: %v", err)
	}
}

// What is embedded is a page with its script and style.
func TestEmbedded(t *testing.T) {
	p, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(get(t, p, "/").Body)
	for name := range p.files {
		if strings.HasPrefix(name, "/assets/index-") && !strings.Contains(string(b), "."+name) {
			t.Errorf("the page does not refer to %s", name)
		}
	}
	if !strings.Contains(string(b), "./assets/index-") {
		t.Errorf("the page has no script: %s", b)
	}
}
