package hosts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang/account/hosts"
)

func barun() hosts.Config {
	return hosts.Config{
		Base: "barun.test", WWW: "www.barun.test", API: "api.barun.test", Internal: []string{"10.0.0.5", "madang"},
		Sites: []hosts.Site{
			{Name: "admin", Host: "admin.barun.test", Role: "admin", Prefix: "Admin"},
			{Name: "partner", Host: "partner.barun.test", Role: "partner", Prefix: "Partner"},
		},
	}
}

// router says where a request has come to.
func router(t *testing.T, c hosts.Config, own string) http.Handler {
	t.Helper()
	says := func(what string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := hosts.Of(r.Context())
			fmt.Fprintf(w, "%s %d %s %t", what, p.Kind, p.Site.Name, p.Pages())
		})
	}
	r, err := hosts.New(c, own, hosts.Handlers{
		Base:     says("base"),
		BaseAlso: func(r *http.Request) bool { return r.URL.Path == "/jwks" },
		Door: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "door ")
				next.ServeHTTP(w, r)
			})
		},
		Open: func(r *http.Request) bool { return r.URL.Path == "/login" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Wrap(says("next"))
}

func TestRouter(t *testing.T) {
	h := router(t, barun(), "https://barun.test:8443")
	for _, c := range []struct {
		host, path string
		status     int
		want       string // body, or location
	}{
		{"barun.test", "/", 200, "base 1  false"},
		{"BARUN.TEST.:8443", "/", 200, "base 1  false"},
		{"barun.test", "/jwks", 200, "next 1  false"},
		{"barun.test", "/login", 200, "base 1  false"},
		{"www.barun.test", "/a%2Fb//c?q=1&r=%20", 301, "https://barun.test:8443/a%2Fb//c?q=1&r=%20"},
		{"www.barun.test", "//evil.test/x", 301, "https://barun.test:8443//evil.test/x"},
		{"api.barun.test:8443", "/login", 200, "next 2  false"},
		{"10.0.0.5:8080", "/apps", 200, "next 2  false"},
		{"madang", "/apps", 200, "next 2  false"},
		{"admin.barun.test", "/", 200, "door next 3 admin true"},
		{"admin.barun.test", "/login", 200, "next 3 admin true"},
		{"Partner.barun.test.", "/", 200, "door next 3 partner true"},
		{"evil.test", "/", 421, "does not answer"},
		{"", "/", 421, "does not answer"},
		{":8443", "/", 421, "does not answer"},
		{"admin.barun.test.evil.test", "/", 421, "does not answer"},
		{"xadmin.barun.test", "/login", 421, "does not answer"},
		{"barun.test@evil.test", "/", 421, "does not answer"},
		{"[::1]:8443", "/", 421, "does not answer"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		u, err := r.URL.Parse("http://x" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Body.String() + w.Header().Get("Location")
		if w.Code != c.status || !strings.Contains(got, c.want) || c.status == 200 && got != c.want {
			t.Errorf("%s%s: %d %q, want %d %q", c.host, c.path, w.Code, got, c.status, c.want)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/x", nil)
	r.Host = "www.barun.test"
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusPermanentRedirect {
		t.Errorf("a POST to www: %d, its method would be lost", w.Code)
	}
}

// TestOneHost checks that without configuration all is on whatever host is asked.
func TestOneHost(t *testing.T) {
	h := router(t, hosts.Config{}, "http://127.0.0.1:8080")
	for _, host := range []string{"127.0.0.1:8080", "anything.test", ""} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Body.String() != "next 0  true" {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
}

func TestConfig(t *testing.T) {
	if err := barun().Validate(); err != nil {
		t.Error(err)
	}
	if got := barun().URLs("https://barun.test:8443"); got["admin"] != "https://admin.barun.test:8443" || len(got) != 2 {
		t.Errorf("%v", got)
	}
	for want, change := range map[string]func(*hosts.Config){
		"no name of a host":      func(c *hosts.Config) { c.API = "api.barun.test:8080" },
		"is base already":        func(c *hosts.Config) { c.API = c.Base },
		"is sites[0] already":    func(c *hosts.Config) { c.Sites[1].Host = c.Sites[0].Host },
		"a site \"admin\"":       func(c *hosts.Config) { c.Sites[1].Name = "admin" },
		"that lets people in":    func(c *hosts.Config) { c.Sites[1].Role = "" },
		"letters and digits":     func(c *hosts.Config) { c.Sites[1].Prefix = "../Admin" },
		"no base to send":        func(c *hosts.Config) { c.Base = "" },
		"internal[0]: \"A\"":     func(c *hosts.Config) { c.Internal = []string{"A"} },
		"\"*.barun.test\" is no": func(c *hosts.Config) { c.Sites[0].Host = "*.barun.test" },
	} {
		c := barun()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
