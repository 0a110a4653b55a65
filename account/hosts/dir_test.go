package hosts_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madang/account/hosts"
)

func TestDir(t *testing.T) {
	top := t.TempDir()
	folder := filepath.Join(top, "page")
	for name, text := range map[string]string{
		"page/index.html": "<h1>Barun</h1>", "page/style.css": "h1 {}", "page/app.bin": "<script>", "page/.env": "secret",
		"page/.git/config": "secret", "page/ko/index.html": "바룬", "page/empty/file.txt": "x", "secret.txt": "secret",
	} {
		file := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	d, err := hosts.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		path   string
		status int
		want   string // body, type or location
	}{
		{"/", 200, "<h1>Barun</h1>"},
		{"/index.html", 200, "text/html"},
		{"/style.css", 200, "text/css"},
		{"/app.bin", 200, "application/octet-stream"},
		{"/ko", 301, "ko/"},
		{"/ko/", 200, "바룬"},
		{"/empty/", 404, ""},
		{"/missing", 404, ""},
		{"/.env", 404, ""},
		{"/.git/config", 404, ""},
		{"/link.txt", 404, ""},
		{"/../secret.txt", 404, ""},
		{"/ko/../../secret.txt", 404, ""},
		{"/..\\secret.txt", 404, ""},
		{"//secret.txt", 404, ""},
		{"/index.html\x00", 404, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{Path: c.path}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		got := w.Body.String() + w.Header().Get("Content-Type") + w.Header().Get("Location")
		if w.Code != c.status || !strings.Contains(got, c.want) || strings.Contains(got, "secret") {
			t.Errorf("%q: %d %q, want %d %q", c.path, w.Code, got, c.status, c.want)
		}
		if w.Code == 200 && w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q may be sniffed", c.path)
		}
	}
	w := httptest.NewRecorder()
	if d.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	if x, err := hosts.OpenDir(filepath.Join(folder, "empty")); err == nil {
		t.Errorf("a folder without index.html was opened: %v, %v", x, x.Close())
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"Barun.TEST": "barun.test", "barun.test.": "barun.test", "barun.test:443": "barun.test", "[::1]:80": "[::1]", "[::1]": "[::1]", "": "", ":80": "",
	} {
		if got := hosts.Name(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
