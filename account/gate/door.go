package gate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"madang"
)

// A HostRule lets those in on a host who have one of its roles, and nobody else.
type HostRule struct {
	// Host is its exact name, such as admin.example.com.
	Host string `yaml:"host"`
	// Guard is whose users are let in; empty: web's.
	Guard string `yaml:"guard"`
	// Roles are those of which one is needed.
	Roles []string `yaml:"roles"`
}

func (r HostRule) validate(c Config) error {
	if r.Host == "" || hostName(r.Host) != r.Host || strings.ContainsAny(r.Host, "/:* ") || !printable(r.Host) {
		return fmt.Errorf("%q is no name of a host: lower case, without a port", r.Host)
	}
	if len(r.Roles) == 0 {
		return fmt.Errorf("the rule of %s names no role, so nobody could get in", r.Host)
	}
	for _, name := range r.Roles {
		if !nameable(name) {
			return fmt.Errorf("%q is no name of a role", name)
		}
	}
	return c.knowsGuard(r.guard())
}

func (r HostRule) guard() string {
	if r.Guard == "" {
		return "web"
	}
	return r.Guard
}

// Refusals, with the texts of spatie/laravel-permission, whose own status for guests is 403.
const (
	textGuest = "User is not logged in."
	textRoles = "User does not have the right roles."
)

// Admit says whether a principal is let in where one of some roles is needed: nil if so. Otherwise the error is a
// [*madang.Refusal], of a guest one that wraps ErrUnauthenticated (401), of somebody without the role ErrForbidden (403);
// or whatever kept the store from answering. Nil is a guest.
func (g *Gate) Admit(ctx context.Context, p *madang.Principal, guard string, roles ...string) error {
	if p == nil || p.User == "" {
		return &madang.Refusal{Code: "unauthenticated", Text: textGuest, Err: madang.ErrUnauthenticated}
	}
	ok := false
	if p.Guard == guard {
		var err error
		if ok, err = g.HasRole(ctx, p, roles...); err != nil {
			return err
		}
	}
	if !ok {
		return &madang.Refusal{Code: "forbidden", Text: textRoles, Err: madang.ErrForbidden}
	}
	return nil
}

// AdmitTo is Admit by the rule of a host, given as in a request's Host header. Everybody is let in where no rule is.
func (g *Gate) AdmitTo(ctx context.Context, host string, p *madang.Principal) error {
	host = hostName(host)
	i := slices.IndexFunc(g.config.Hosts, func(r HostRule) bool { return r.Host == host })
	if i < 0 {
		return nil
	}
	r := g.config.Hosts[i]
	return g.Admit(ctx, p, r.guard(), r.Roles...)
}

// hostName is the name in a Host header: without port and final dot, in lower case. All of those are the same host to a
// browser, and must be to a rule.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// A Door is what stands before the pages of hosts.
type Door struct {
	// Who returns who asks; nil: a guest. An error is answered with status 500.
	Who func(*http.Request) (*madang.Principal, error)
	// Refuse answers a request that is not let in: 401 for a guest, who may want to sign in; 403; or 500, if nobody knows. Nil:
	// as plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, text string)
}

// Door returns a handler that passes on the requests of those who are let in on their host. Sign-in and what belongs to it
// stand outside of it.
func (g *Gate) Door(d Door, next http.Handler) http.Handler {
	refuse := d.Refuse
	if refuse == nil {
		refuse = func(w http.ResponseWriter, _ *http.Request, status int, text string) { http.Error(w, text, status) }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := d.Who(r)
		if err == nil {
			err = g.AdmitTo(r.Context(), r.Host, p)
		}
		var no *madang.Refusal
		switch {
		case err == nil:
			next.ServeHTTP(w, r)
		case !errors.As(err, &no):
			g.log.ErrorContext(r.Context(), "whether to let somebody in could not be decided", "host", r.Host, "error", err)
			refuse(w, r, http.StatusInternalServerError, "Server Error")
		case errors.Is(no, madang.ErrUnauthenticated):
			refuse(w, r, http.StatusUnauthorized, no.Text)
		default:
			refuse(w, r, http.StatusForbidden, no.Text)
		}
	})
}
