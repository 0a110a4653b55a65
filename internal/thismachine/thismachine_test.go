package thismachine_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"madang/internal/thismachine"
)

func TestOnly(t *testing.T) {
	h := thismachine.Only("this is", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"this machine":          {func(*http.Request) {}, http.StatusNoContent},
		"the same by IPv6":      {func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:5000", "[::1]:8080" }, http.StatusNoContent},
		"without a port":        {func(r *http.Request) { r.Host = "127.0.0.1" }, http.StatusNoContent},
		"its own page":          {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8080") }, http.StatusNoContent},
		"entered by hand":       {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, http.StatusNoContent},
		"another machine":       {func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5000" }, http.StatusForbidden},
		"a name that was bent":  {func(r *http.Request) { r.Host = "evil.example:8080" }, http.StatusForbidden},
		"a page of another one": {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
		"another site":          {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"another port":          {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:3000") }, http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/dev", nil)
		r.RemoteAddr = "127.0.0.1:5000"
		tt.change(r)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != tt.status || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: answered %d %v", name, w.Code, w.Header())
		}
	}
}
