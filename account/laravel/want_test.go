package laravel

import (
	"net/http/httptest"
	"testing"
)

func TestWantsAndExpectsJSON(t *testing.T) {
	for _, c := range []struct {
		accept, with   string // Accept; X-Requested-With
		pjax           bool
		wants, expects bool
	}{
		{accept: "application/json", wants: true, expects: true},
		{accept: "application/json, text/plain, */*", wants: true, expects: true}, // axios
		{accept: "application/vnd.api+json", wants: true, expects: true},
		{accept: "Application/JSON", wants: true, expects: true},
		{accept: "text/html;q=0.8, application/json;q=0.9", wants: true, expects: true},
		{accept: "application/json;q=0.5, text/html"},
		{accept: "text/html, application/json"},
		{accept: "text/html, application/xhtml+xml", with: "XMLHttpRequest"}, // Inertia
		{accept: "*/*"},
		{accept: "*/*", with: "XMLHttpRequest", expects: true},
		{accept: "*", with: "XMLHttpRequest", expects: true},
		{with: "XMLHttpRequest", expects: true},
		{with: "XMLHttpRequest", pjax: true},
		{with: "xmlhttprequest"},
		{},
		{accept: ",;q=1,,text/html"},
		{accept: "text/html;q=x, application/json;q=0.1", wants: true, expects: true},
	} {
		r := httptest.NewRequest("POST", "/login", nil)
		if c.accept != "" {
			r.Header.Set("Accept", c.accept)
		}
		if c.with != "" {
			r.Header.Set("X-Requested-With", c.with)
		}
		if c.pjax {
			r.Header.Set("X-Pjax", "true")
		}
		if got := WantsJSON(r); got != c.wants {
			t.Errorf("%+v: wants %v", c, got)
		}
		if got := ExpectsJSON(r); got != c.expects {
			t.Errorf("%+v: expects %v", c, got)
		}
	}
}
