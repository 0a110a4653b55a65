package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/repeats"
	"madang/dialect/ably/token"
)

// Options are what an API works with besides the hub.
type Options struct {
	// Authority verifies keys and tokens, and gives and revokes tokens. It must not be nil.
	Authority *token.Authority
	// Apps say from which origins browsers may come; see [madang.Rules]. Nil: from all.
	Apps *madang.Apps
	// Connection returns the connection that a client of the realtime interface has the key of, for messages that a backend
	// publishes on its behalf; ok is false if there is none. Nil: there is never one.
	Connection func(key string) (c ably.Connection, ok bool)
	// Publish is asked first about what clients publish; nil: the hub publishes all of it.
	Publish ably.Publisher
	// Changes is what updates, deletes and annotates messages: the realtime interface's, if there is one beside this. Nil: one
	// of its own, for all channels.
	Changes *mutable.Channels
	// Repeats is what knows repeated publishes: the realtime interface's, if there is one beside this. Nil: one of its own.
	Repeats *repeats.Recent
	// Revoked is called with what has just been revoked, for the connections that rest on it and for other nodes. It may be nil.
	// Its error says that the others do not know: who asked is told to ask again.
	Revoked func(context.Context, []token.Revocation) error
	// Log gets what goes wrong on this side; nil: nobody.
	Log *slog.Logger
}

// An API is the interface. It is safe for concurrent use.
type API struct {
	hub   *madang.Hub
	cfg   Config
	o     Options
	log   *slog.Logger
	stale stale
}

// New returns the interface to a hub. It fails if the configuration cannot work.
func New(hub *madang.Hub, cfg Config, o Options) (*API, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("ably REST: %w", err)
	}
	if o.Authority == nil {
		return nil, errors.New("ably REST: Options.Authority is nil; without it nobody can ask for anything")
	}
	a := &API{hub: hub, cfg: cfg, o: o, log: o.Log}
	if a.o.Apps == nil {
		a.o.Apps = madang.NewApps()
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.o.Repeats == nil {
		a.o.Repeats = &repeats.Recent{}
	}
	if a.o.Changes == nil {
		live := ably.Defaults()
		var err error
		a.o.Changes, err = mutable.New(hub, mutable.Options{Patterns: live.Mutable, Retain: live.Retain, MaxMessage: cfg.MaxMessage, Log: a.log})
		if err != nil {
			return nil, fmt.Errorf("ably REST: %w", err)
		}
	}
	return a, nil
}

// A handler answers one kind of request.
type handler func(*call) (*answer, error)

// methods are the handlers of a path by method.
type methods map[string]handler

// endpoints lists the interface: what is answered at which path. Handlers see to the credentials themselves, because some
// ask for none.
func (a *API) endpoints() map[string]methods {
	return map[string]methods{
		"/time":                    {"GET": a.time},
		"/is-the-internet-up.txt":  {"GET": up},
		"/keys/{key}/requestToken": {"POST": a.requestToken},
		"/keys/{key}/revokeTokens": {"POST": a.revokeTokens},

		"/channels":                             {"GET": a.channels},
		"/channels/{channel}":                   {"GET": a.status},
		"/channels/{channel}/messages":          {"GET": a.history, "POST": a.publish},
		"/channels/{channel}/history":           {"GET": a.history},
		"/channels/{channel}/presence":          {"GET": a.presence},
		"/channels/{channel}/presence/history":  {"GET": a.presenceHistory},
		"/channels/{channel}/messages/{serial}": {"GET": a.message, "PATCH": a.change},
		"/messages":                             {"POST": a.publishBatch},
		"/presence":                             {"GET": a.presenceBatch},

		"/channels/{channel}/messages/{serial}/versions":    {"GET": a.versions},
		"/channels/{channel}/messages/{serial}/annotations": {"GET": a.annotations, "POST": a.annotate},

		"/channels/{channel}/object":            anything(noObjects),
		"/channels/{channel}/object/{what...}":  anything(noObjects),
		"/channels/{channel}/objects":           anything(noObjects),
		"/channels/{channel}/objects/{what...}": anything(noObjects),

		"/chat/{what...}":     anything(noChat),
		"/push/{what...}":     anything(noPush),
		"/stats":              anything(noStats),
		"/channels/{what...}": nil,
		"/keys/{what...}":     nil,
		"/":                   nil,
	}
}

// Routes returns who answers what, by patterns of [http.ServeMux]. The root is among them, because clients must be told in
// their own words that a path is unknown; see [API.Claims].
func (a *API) Routes() map[string]http.Handler {
	all := map[string]http.Handler{}
	for path, m := range a.endpoints() {
		all[path] = a.handler(m)
	}
	return all
}

// Claims reports whether a request is for this interface, which shares the root with others: it is to one of its paths, or
// from one of Ably's libraries.
func (a *API) Claims(r *http.Request) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "time", "keys", "channels", "messages", "presence", "push", "stats", "is-the-internet-up.txt":
		return true
	}
	asked := strings.ToLower(r.Header.Get("Access-Control-Request-Headers"))
	return r.Header.Get("X-Ably-Version") != "" || strings.Contains(asked, "x-ably-")
}

// handler answers the requests to one path.
func (a *API) handler(m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if preflight(w, r) {
			return
		}
		c := &call{api: a, r: r, query: r.URL.Query()}
		c.negotiate()
		h := m[r.Method]
		if h == nil && r.Method == http.MethodHead {
			h = m[http.MethodGet]
		}
		if h == nil {
			h = unknown
		}
		out, err := h(c)
		if err != nil {
			c.fail(w, err)
			return
		}
		c.reply(w, out)
	})
}

// anything answers all methods alike.
func anything(h handler) methods {
	m := methods{}
	for _, name := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		m[name] = h
	}
	return m
}
