package laravel

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// outside are addresses of other hosts, as browsers read them.
func outside() []string {
	return []string{
		"", "x", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example", "https://evil.example", "javascript:alert(1)",
		"https:evil.example", "///evil.example", " /x", "/x\r\nSet-Cookie: a=b", "/\x7f", "/%zz", "/" + strings.Repeat("x", maxPath), "/한글",
	}
}

func TestLocalPaths(t *testing.T) {
	for _, path := range []string{"/", "/x", "/user/profile?verified=1", "/a//b", "/@evil.example", "/?next=https://evil.example", "/%2Fevil.example"} {
		if !LocalPath(path) {
			t.Errorf("%q is not local", path)
		}
	}
	for _, path := range outside() {
		if LocalPath(path) {
			t.Errorf("%q is local", path)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, path := range outside() {
		f.Add(path)
	}
	base := &url.URL{Scheme: "https", Host: "barun.test", Path: "/login"}
	f.Fuzz(func(t *testing.T, path string) {
		if !LocalPath(path) {
			return
		}
		u, err := base.Parse(path)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
			t.Errorf("%q leads to %v, %v", path, u, err)
		}
	})
}

func TestBack(t *testing.T) {
	s := Site{URL: "https://admin.barun.test/"}
	for referer, want := range map[string]string{
		"https://admin.barun.test/user/profile?a=1": "/user/profile?a=1",
		"https://admin.barun.test":                  "/login",
		"http://admin.barun.test/x":                 "/login",
		"https://evil.example/x":                    "/login",
		"https://admin.barun.test.evil.example/x":   "/login",
		"https://admin.barun.test//evil.example":    "/login",
		"":                                          "/login",
		"%":                                         "/login",
	} {
		r := httptest.NewRequest("POST", "/x", nil)
		r.Header.Set("Referer", referer)
		if got := s.Back(r, "/login"); got != want {
			t.Errorf("%q: %q", referer, got)
		}
	}
}

func TestRedirects(t *testing.T) {
	for _, c := range []struct {
		method, path, want string
		status             int
	}{
		{"GET", "/login", "/login", 302}, {"POST", "/x?a", "/x?a", 302}, {"PUT", "/x", "/x", 303}, {"PATCH", "/x", "/x", 303},
		{"DELETE", "/x", "/x", 303}, {"POST", "//evil.example", "/", 302}, {"POST", "https://evil.example", "/", 302},
	} {
		w := httptest.NewRecorder()
		Redirect(w, c.method, c.path)
		if w.Code != c.status || w.Header().Get("Location") != c.want {
			t.Errorf("%+v: %d %q", c, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestHome(t *testing.T) {
	for home, want := range map[string]string{"": "/", "/home": "/home", "//evil.example": "/"} {
		if got := (Site{Home: home}).HomePath(); got != want {
			t.Errorf("%q: %q", home, got)
		}
	}
	if !(Site{URL: "https://a.test"}).Secure() || (Site{URL: "http://a.test"}).Secure() {
		t.Error("https is not known")
	}
}
