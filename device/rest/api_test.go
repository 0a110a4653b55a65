package rest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madang/device/rest"
)

var update = flag.Bool("update", false, "rewrite docs/openapi-devices.json")

func TestConfig(t *testing.T) {
	s := newServer(t)
	good := rest.Defaults()
	good.App = app
	for _, change := range []func(*rest.Config){
		func(c *rest.Config) { c.App = "" }, func(c *rest.Config) { c.MaxBody = 0 }, func(c *rest.Config) { c.Locale = "de" },
		func(c *rest.Config) { c.Lease = 0 },
	} {
		c := good
		change(&c)
		if _, err := rest.New(c, rest.Deps{Hub: s.hub, Relay: s.relay}); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if _, err := rest.New(good, rest.Deps{}); err == nil {
		t.Error("nothing is enough")
	}
	mux := http.NewServeMux()
	for pattern, h := range s.api.Routes() { // what a mux does not take, it panics about
		mux.Handle(pattern, h)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/devices/openapi.json", nil))
	if !bytes.Equal(w.Body.Bytes(), s.api.OpenAPI()) {
		t.Error("the document that is served is another one")
	}
}

// TestOpenAPI compares the document with the one that is kept for readers and generators.
func TestOpenAPI(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "openapi-devices.json")
	got := newServer(t).api.OpenAPI()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/openapi-devices.json is not what the code says: run go test ./device/rest -run TestOpenAPI -update and look at the difference")
	}
}

// FuzzRequests sends any bytes to any route, as anybody: there is always an answer in JSON, never a failure of the server's own.
func FuzzRequests(f *testing.F) {
	s := newServer(f)
	hub := s.box()
	callers := []string{"kim", s.pair(hub).Token, hub}
	for _, seed := range []struct {
		caller             uint8
		method, path, body string
	}{
		{0, "POST", "/v1/places", `{"name":"a"}`},
		{0, "POST", "/v1/invitations/accept", `{"secret":"x"}`},
		{1, "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true,"level":1e300}}`},
		{1, "GET", "/v1/hubs/SN-1/commands?limit=1&before=x", ""},
		{0, "GET", "/v1/hubs/SN-1/devices/lamp", ""},
		{2, "POST", "/v1/hubs/SN-1/hello", hello},
		{2, "POST", "/v1/hubs/SN-1/report", `{"device":"lamp","values":{"on":true},"version":9223372036854775807}`},
		{2, "POST", "/v1/hubs/SN-1/answer", `{"command":"x","done":true}`},
		{2, "GET", "/v1/hubs/SN-1/pending", ""},
		{0, "PUT", "/v1/places/x/members/lee", `{"role":"owner"}`},
	} {
		f.Add(seed.caller, seed.method, seed.path, seed.body)
	}
	f.Fuzz(func(t *testing.T, caller uint8, method, path, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1/", strings.NewReader(body))
		if err != nil {
			return
		}
		if r.URL, err = r.URL.Parse(path); err != nil || !strings.HasPrefix(r.URL.Path, "/v1/") || r.URL.Query().Has("wait") {
			return
		}
		r.Header.Set("Authorization", "Bearer "+callers[int(caller)%len(callers)])
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		moved := w.Code >= 300 && w.Code < 400 // to the path without its dots
		away := w.Code == http.StatusServiceUnavailable
		if w.Code >= 500 && !away || w.Code != http.StatusNoContent && !moved && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}
