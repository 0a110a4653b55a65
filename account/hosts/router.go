package hosts

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
)

// A Kind is what a host is for.
type Kind int

// Kinds.
const (
	Only Kind = iota // hosts are not told apart
	Base
	API
	People // a Site
)

// A Place is where a request has come to.
type Place struct {
	Kind Kind
	Site Site // for People
}

type placeKey struct{}

// Of returns where a request has come to.
func Of(ctx context.Context) Place {
	p, _ := ctx.Value(placeKey{}).(Place)
	return p
}

// Pages reports whether there are pages and sign-in for browsers at the place.
func (p Place) Pages() bool { return p.Kind == Only || p.Kind == People }

// Handlers are what stands at the hosts.
type Handlers struct {
	// Base is the public page.
	Base http.Handler
	// BaseAlso says what the base answers besides, as other hosts do; nil: nothing.
	BaseAlso func(*http.Request) bool
	// Door lets people into a site, who then get to next.
	Door func(next http.Handler) http.Handler
	// Open says what a site answers to everybody: signing in, and what pages are made of.
	Open func(*http.Request) bool
}

// A Router tells hosts apart.
type Router struct {
	config   Config
	url      *url.URL
	handlers Handlers
}

// New returns a Router. Own is the server's configured address, whose scheme and port all hosts share.
func New(c Config, own string, h Handlers) (*Router, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	u, err := url.Parse(own)
	if err != nil {
		return nil, err
	}
	if c.On() && (h.Base == nil || h.Door == nil || h.Open == nil) {
		return nil, errors.New("hosts: a base, a door and what is open are needed")
	}
	return &Router{config: c, url: u, handlers: h}, nil
}

// Wrap returns a handler that stands before all others.
func (r *Router) Wrap(next http.Handler) http.Handler {
	if !r.config.On() {
		return next
	}
	inside := r.handlers.Door(next)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		name := Name(q.Host)
		switch i := slices.IndexFunc(r.config.Sites, func(s Site) bool { return s.Host == name }); {
		case i >= 0:
			q = to(q, Place{People, r.config.Sites[i]})
			if r.handlers.Open(q) {
				next.ServeHTTP(w, q)
				return
			}
			inside.ServeHTTP(w, q)
		case name == "":
			misdirected(w)
		case name == r.config.API || slices.Contains(r.config.Internal, name):
			next.ServeHTTP(w, to(q, Place{Kind: API}))
		case name == r.config.WWW:
			r.toBase(w, q)
		case name == r.config.Base:
			q = to(q, Place{Kind: Base})
			if r.handlers.BaseAlso != nil && r.handlers.BaseAlso(q) {
				next.ServeHTTP(w, q)
				return
			}
			r.handlers.Base.ServeHTTP(w, q)
		default:
			misdirected(w)
		}
	})
}

func to(q *http.Request, p Place) *http.Request {
	return q.WithContext(context.WithValue(q.Context(), placeKey{}, p))
}

// misdirected answers for a host that is not this server's. A client that was brought here by a connection which it shares
// for several hosts can try again with another (RFC 9110, section 15.5.20).
func misdirected(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "this server does not answer for that host", http.StatusMisdirectedRequest)
}

// toBase sends everybody on to the same path of the base.
func (r *Router) toBase(w http.ResponseWriter, q *http.Request) {
	target := at(r.url, r.config.Base) + q.URL.EscapedPath()
	if q.URL.RawQuery != "" {
		target += "?" + q.URL.RawQuery
	}
	status := http.StatusMovedPermanently
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		status = http.StatusPermanentRedirect // the method stays
	}
	w.Header().Set("Location", target)
	w.WriteHeader(status)
}
