package pusher

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"unique"
)

// originAllowed reports whether a browser's page may connect: by a full origin ("https://example.com"), a host of any
// scheme and port ("example.com"), all hosts below one ("*.example.com", with a scheme or without), or "*". Whoever sends
// no origin is no browser.
func originAllowed(allowed []string, origin string) bool {
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

func hostMatches(want, scheme, host string, port bool) bool {
	standard := map[string]string{"http": ":80", "https": ":443"}[scheme]
	want, host = strings.TrimSuffix(want, standard), strings.TrimSuffix(host, standard)
	if !port && !strings.Contains(want, ":") { // a bare name is one at any port
		if u, err := url.Parse("//" + host); err == nil {
			host = u.Hostname()
		}
	}
	if below, ok := strings.CutPrefix(want, "*"); ok {
		return strings.HasPrefix(below, ".") && strings.HasSuffix(host, below) && len(host) > len(below)
	}
	return want == host
}

// An origin is what is kept of the request that began a connection, for a backend that is asked later: its address and
// the headers that say who or what is asking. Lines that clients of the same make have in common are kept once for all.
type origin struct {
	remote string
	shared unique.Handle[string]
	own    string
}

func newOrigin(r *http.Request, remote string) origin {
	return origin{
		remote: strings.Clone(remote), // what net/http has read it from should not live as long
		shared: unique.Make(lines(r.Header, "Accept-Language", "Origin", "Referer", "User-Agent")),
		own:    strings.Clone(lines(r.Header, "Authorization", "Cookie")),
	}
}

func lines(h http.Header, keys ...string) string {
	var b strings.Builder
	for _, k := range keys {
		for _, v := range h[k] {
			b.WriteString(k + ": " + v + "\r\n")
		}
	}
	return b.String()
}

// header returns the headers that were kept.
func (o *origin) header() map[string][]string {
	h := map[string][]string{}
	for _, part := range [...]string{o.shared.Value(), o.own} {
		for line := range strings.SplitSeq(part, "\r\n") {
			if k, v, ok := strings.Cut(line, ": "); ok {
				k = textproto.CanonicalMIMEHeaderKey(k)
				h[k] = append(h[k], v)
			}
		}
	}
	return h
}
