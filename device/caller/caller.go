// Package caller says who makes a request to device's HTTP interfaces: a person, who shows the token of a pairing, or a hub.
package caller

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"madang"
	"madang/device"
	"madang/device/problem"
	"madang/device/relay"
)

// A Caller is who makes a request, and from where.
type Caller struct {
	Principal *madang.Principal
	Actor     device.Actor // of people and who shows a token
	Serial    string       // of a hub
	From      netip.Addr   // not valid: it is not known
}

// Person reports whether it is somebody who is signed in.
func (c Caller) Person() bool { return c.Serial == "" && c.Actor.Token == "" && c.Actor.Person != "" }

// A Finder finds out who calls.
type Finder struct {
	Hub   *madang.Hub
	Rules *device.Service
	App   string
	// Guard is the name of the hub's guard that says who somebody is, with the principals of package relay for those that are
	// not people. It sees to it that a session counts only in requests of this server's own pages.
	Guard  string
	Locale string // of who asks for none that there is: ko or en
}

// Of returns who makes a request. Errors are those of the guard, with a code that says whether any credentials were shown, and
// madang.ErrForbidden for displays, for who is nobody in particular, and for API tokens that are not for the method.
func (f Finder) Of(r *http.Request) (Caller, error) {
	token := bearer(r)
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	locale := r.Header.Get("Accept-Language")
	if locale == "" {
		locale = f.Locale
	}
	p, err := f.Hub.Authenticate(r.Context(), madang.Credentials{
		Guard: f.Guard, App: f.App, Token: token, Header: header(r), Query: r.URL.Query().Get, Remote: remote, Locale: locale,
	})
	if err != nil {
		return Caller{}, problem.Unauthenticated(err, token != "")
	}
	c, err := f.known(r.Context(), p, r.Method)
	c.From, _ = netip.ParseAddr(remote) // none: it is not known
	return c, err
}

// known returns the caller that a principal is.
func (f Finder) known(ctx context.Context, p *madang.Principal, method string) (c Caller, err error) {
	c.Principal = p
	switch p.Guard {
	case relay.GuardHub:
		c.Serial = strings.TrimPrefix(p.User, "hub:")
	case relay.GuardToken:
		id, _ := p.Claim("jti").(string)
		if c.Actor, _, err = f.Rules.ByToken(ctx, p.App, id); err != nil {
			return c, problem.Unauthenticated(err, true)
		}
	case relay.GuardDisplay:
		return c, fmt.Errorf("caller: a display makes no requests: %w", madang.ErrForbidden)
	default:
		if p.User == "" {
			return c, fmt.Errorf("caller: devices are for those who are somebody: %w", madang.ErrForbidden)
		}
		if !lets(p, method) {
			return c, fmt.Errorf("caller: the API token is not for %s: %w", method, madang.ErrForbidden)
		}
		c.Actor = device.Actor{App: p.App, Person: p.User, Name: p.Name}
	}
	return c, nil
}

// header returns the headers of a request, Host among them: a guard of cookies compares it with Origin.
func header(r *http.Request) func(string) string {
	return func(key string) string {
		if strings.EqualFold(key, "Host") {
			return r.Host
		}
		return r.Header.Get(key)
	}
}

// bearer returns the token of a request.
func bearer(r *http.Request) string {
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest)
	}
	return ""
}

// lets reports whether a method is among what a person's API token is for, if that is limited: the claim abilities names create,
// read, update and delete, or "*" for all. It is set by the guard of this server's own tokens.
func lets(p *madang.Principal, method string) bool {
	claim := p.Claim("abilities")
	if claim == nil || p.Guard == "jwt" { // of another issuer, who may mean something else
		return true
	}
	all, _ := claim.([]any) // anything else allows nothing
	ability := map[string]string{
		http.MethodGet: "read", http.MethodHead: "read", http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "update",
		http.MethodDelete: "delete",
	}[method]
	return slices.Contains(all, any("*")) || ability != "" && slices.Contains(all, any(ability))
}
