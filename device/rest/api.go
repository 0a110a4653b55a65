package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"madang"
	"madang/device"
	"madang/device/relay"
)

// Config is what can be set about the REST interface. Begin with Defaults.
type Config struct {
	// App is the app that devices belong to.
	App string `doc:"the app that devices belong to"`
	// Guard is the name of the hub's guard that says who calls: a hub or who shows the token of a pairing, with the principals
	// of package relay, or a person. It sees to it that a session counts only in requests of this server's own pages. Default
	// home.
	Guard string `doc:"the guard that says who calls"`
	// MaxBody is the greatest body of a request in bytes. Default 1 MiB, enough for all devices of a hub.
	MaxBody int64 `doc:"greatest body of a request in bytes"`
	// Locale is the language of texts for clients that do not say theirs: ko or en. Default ko.
	Locale string `enum:"ko,en" doc:"language of texts for clients that do not say theirs"`
	// Lease is how long a hub that asks by requests is taken to be there after the last one. Default 30s.
	Lease time.Duration `doc:"how long a hub that asks by requests is taken to be there after the last one"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config {
	return Config{Guard: "home", MaxBody: 1 << 20, Locale: "ko", Lease: 30 * time.Second}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.App == "" {
		errs = append(errs, errors.New("device/rest: app is empty"))
	}
	if c.MaxBody < 1 {
		errs = append(errs, fmt.Errorf("device/rest: max_body is %d, must be at least 1", c.MaxBody))
	}
	if c.Locale != "ko" && c.Locale != "en" {
		errs = append(errs, fmt.Errorf("device/rest: locale is %q, want ko or en", c.Locale))
	}
	if c.Lease < time.Second || c.Lease > 10*time.Minute {
		errs = append(errs, fmt.Errorf("device/rest: lease is %v, must be 1s to 10m", c.Lease))
	}
	return errors.Join(errs...)
}

// Deps are what an API needs of others.
type Deps struct {
	Hub   *madang.Hub
	Relay *relay.Feature
	Calls Calls        // nil: everybody may call everything that the rules let them
	Ably  Ably         // nil: there are no tokens of Ably's protocol
	Log   *slog.Logger // nil: none
}

// Calls says who may call a procedure, with an error that wraps madang.ErrForbidden for who may not. On connections policies
// say that; here requests do what procedures do.
type Calls interface {
	AdmitCall(ctx context.Context, p *madang.Principal, procedure string) error
}

// An API answers the requests. It is an http.Handler for all of its routes. Make it with New, and Close it in the end.
type API struct {
	Deps
	rules  *device.Service
	config Config
	mux    *http.ServeMux
	api    huma.API
	spec   []byte
	boxes  boxes
	life   context.Context // of requests that wait
	drain  context.CancelFunc
}

// New makes the interface.
func New(c Config, d Deps) (*API, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Hub == nil || d.Relay == nil {
		return nil, errors.New("device/rest: a hub and devices are needed")
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{Deps: d, rules: d.Relay.Service(), config: c, mux: http.NewServeMux()}
	a.life, a.drain = context.WithCancel(context.Background())
	a.boxes.open = a.openBox
	a.boxes.lease = c.Lease
	a.api = humago.New(a.mux, a.describe())
	a.api.UseMiddleware(a.authenticate)
	a.routes()
	var err error
	if a.spec, err = json.MarshalIndent(a.api.OpenAPI(), "", "  "); err != nil {
		return nil, fmt.Errorf("device/rest: OpenAPI document: %w", err)
	}
	a.spec = append(a.spec, '\n')
	a.mux.HandleFunc("GET "+documentPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(a.spec) // a client that has gone needs no answer
	})
	a.mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, madang.ErrNotFound))
	})
	return a, nil
}

const documentPath = "/v1/devices/openapi.json"

// describe is the general part of the OpenAPI document, and how bodies are read and written.
func (a *API) describe() huma.Config {
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Madang devices", Version: "1",
				Description: "Places, hubs at home, their devices, and commands.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "A person's token, that of a pairing, or a hub's serial:secret"},
				},
			},
			Security: []map[string][]string{{"bearer": {}}},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{a.explain},
	}
}

// unmarshal is json.Unmarshal for UTF-8 only: the library would put replacement characters where something else is.
func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("body is not valid UTF-8: %w", madang.ErrInvalid)
	}
	return json.Unmarshal(data, v)
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if openToAll(w, r) {
		return
	}
	a.mux.ServeHTTP(w, r)
}

// Routes returns who answers what, for servers that join the routes of several parts.
func (a *API) Routes() map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, pattern := range []string{"/v1/places", "/v1/places/", "/v1/hubs/", "/v1/invitations/", documentPath} {
		all[pattern] = a
	}
	return all
}

// OpenAPI returns the OpenAPI 3.1 document.
func (a *API) OpenAPI() []byte { return a.spec }

// Drain has requests that wait answered with what there is, so that a server that stops need not wait for them.
func (a *API) Drain() { a.drain() }

// Close lets go of the hubs that ask by requests. It is to be called before the hub is closed.
func (a *API) Close() error {
	a.Drain()
	a.boxes.close()
	return nil
}
