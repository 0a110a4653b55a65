package guards

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"madang"
)

// An origin is where a page comes from, in the form in which browsers write it: without the port that the scheme has anyway.
type origin struct{ scheme, host string }

// parseOrigin reads what is in the header Origin, or the beginning of a Referer; ok is false for anything else, and for "null",
// which is every page that hides where it comes from.
func parseOrigin(text string, path bool) (o origin, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return o, false
	}
	if !path && (u.Path != "" || u.RawQuery != "" || u.Fragment != "") {
		return o, false
	}
	return origin{u.Scheme, hostOf(u.Scheme, u.Host)}, true
}

// hostOf is a host with its port as origins have it.
func hostOf(scheme, host string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// parseOrigins reads configured origins.
func parseOrigins(texts []string) ([]origin, error) {
	all := make([]origin, 0, len(texts))
	for _, t := range texts {
		o, ok := parseOrigin(t, false)
		if !ok || strings.Contains(t, "*") {
			return nil, fmt.Errorf("guards: origins: %q is not like https://example.com; each is named", t)
		}
		all = append(all, o)
	}
	return all, nil
}

// own reports whether the browser says that the page which asks is one that may use its visitor's cookie.
//
// With Origin it says so for every WebSocket and every request that is not a mere GET. A GET from a page of the same origin has
// none, but Sec-Fetch-Site where the server is reached by https, and Referer elsewhere. Who says nothing at all is a program, or
// a page that hides: it can show a token, or say where it comes from.
func (w *Web) own(header func(string) string) bool {
	if text := header("Origin"); text != "" {
		o, ok := parseOrigin(text, false)
		return ok && w.allows(o, header("Host"))
	}
	switch header("Sec-Fetch-Site") {
	case "same-origin", "none": // none: the person has typed the address
		return true
	case "":
		o, ok := parseOrigin(header("Referer"), true)
		return ok && w.allows(o, header("Host"))
	}
	return false
}

// allows reports whether an origin is configured, or the host that was asked. Where the cookie is for https alone, so are the
// pages: somebody on the way could have made one of http.
func (w *Web) allows(o origin, host string) bool {
	if slices.Contains(w.origins, o) {
		return true
	}
	return host != "" && o.host == hostOf(o.scheme, host) && (o.scheme == "https" || !w.secure)
}

// headerOf returns the headers of credentials; without any there is nothing in them.
func headerOf(c madang.Credentials) func(string) string {
	if c.Header == nil {
		return func(string) string { return "" }
	}
	return c.Header
}
