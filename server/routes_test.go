package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang/server"
)

func web(name string, routes ...server.Route) server.Part {
	return part(server.RoleWeb, &fake{name: name, diary: &diary{}, routes: routes})
}

func route(pattern, text string) server.Route {
	return server.Route{Pattern: pattern, Handler: says(text)}
}

func TestOverlaps(t *testing.T) {
	for name, c := range map[string]struct {
		parts []server.Part
		want  string
	}{
		"same": {
			[]server.Part{web("a", route("/x", "")), web("b", route("/x", ""))},
			`routes overlap: web a answers "/x" and web b answers "/x"; give one of them a host of its own (setting hosts), or let it say which requests it claims`,
		},
		"crossing": {
			[]server.Part{web("a", route("/x/{y}", "")), web("b", route("/{x}/y", ""))},
			`routes overlap: web a answers "/x/{y}" and web b answers "/{x}/y"`,
		},
		"the server":  {[]server.Part{web("a", route("GET /livez", ""))}, `the server itself answers "GET /livez" and web a answers "GET /livez"`},
		"bad pattern": {[]server.Part{web("a", route("x y z", ""))}, `web a brings the route "x y z": parsing "x y z"`},
		"all at once": {
			[]server.Part{web("a", route("/x", ""), route("/y", "")), web("b", route("/x", ""), route("/y", ""))},
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
		claiming(&fake{name: "one", diary: &diary{}, routes: []server.Route{route("/shared", "one"), route("/alone", "one alone")}}),
		claiming(&fake{name: "two", diary: &diary{}, routes: []server.Route{route("/shared", "two")}}),
		web("pages", route("/", "pages"), route("GET /shared", "pages get"), route("POST /own", "own")),
		web("plain", route("/shared", "plain")),
		web("hosted", route("/", "hosted root"), route("POST /own", "hosted own")),
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
