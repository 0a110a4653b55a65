package convention

import (
	"net/url"
	"strings"
)

// OriginAllowed reports whether a browser's page may connect: by a full origin ("https://example.com"), a host of any
// scheme and port ("example.com") or of one port ("example.com:8080"), all hosts below one ("*.example.com", with a scheme
// or without), or "*". An empty list allows all. Whoever sends no origin is no browser, and could send any.
func OriginAllowed(allowed []string, origin string) bool {
	if len(allowed) == 0 || origin == "" {
		return true
	}
	scheme, host, ok := strings.Cut(strings.ToLower(origin), "://")
	if !ok { // "null" and the like
		scheme, host = "", strings.ToLower(origin)
	}
	for _, a := range allowed {
		if a == "*" {
			return true
		}
		want, wantHost, full := strings.Cut(strings.ToLower(strings.TrimSuffix(a, "/")), "://")
		if !full {
			want, wantHost = scheme, want
		}
		if want == scheme && hostMatches(wantHost, scheme, host, full) {
			return true
		}
	}
	return false
}

// hostMatches compares hosts with their ports, of which the scheme's own may be left out. Without a scheme, a name that has
// no port is one at any port.
func hostMatches(want, scheme, host string, full bool) bool {
	if !full && !strings.Contains(want, ":") {
		if u, err := url.Parse("//" + host); err == nil {
			host = u.Hostname()
		}
	}
	standard := map[string]string{"http": ":80", "https": ":443"}[scheme]
	want, host = strings.TrimSuffix(want, standard), strings.TrimSuffix(host, standard)
	if below, ok := strings.CutPrefix(want, "*"); ok {
		return strings.HasPrefix(below, ".") && strings.HasSuffix(host, below) && len(host) > len(below)
	}
	return want == host
}
