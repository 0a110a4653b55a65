package webhook

import (
	"fmt"
	"net/url"
	"strings"
)

// Hosts are the backends of a server, of which the page that a client comes from chooses one: laravel-echo-server's list
// of authHost. An entry is an address (https://example.com/app), a host (example.com:8000), or the ending of a host's
// name (.example.com), the latter two also with a scheme before them to insist on it.
type Hosts struct{ all []host }

// A host is one entry.
type host struct {
	text   string
	base   string // address without a slash at its end; empty: the entry says only which pages it is for
	scheme string // empty: either
	name   string // host and port in lower case, without the scheme's own port; begins with a dot: the ending of a name
}

// ParseHosts reads a list of entries.
func ParseHosts(entries []string) (Hosts, error) {
	var h Hosts
	for _, text := range entries {
		one, err := parseHost(text)
		if err != nil {
			return Hosts{}, err
		}
		h.all = append(h.all, one)
	}
	return h, nil
}

func parseHost(text string) (host, error) {
	fail := func(why string) (host, error) {
		return host{}, fmt.Errorf("auth_host: %q %s; write an address such as https://example.com, or .example.com for all "+
			"hosts whose names end like that", text, why)
	}
	h := host{text: text}
	rest := text
	if before, after, ok := strings.Cut(text, "://"); ok {
		h.scheme, rest = strings.ToLower(before), after
		if h.scheme != "http" && h.scheme != "https" {
			return fail("is neither http nor https")
		}
	}
	u, err := url.Parse("x://" + rest)
	switch {
	case err != nil || u.Hostname() == "":
		return fail("is no host")
	case u.RawQuery != "" || u.Fragment != "":
		return fail("has more than an address")
	}
	h.name = hostPort(h.scheme, u)
	ending := strings.HasPrefix(h.name, ".")
	switch {
	case ending && (u.Path != "" && u.Path != "/" || !cleanHost(h.name[1:])):
		return fail("is no ending of a host's name")
	case !ending && h.scheme != "":
		h.base = strings.TrimRight(text, "/")
	case u.Path != "" && u.Path != "/":
		return fail("has a path but no http:// or https://")
	}
	return h, nil
}

// hostPort returns the host and port of an address in lower case, without the scheme's own port.
func hostPort(scheme string, u *url.URL) string {
	name, port := strings.ToLower(u.Host), u.Port()
	if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		name = strings.TrimSuffix(name, ":"+port)
	}
	return strings.TrimSuffix(name, ":")
}

// For returns the address to ask for a client that comes from the page referer: of the first entry that fits, or else of
// the last; without a referer, of the first. It fails if that one is no address.
//
// A referer is what its sender likes. So an ending fits only after a dot, with the port that it names, and only for names
// made of what names are made of.
func (h Hosts) For(referer string) (base string, err error) {
	if len(h.all) == 0 {
		return "", fmt.Errorf("auth_host is empty")
	}
	chosen := h.all[0]
	if u, err := url.Parse(referer); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		for _, chosen = range h.all {
			if base := chosen.fits(u); base != "" {
				return base, nil
			}
		}
	}
	if chosen.base == "" {
		return "", fmt.Errorf("no entry of auth_host fits the page %.100q, and %q is no address to fall back to", referer, chosen.text)
	}
	return chosen.base, nil
}

// fits returns the address to ask for a page, or "".
func (h host) fits(page *url.URL) string {
	if h.scheme != "" && h.scheme != page.Scheme {
		return ""
	}
	name := hostPort(page.Scheme, page)
	switch {
	case strings.HasPrefix(h.name, "."):
		if begin, ok := strings.CutSuffix(name, h.name); !ok || !cleanHost(begin) || strings.HasSuffix(begin, ".") {
			return ""
		}
	case name != h.name:
		return ""
	}
	if h.base != "" {
		return h.base
	}
	return page.Scheme + "://" + name
}

// cleanHost reports whether s has what names of hosts are made of, with a port at most at its end.
func cleanHost(s string) bool {
	name, port, _ := strings.Cut(s, ":")
	ok := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' }
	return name != "" && strings.Trim(port, "0123456789") == "" && !strings.Contains(name, "..") &&
		!strings.HasPrefix(name, ".") && !strings.ContainsFunc(name, func(r rune) bool { return !ok(r) && r != '_' })
}

// Len returns the number of entries.
func (h Hosts) Len() int { return len(h.all) }
