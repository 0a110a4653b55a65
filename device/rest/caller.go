package rest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"madang"
	"madang/device"
	"madang/device/problem"
	"madang/device/relay"
)

// A caller is who makes a request, and from where.
type caller struct {
	principal *madang.Principal
	actor     device.Actor // of people and who shows a token
	serial    string       // of a hub
	from      netip.Addr
}

// callerKey is the key under which a request's context has its caller.
type callerKey struct{}

// who returns the caller of a request that authenticate has let through.
func who(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// kind is what kinds of callers an operation is for.
type kind int

const (
	people  kind = iota // signed in
	holders             // people, and who shows the token of a pairing
	hubs                // a hub
	insides             // a hub, and who shows the token of a pairing
)

// authenticate lets requests through whose credentials the guard takes.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	c, err := a.caller(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	next(huma.WithValue(ctx, callerKey{}, c))
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

func (a *API) caller(r *http.Request) (caller, error) {
	token := bearer(r)
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	locale := r.Header.Get("Accept-Language")
	if locale == "" {
		locale = a.config.Locale
	}
	p, err := a.Hub.Authenticate(r.Context(), madang.Credentials{
		Guard: a.config.Guard, App: a.config.App, Token: token, Header: header(r), Query: r.URL.Query().Get, Remote: remote, Locale: locale,
	})
	if err != nil {
		return caller{}, problem.Unauthenticated(err, token != "")
	}
	c := caller{principal: p}
	c.from, _ = netip.ParseAddr(remote) // none: it is not known
	switch p.Guard {
	case relay.GuardHub:
		c.serial = strings.TrimPrefix(p.User, "hub:")
	case relay.GuardToken:
		id, _ := p.Claim("jti").(string)
		if c.actor, _, err = a.rules.ByToken(r.Context(), p.App, id); err != nil {
			return caller{}, problem.Unauthenticated(err, true)
		}
	case relay.GuardDisplay:
		return caller{}, fmt.Errorf("a display makes no requests: %w", madang.ErrForbidden)
	default:
		if p.User == "" {
			return caller{}, fmt.Errorf("devices are for those who are somebody: %w", madang.ErrForbidden)
		}
		if !lets(p, r.Method) {
			return caller{}, fmt.Errorf("the API token is not for %s: %w", r.Method, madang.ErrForbidden)
		}
		c.actor = device.Actor{App: p.App, Person: p.User, Name: p.Name}
	}
	return c, nil
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

// admit asks whether a caller is of the kind that an operation is for, and may call the procedure that it does.
func (a *API) admit(ctx context.Context, k kind, procedure string) error {
	c := who(ctx)
	hub, holder := c.serial != "", c.actor.Token != ""
	fits := map[kind]bool{people: !hub && !holder, holders: !hub, hubs: hub, insides: hub || holder}[k]
	if !fits {
		return fmt.Errorf("%q of guard %q is not whom this is for: %w", c.principal.User, c.principal.Guard, madang.ErrForbidden)
	}
	if a.Calls == nil || procedure == "" || hub || holder {
		return nil
	}
	return a.Calls.AdmitCall(ctx, c.principal, procedure)
}

// OfHub is the part of a request's path that names a hub. It is exported for the router, which passes over what is not.
type OfHub struct {
	Serial string `path:"serial" maxLength:"64" doc:"Serial of the hub"`
}

// own refuses a hub that names another.
func own(ctx context.Context, serial string) error {
	if who(ctx).serial != serial {
		return fmt.Errorf("hub %s: %w", serial, device.ErrNotFound)
	}
	return nil
}
