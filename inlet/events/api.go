package events

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"madang"
)

// Options are what the interface works with besides the hub.
type Options struct {
	// Apps are the tenants, with the keys that sign.
	Apps *madang.Apps
	// EchoKeys are laravel-echo-server's keys by the ids of apps. An app without one takes signed requests only.
	EchoKeys map[string]string
	// Aliases are more ids by which laravel-echo-server's backends may call an app.
	Aliases map[string]Alias
	// CacheAge is how long cache channels keep their last event; 0: 30 minutes.
	CacheAge time.Duration
	// Started is when the server began, for its uptime; zero: now.
	Started time.Time
	// Page returns what browsers get at / with [Config.Root]; nil: OK as everybody. Routes calls it.
	Page func() http.Handler
	// Closed reports whether backends may publish nothing in a channel, because what is heard there must be somebody else's word;
	// nil: they may everywhere.
	Closed func(madang.Channel) bool
	// Log gets what goes wrong on this side; nil: nobody.
	Log *slog.Logger
}

// An Alias is what another id in the path stands for. Where several clients share the channels of one laravel-echo-server,
// each has an id and a key of its own. Signed requests name the app itself.
type Alias struct {
	App     string // the app's id
	EchoKey string // the key that goes with the alias
}

// An echoKey opens an app to laravel-echo-server's backends.
type echoKey struct {
	app *madang.App
	sum [sha256.Size]byte // of the key; texts of equal length can be compared without telling anything
}

// defaultCacheAge is how long Pusher keeps the last event of a cache channel.
const defaultCacheAge = 30 * time.Minute

// An API is the interface. Its methods may be called at once from several goroutines.
type API struct {
	hub      *madang.Hub
	cfg      Config
	apps     *madang.Apps
	echoKeys map[string]echoKey // by the id in the path
	cacheAge time.Duration
	started  time.Time
	page     func() http.Handler
	closed   func(madang.Channel) bool
	log      *slog.Logger
	headers  map[string]string
}

// New returns the interface to a hub. It fails if an echo key is the name or the secret of a Pusher key: names are
// public, and a secret does not belong into Authorization headers. It fails, too, if an alias is the id of an app.
func New(hub *madang.Hub, cfg Config, o Options) (*API, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &API{
		hub: hub, cfg: cfg, apps: o.Apps, echoKeys: map[string]echoKey{}, cacheAge: o.CacheAge, started: o.Started,
		page: o.Page, closed: o.Closed, log: o.Log, headers: cfg.headers(),
	}
	if a.apps == nil {
		a.apps = madang.NewApps()
	}
	if a.cacheAge <= 0 {
		a.cacheAge = defaultCacheAge
	}
	if a.started.IsZero() {
		a.started = hub.Now()
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	for id, key := range o.EchoKeys {
		if key == "" {
			continue
		}
		if err := a.addEchoKey(id, id, key); err != nil {
			return nil, err
		}
	}
	for id, alias := range o.Aliases {
		if a.apps.ByID(id) != nil || id == "" || alias.EchoKey == "" {
			return nil, fmt.Errorf("alias %q of app %q: it must have a key, and an id that is not an app's", id, alias.App)
		}
		if err := a.addEchoKey(id, alias.App, alias.EchoKey); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// addEchoKey lets an app be used under an id, which may be an alias, with an echo key.
func (a *API) addEchoKey(id, of, key string) error {
	app := a.apps.ByID(of)
	if app == nil {
		return fmt.Errorf("echo key of %q: there is no app %q", id, of)
	}
	if other, _ := a.apps.ByKey(key); other != nil {
		return fmt.Errorf("echo key of %q: it is the name of a key of app %q, which every visitor can read; make another", id, other.ID)
	}
	if slices.ContainsFunc(app.Keys, func(k madang.Key) bool { return k.Secret == key }) {
		return fmt.Errorf("echo key of %q: it is the secret of one of the app's keys; make another", id)
	}
	a.echoKeys[id] = echoKey{app, sha256.Sum256([]byte(key))}
	return nil
}

// An endpoint is one path with a method, and what answers it. Nil: that kind of backend does not know it.
type endpoint struct {
	method, path string
	pusher, echo func(*call) (any, error)
}

// endpoints lists the interface.
func (a *API) endpoints() []endpoint {
	return []endpoint{
		{http.MethodPost, "/apps/{app}/events", a.trigger, a.echoTrigger},
		{http.MethodPost, "/apps/{app}/batch_events", a.triggerBatch, nil},
		{http.MethodGet, "/apps/{app}/channels", a.channels, a.echoChannels},
		{http.MethodGet, "/apps/{app}/channels/{channel}", a.channel, a.echoChannel},
		{http.MethodGet, "/apps/{app}/channels/{channel}/users", a.users, a.echoUsers},
		{http.MethodPost, "/apps/{app}/users/{user}/terminate_connections", a.terminate, nil},
		{http.MethodGet, "/apps/{app}/connections", a.connections, nil},
		{http.MethodGet, "/apps/{app}/status", nil, a.echoStatus},
	}
}

// Routes returns who answers what, by patterns of [http.ServeMux]. All of /apps/{app}/ belongs to the interface, so that
// a wrong path is not answered with somebody's page.
func (a *API) Routes() map[string]http.Handler {
	all := map[string]http.Handler{"GET /up": a.dress(http.HandlerFunc(up))}
	if a.cfg.Root {
		all["GET /{$}"] = a.root()
	}
	for _, prefix := range slices.Compact([]string{"", a.cfg.PathPrefix}) {
		all[prefix+"/apps/{app}/{rest...}"] = a.dress(http.HandlerFunc(nothing))
		for _, e := range a.endpoints() {
			if a.cfg.ReadOnly && e.method != http.MethodGet {
				continue
			}
			path := prefix + e.path
			all[e.method+" "+path] = a.dress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, e) }))
			all[path] = a.dress(otherwise(e.method))
		}
	}
	return all
}

// dress adds the configured headers to every answer.
func (a *API) dress(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range a.headers {
			w.Header()[name] = []string{value}
		}
		h.ServeHTTP(w, r)
	})
}

// otherwise answers the methods that a path does not have. A browser's preflight (OPTIONS) is told which one it has, as
// Express does it for laravel-echo-server; it cannot carry a key.
func otherwise(method string) http.Handler {
	allow := method
	if method == http.MethodGet {
		allow += ",HEAD"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions {
			writeText(w, http.StatusOK, allow)
			return
		}
		writeText(w, http.StatusMethodNotAllowed, "This path answers "+strings.ReplaceAll(allow, ",", " and ")+", not "+r.Method)
	})
}

func nothing(w http.ResponseWriter, r *http.Request) {
	writeText(w, http.StatusNotFound, "The HTTP interface of apps has no such path")
}

func up(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"health": "OK"})
}

// root answers GET /.
func (a *API) root() http.Handler {
	ok := a.dress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "OK") }))
	if a.page == nil {
		return ok
	}
	page := a.page()
	if page == nil {
		return ok
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			page.ServeHTTP(w, r)
		} else {
			ok.ServeHTTP(w, r)
		}
	})
}
