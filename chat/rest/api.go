package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"madang"
	"madang/chat"
)

// Config is what can be set about the REST interface.
type Config struct {
	// App is the app that tokens are for.
	App string `doc:"the app that tokens are for"`
	// MaxBody is the greatest body of a request in bytes. Default 128 KiB, enough for any message.
	MaxBody int64 `doc:"greatest body of a request in bytes"`
	// Locale is the language of texts for clients that do not say theirs: ko or en. Default ko.
	Locale string `enum:"ko,en" doc:"language of texts for clients that do not say theirs"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config { return Config{MaxBody: 128 << 10, Locale: "ko"} }

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.MaxBody < 1 {
		errs = append(errs, fmt.Errorf("chat/rest: max_body is %d, must be at least 1", c.MaxBody))
	}
	if c.Locale != "ko" && c.Locale != "en" {
		errs = append(errs, fmt.Errorf("chat/rest: locale is %q, want ko or en", c.Locale))
	}
	return errors.Join(errs...)
}

// An API answers the requests. It is an http.Handler for all of its routes.
type API struct {
	hub    *madang.Hub
	chat   *chat.Feature
	config Config
	log    *slog.Logger
	calls  Calls // nil: everybody may call everything
	mux    *http.ServeMux
	api    huma.API
	spec   []byte
}

// Calls says who may call a procedure, with an error that wraps madang.ErrForbidden for who may not. On connections policies say
// that; here requests do what procedures do.
type Calls interface {
	AdmitCall(ctx context.Context, p *madang.Principal, procedure string) error
}

// New makes the interface of a chat on a hub. With calls nil, everybody may call everything that the chat lets them. A nil log
// discards.
func New(hub *madang.Hub, f *chat.Feature, calls Calls, c Config, log *slog.Logger) (*API, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &API{hub: hub, chat: f, calls: calls, config: c, log: log, mux: http.NewServeMux()}
	a.api = humago.New(a.mux, a.describe())
	a.api.UseMiddleware(a.authenticate)
	a.routes()
	var err error
	if a.spec, err = json.MarshalIndent(a.api.OpenAPI(), "", "  "); err != nil {
		return nil, fmt.Errorf("chat/rest: OpenAPI document: %w", err)
	}
	a.spec = append(a.spec, '\n')
	a.mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(a.spec) // a client that has gone needs no answer
	})
	a.mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, madang.ErrNotFound))
	})
	return a, nil
}

// describe is the general part of the OpenAPI document, and how bodies are read and written.
func (a *API) describe() huma.Config {
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Madang chat", Version: "1",
				Description: "Rooms, messages, members and how far they have read.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
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
	a.mux.ServeHTTP(w, r)
}

// Routes returns who answers what, for servers that join the routes of several parts.
func (a *API) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"/v1/":                     a,
		"POST /rooms/{id}/message": a,
		"GET /rooms/{id}/message":  a,
		"GET /rooms/{id}/messages": a,
	}
}

// OpenAPI returns the OpenAPI 3.1 document.
func (a *API) OpenAPI() []byte { return a.spec }
