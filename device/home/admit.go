package home

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// admit refuses requests that are made on behalf of somebody else's page, or by a name that is not the box's. Status 0: it is
// admitted. What pages of the other origins that are configured need to read the answer is set.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request) (status int, text string) {
	w.Header().Add("Vary", "Origin")
	if h.config.Mode == Home && !h.config.named(r.Host) {
		return http.StatusMisdirectedRequest, textElsewhere
	}
	if strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Header.Get("Purpose") == "prefetch" {
		return http.StatusForbidden, textForbidden
	}
	origin := r.Header.Get("Origin")
	if h.config.trusts(origin) && len(r.Header.Values("Origin")) == 1 {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Code, Content-Type, X-Api-Serial")
			w.Header().Set("Access-Control-Max-Age", "600")
		}
		return 0, ""
	}
	if !sameSite(r) {
		return http.StatusForbidden, textForbidden
	}
	return 0, ""
}

// Own reports whether a request or a handshake, of which header returns the lines, is made on behalf of a page of this box's, or
// of one of the configured origins, or by no browser at all: for connections that are trusted for where they come from.
func (c Config) Own(header func(key string) string) bool {
	if c.Mode == Home && !c.named(header("Host")) {
		return false
	}
	some := func(v string) []string {
		if v == "" {
			return nil
		}
		return []string{v}
	}
	origin := header("Origin")
	return c.trusts(origin) || same(header("Host"), some(header("Sec-Fetch-Site")), some(origin))
}

// trusts reports whether an origin is among those that are configured. A default port may be written or not: browsers never do.
func (c Config) trusts(origin string) bool {
	return origin != "" && slices.ContainsFunc(c.Origins, func(known string) bool { return normal(known) == normal(origin) })
}

func normal(origin string) string {
	origin = strings.ToLower(origin)
	if strings.HasPrefix(origin, "https://") {
		return strings.TrimSuffix(origin, ":443")
	}
	return strings.TrimSuffix(origin, ":80")
}

// sameSite reports whether a request comes from a page of this origin, from somebody who has typed its address, or from no
// browser at all. A page of another name of the same site is another's: who may put pages there is not known.
func sameSite(r *http.Request) bool {
	return same(r.Host, r.Header.Values("Sec-Fetch-Site"), r.Header.Values("Origin"))
}

func same(host string, sites, origins []string) bool {
	for _, v := range sites {
		if v != "same-origin" && v != "none" {
			return false
		}
	}
	for _, v := range origins {
		u, err := url.Parse(v) // "null" has no host
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, host) {
			return false
		}
	}
	return true
}

// named reports whether the box is called by an address, or by one of its names.
func (c Config) named(host string) bool {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), "."))
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return true
	}
	return slices.ContainsFunc(c.Hosts, func(known string) bool { return strings.EqualFold(known, name) })
}
