package server

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A bound route is a pattern with its host, and the part that brought it.
type bound struct {
	pattern string
	owner   string
	handler http.Handler
	claims  func(*http.Request) bool // nil: it answers every request
}

// buildMux joins the routes of parts with those of the server itself. All overlaps are reported at once.
func buildMux(parts []*opened, hosts map[string][]string, own map[string]http.Handler) (*http.ServeMux, error) {
	var all []bound
	for _, pattern := range slices.Sorted(maps.Keys(own)) {
		all = append(all, bound{pattern: pattern, owner: "the server itself", handler: own[pattern]})
	}
	for _, o := range parts {
		routes, err := o.routes()
		if err != nil {
			return nil, err
		}
		var claims func(*http.Request) bool
		if c, ok := o.value.(Claimer); ok {
			claims = c.Claims
		}
		for _, pattern := range slices.Sorted(maps.Keys(routes)) {
			for _, p := range onHosts(pattern, hosts[o.part.Name]) {
				all = append(all, bound{pattern: p, owner: o.part.String(), handler: routes[pattern], claims: claims})
			}
		}
	}
	return join(all)
}

// routes returns what the part answers.
func (o *opened) routes() (map[string]http.Handler, error) {
	if o.part.routes != nil {
		return o.part.routes(o.value)
	}
	if x, ok := o.value.(Router); ok {
		return x.Routes(), nil
	}
	return nil, nil
}

// onHosts writes the hosts into a pattern: [METHOD ][HOST]/[PATH].
func onHosts(pattern string, hosts []string) []string {
	if len(hosts) == 0 {
		return []string{pattern}
	}
	method, path, ok := strings.Cut(pattern, " ")
	if ok {
		method += " "
	} else {
		method, path = "", pattern
	}
	var all []string
	for _, h := range hosts {
		all = append(all, method+strings.ToLower(h)+strings.TrimSpace(path))
	}
	return all
}

// join makes one mux. A request that everybody who shares its pattern declines goes to the routes of the parts that do
// not claim, as if the others were not there.
func join(all []bound) (*http.ServeMux, error) {
	var errs []error
	plain := http.NewServeMux()
	var registered []bound
	for _, r := range all {
		if r.claims == nil {
			if err := register(plain, r, registered); err != nil {
				errs = append(errs, err)
				continue
			}
			registered = append(registered, r)
		}
	}
	mux, groups := http.NewServeMux(), map[string]*shared{}
	registered = nil
	for _, r := range all {
		if r.claims == nil {
			continue
		}
		g := groups[r.pattern]
		if g == nil {
			g = &shared{rest: plain}
			groups[r.pattern] = g
			whole := r
			whole.handler = g
			if err := register(mux, whole, registered); err != nil {
				errs = append(errs, err)
			}
			registered = append(registered, whole)
		}
		g.claimed = append(g.claimed, r)
	}
	for _, r := range all {
		if r.claims != nil || groups[r.pattern] != nil {
			continue // behind those who claim
		}
		if err := register(mux, r, registered); err != nil && len(errs) == 0 {
			errs = append(errs, err)
			continue
		}
		registered = append(registered, r)
	}
	return mux, errors.Join(errs...)
}

// A shared pattern belongs to several parts.
type shared struct {
	claimed []bound
	rest    *http.ServeMux
}

// ServeHTTP gives the request to the first part that claims it.
func (s *shared) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, b := range s.claimed {
		if b.claims(r) {
			b.handler.ServeHTTP(w, r)
			return
		}
	}
	s.rest.ServeHTTP(w, r)
}

// register adds a route, and turns the panic of a mux about an overlap or a bad pattern into an error.
func register(mux *http.ServeMux, r bound, before []bound) error {
	if err := try(http.NewServeMux(), r); err != nil {
		return fmt.Errorf("%s brings the route %q: %w", r.owner, r.pattern, err)
	}
	err := try(mux, r)
	if err == nil {
		return nil
	}
	for _, other := range slices.Backward(before) {
		alone := http.NewServeMux()
		if try(alone, other) == nil && try(alone, r) != nil {
			return fmt.Errorf("routes overlap: %s answers %q and %s answers %q; give one of them a host of its own (setting hosts), "+
				"or let it say which requests it claims", other.owner, other.pattern, r.owner, r.pattern)
		}
	}
	return fmt.Errorf("%s brings the route %q: %w", r.owner, r.pattern, err)
}

func try(mux *http.ServeMux, r bound) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	mux.Handle(r.pattern, r.handler)
	return nil
}
