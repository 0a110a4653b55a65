package convention

import (
	"strings"
	"testing"
)

func TestOriginAllowed(t *testing.T) {
	for _, c := range []struct {
		allowed, origin string
		want            bool
	}{
		{"", "https://a.example", true}, {"*", "https://a.example", true}, {"*", "null", true}, {"https://a.example", "", true},
		{"https://a.example", "https://a.example", true}, {"https://a.example:443/", "https://a.example", true},
		{"https://a.example", "http://a.example", false}, {"https://a.example", "https://a.example:8443", false},
		{"https://a.example", "https://a.example.evil", false}, {"https://a.example", "https://evil-a.example", false},
		{"a.example", "http://a.example:8080", true}, {"a.example", "https://b.a.example", false}, {"a.example", "null", false},
		{"*.a.example", "https://b.a.example", true}, {"*.a.example", "https://c.b.a.example:1", true}, {"*.a.example", "https://a.example", false},
		{"*.a.example", "https://evila.example", false}, {"https://*.a.example", "http://b.a.example", false}, {"https://*.a.example", "https://b.a.example", true},
		{"b.example a.example", "https://a.example", true}, {"a.example:8080", "http://a.example:8080", true},
		{"a.example:8080", "http://a.example:8081", false}, {"a.example:443", "https://a.example", true}, {"a.example:443", "https://a.example:8443", false},
		{"a.example", "https://a.example:443", true}, {"null", "null", true}, {"null", "https://null", true},
	} {
		if got := OriginAllowed(strings.Fields(c.allowed), c.origin); got != c.want {
			t.Errorf("%q with %q: %v", c.allowed, c.origin, got)
		}
	}
}
