package webhook

import (
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	list := []string{"http://localhost", "https://app.example.com/sub", ".example.com", "https://.safe.test", "plain.test:8000", ".dev.test:81", "http://last.test/"}
	h, err := ParseHosts(list)
	if err != nil {
		t.Fatal(err)
	}
	for referer, want := range map[string]string{
		"":                                     "http://localhost", // as if nobody had chosen
		"nonsense":                             "http://localhost",
		"javascript:alert(1)":                  "http://localhost",
		"http://localhost/chat":                "http://localhost",
		"http://LOCALHOST:80/chat":             "http://localhost",
		"http://localhost:81/":                 "http://last.test",
		"https://app.example.com/x?y":          "https://app.example.com/sub",
		"https://app.example.com:443/":         "https://app.example.com/sub",
		"http://app.example.com/":              "http://app.example.com", // by its ending
		"https://tenant.example.com/a":         "https://tenant.example.com",
		"https://a.b.example.com/a":            "https://a.b.example.com",
		"https://Tenant.Example.com:443/a":     "https://tenant.example.com",
		"https://tenant.example.com:8443/":     "http://last.test", // another port is another server
		"https://evilexample.com/":             "http://last.test",
		"https://example.com/":                 "http://last.test",
		"https://.example.com/":                "http://last.test",
		"https://a..example.com/":              "http://last.test",
		"https://example.com.evil.test/":       "http://last.test",
		"https://a@b.example.com/":             "https://b.example.com",
		"https://x.safe.test/":                 "https://x.safe.test",
		"http://x.safe.test/":                  "http://last.test",
		"http://plain.test:8000/":              "http://plain.test:8000",
		"http://plain.test/":                   "http://last.test",
		"http://x.dev.test:81/":                "http://x.dev.test:81",
		"http://x.dev.test/":                   "http://last.test",
		"ftp://tenant.example.com/":            "http://localhost",
		"https://a%2fb.example.com/":           "http://localhost",
		"https://a;b.example.com/":             "http://last.test",
		"http://" + strings.Repeat("a", 1<<16): "http://last.test",
	} {
		got, err := h.For(referer)
		if got != want || err != nil {
			t.Errorf("%.60q: %q, %v; want %q", referer, got, err, want)
		}
	}
	if none, err := (Hosts{}).For(""); err == nil {
		t.Errorf("no hosts: %q", none)
	}
	if endings, err := ParseHosts([]string{"http://a.test", ".b.test"}); err != nil {
		t.Error(err)
	} else if base, err := endings.For("http://other.test"); err == nil {
		t.Errorf("fell back to an ending: %q", base)
	}
}

func TestHostsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "http://", "ftp://a.test", "a.test/path", "https://.a.test/path", "http://a.test?x=1", "http://a.test#f", ".", "..a.test", ".a;b", "http://a:b:c", "a b"} {
		if h, err := ParseHosts([]string{text}); err == nil {
			t.Errorf("%q: %+v", text, h)
		}
	}
}

// What an ending lets through is a host below it, whatever the referer is made of.
func FuzzHosts(f *testing.F) {
	for _, s := range []string{"https://a.example.com/", "http://a.example.com:80", "https://x@.example.com", "http://[::1].example.com", "https://a.example.com\\@evil.test/"} {
		f.Add(s)
	}
	h, err := ParseHosts([]string{"http://first.test", ".example.com", "http://last.test"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, referer string) {
		base, err := h.For(referer)
		if err != nil {
			t.Fatal(err)
		}
		if base == "http://first.test" || base == "http://last.test" {
			return
		}
		_, name, _ := strings.Cut(base, "://")
		if !strings.HasSuffix(name, ".example.com") || strings.ContainsAny(name, "/\\@:?#%[] ") || strings.HasPrefix(name, ".") {
			t.Fatalf("%q leads to %q", referer, base)
		}
	})
}
