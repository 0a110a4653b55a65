package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang/server"
)

// routes makes routes of patterns and what they say, in turn.
func routes(pairs ...string) map[string]http.Handler {
	m := map[string]http.Handler{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = says(pairs[i+1])
	}
	return m
}

func web(name string, pairs ...string) server.Part {
	return part(server.RoleWeb, &fake{name: name, diary: &diary{}, routes: routes(pairs...)})
}

func TestOverlaps(t *testing.T) {
	for name, c := range map[string]struct {
		parts []server.Part
		want  string
	}{
		"same": {
			[]server.Part{web("a", "/x", ""), web("b", "/x", "")},
			`routes overlap: web a answers "/x" and web b answers "/x"; give one of them a host of its own (setting hosts), or let it say which requests it claims`,
		},
		"crossing": {
			[]server.Part{web("a", "/x/{y}", ""), web("b", "/{x}/y", "")},
			`routes overlap: web a answers "/x/{y}" and web b answers "/{x}/y"`,
		},
		"the server":  {[]server.Part{web("a", "GET /livez", "")}, `the server itself answers "GET /livez" and web a answers "GET /livez"`},
		"bad pattern": {[]server.Part{web("a", "x y z", "")}, `web a brings the route "x y z": parsing "x y z"`},
		"all at once": {
			[]server.Part{web("a", "/x", "", "/y", ""), web("b", "/x", "", "/y", "")},
			`web b answers "/y"`,
		},
	} {
		err := openError(t, server.Assembly{Parts: c.parts})
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, c.want)
		}
	}
}

// TestRouting has parts that share patterns, one with a host of its own.
func TestRouting(t *testing.T) {
	a := server.Assembly{Parts: []server.Part{
		claiming(&fake{name: "one", diary: &diary{}, routes: routes("/shared", "one", "/alone", "one alone")}),
		claiming(&fake{name: "two", diary: &diary{}, routes: routes("/shared", "two")}),
		web("pages", "/", "pages", "GET /shared", "pages get", "POST /own", "own"),
		web("plain", "/shared", "plain"),
		web("hosted", "/", "hosted root", "POST /own", "hosted own"),
	}}
	h := open(t, a, "hosts", "{hosted: [Api.example.com, other.example]}").Handler()
	for _, c := range []struct{ method, url, header, want string }{
		{"POST", "http://x/shared", "one", "one"},
		{"POST", "http://x/shared", "two", "two"},
		{"POST", "http://x/shared", "", "plain"},
		{"GET", "http://x/shared", "two", "pages get"}, // the more specific pattern wins
		{"GET", "http://x/alone", "one", "one alone"},
		{"GET", "http://x/alone", "", "pages"}, // as if the claimer were not there
		{"GET", "http://x/any", "", "pages"},
		{"GET", "http://api.example.com/any", "", "hosted root"},
		{"GET", "http://other.example:8080/", "", "hosted root"},
		{"POST", "http://api.example.com/own", "", "hosted own"},
		{"POST", "http://x/own", "", "own"},
		{"GET", "http://x/livez", "", "{\"status\":\"ok\"}\n"},
	} {
		r := httptest.NewRequest(c.method, c.url, nil)
		r.Header.Set("X-For", c.header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); got != c.want {
			t.Errorf("%s %s for %q: got %q, want %q", c.method, c.url, c.header, got, c.want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://x/nothing", nil)
	w := httptest.NewRecorder()
	open(t, server.Assembly{}).Handler().ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("got %d", w.Code)
	}
}

func TestRoutesOf(t *testing.T) {
	type mute struct{ text string }
	makeMute := func(context.Context, *server.Site, struct{}) (*mute, error) { return &mute{"said"}, nil }
	of := server.RoutesOf(func(m *mute) map[string]http.Handler { return routes("/x", m.text) })
	h := open(t, server.Assembly{Parts: []server.Part{server.WebPart("mute", server.NoConfig, makeMute, of)}}).Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	if w.Body.String() != "said" {
		t.Errorf("got %q", w.Body)
	}
	err := openError(t, server.Assembly{Parts: []server.Part{part(server.RoleWeb, &fake{name: "other", diary: &diary{}}, of)}})
	if !strings.Contains(err.Error(), "RoutesOf is for *server_test.mute, but the part is a *server_test.fake") {
		t.Errorf("got %v", err)
	}
}
