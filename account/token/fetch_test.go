package token

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestRedirects(t *testing.T) {
	key1, _ := keyNamed("1")
	plain, secure := newProvider(t, httptest.NewServer), newProvider(t, httptest.NewTLSServer)
	plain.publish(key1)
	secure.publish(key1)
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for _, test := range []struct {
		name string
		from *provider
		hops []string
		want string // part of the error; empty: keys come
	}{
		{"https to http", secure, []string{plain.URL}, "redirect from https to http"},
		{"http to https to http", plain, []string{secure.URL + "/1", plain.URL + "/2"}, "redirect from https to http"},
		{"http to http elsewhere", plain, []string{"http://192.0.2.1/jwks.json"}, "must begin with https://"},
		{"http to a file", plain, []string{"file:///etc/passwd"}, "the address has no host"},
		{"http to http here", plain, []string{plain.URL + "/1"}, ""},
		{"http to https", plain, []string{secure.URL + "/1"}, ""},
		{"https to https", secure, []string{secure.URL + "/1"}, ""},
		{"around in circles", secure, []string{secure.URL + "/1", secure.URL + "/2", secure.URL + "/3", secure.URL + "/4"}, "more than 3 redirects"},
	} {
		hop := 0
		step := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hop == len(test.hops) {
				_, _ = w.Write(setOf(key1))
				return
			}
			hop++
			redirect(test.hops[hop-1])(w, r)
		})
		plain.set(step)
		secure.set(step)
		address := must(url.Parse(test.from.URL))
		keys, err := newFetcher(secure.Client(), address, slog.New(slog.DiscardHandler)).fetch(t.Context())
		switch {
		case test.want == "" && (err != nil || len(keys) != 1):
			t.Errorf("%s: %d keys, %v", test.name, len(keys), err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestCertificateIsChecked(t *testing.T) {
	p := newProvider(t, httptest.NewTLSServer)
	p.publish()
	p.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	keys, err := newFetcher(http.DefaultClient, must(url.Parse(p.URL)), slog.Default()).fetch(t.Context())
	if err == nil {
		t.Fatalf("%d keys of a server that nobody vouches for", len(keys))
	}
	p.wasAsked(t, 0)
}

func TestAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://id.example/jwks": true, "http://127.0.0.1:8080/": true, "http://127.9.9.9/": true, "http://[::1]/": true,
		"http://localhost:3000/": true, "http://id.example/": false, "http://localhost.evil.example/": false, "http://10.0.0.1/": false,
		"http://127.0.0.1@evil.example/": false, "ftp://127.0.0.1/": false, "//id.example/": false, "/etc/jwks": false, "https://": false,
	} {
		if err := checkAddress(must(url.Parse(address))); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestPublishedSecretsAndPrivateKeysAreNotTaken(t *testing.T) {
	p := newProvider(t, httptest.NewServer)
	key1, _ := keyNamed("1")
	p.publish(key1, jose.JSONWebKey{Key: []byte(testSecret)}, jose.JSONWebKey{Key: ecKey()})
	keys, err := newFetcher(p.Client(), must(url.Parse(p.URL)), slog.New(slog.DiscardHandler)).fetch(t.Context())
	if err != nil || len(keys) != 1 || keys[0].id != "1" {
		t.Errorf("%+v, %v", keys, err)
	}
}
