package fortify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"madang/account/laravel"
	"madang/account/photo"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/words"
)

// Config is how the routes answer.
type Config struct {
	// Messages is whose English words are used: laravel8 or laravel10.
	Messages words.Profile `yaml:"messages"`
	// Language is spoken to who has not chosen one.
	Language words.Language `yaml:"language"`
	// FormThrottle tells one attempt too many to sign in as an error of the form (status 429, errors.email) and not by headers,
	// as Fortify does when fortify.limiters.login is empty.
	FormThrottle bool `yaml:"form_throttle"`
	// Cookie is what the names of cookies begin with.
	Cookie string `yaml:"cookie"`
	// TrustedOrigins are other origins whose pages may send requests, such as https://app.example.com.
	TrustedOrigins []string `yaml:"trusted_origins"`
	// Terms and Privacy are what people accept, in Markdown; empty: there is no such page.
	Terms   string `yaml:"-"`
	Privacy string `yaml:"-"`
}

// Defaults returns the configuration of a server that was given none.
func Defaults() Config {
	return Config{Messages: words.Laravel10, Language: words.English, Cookie: "madang"}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case c.Messages != words.Laravel8 && c.Messages != words.Laravel10:
		return fmt.Errorf("messages must be laravel8 or laravel10, not %q", c.Messages)
	case c.Language != words.English && c.Language != words.Korean:
		return fmt.Errorf("language must be en or ko, not %q", c.Language)
	case c.Cookie == "" || strings.ContainsFunc(c.Cookie, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}):
		return fmt.Errorf("cookie must be made of letters, digits, - and _, not %q", c.Cookie)
	}
	_, err := laravel.NewCSRF(c.TrustedOrigins...)
	return err
}

// Parts are what the routes work with. Those without a default are required.
type Parts struct {
	Service *signin.Service
	Pages   laravel.Pages
	Box     *seal.Box    // for flash messages
	Album   *photo.Album // nil: there are no photos
	// Site returns which site a request is for. It must be one that is configured: addresses in answers begin with its URL.
	Site func(*http.Request) laravel.Site
	// Connections returns how many connections somebody's sign-in has now, by its id; nil: nobody knows.
	Connections func(signIn string) int
	Log         *slog.Logger     // nil: slog.Default()
	Now         func() time.Time // nil: the system's clock
}

// A Fortify is the routes. It is safe for concurrent use.
type Fortify struct {
	config Config
	Parts
	table  []route
	csrf   *laravel.CSRF
	terms  string // HTML
	policy string
}

// New returns a Fortify.
func New(c Config, p Parts) (*Fortify, error) {
	f, err := open(c, p, table())
	if err != nil {
		return nil, err
	}
	if f.features().Terms && c.Terms == "" {
		return nil, errors.New("fortify: who registers has to accept terms, but there are none: give their text, or turn the feature off")
	}
	return f, nil
}

func open(c Config, p Parts, t []route) (*Fortify, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("fortify: %w", err)
	}
	if p.Service == nil || p.Pages == nil || p.Box == nil || p.Site == nil {
		return nil, errors.New("fortify: a service, pages, a box and sites are needed")
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	f := &Fortify{config: c, Parts: p, table: t}
	var err error
	if f.csrf, err = laravel.NewCSRF(c.TrustedOrigins...); err != nil {
		return nil, fmt.Errorf("fortify: %w", err)
	}
	if f.terms, err = paper(c.Terms); err != nil {
		return nil, fmt.Errorf("fortify: terms: %w", err)
	}
	if f.policy, err = paper(c.Privacy); err != nil {
		return nil, fmt.Errorf("fortify: privacy: %w", err)
	}
	return f, nil
}

// Routes returns the patterns of all paths. They have no methods: which one a request asks for can stand in its body.
func (f *Fortify) Routes() map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, r := range f.table {
		if all[r.path] == nil {
			all[r.path] = f.path(r.path)
		}
	}
	return all
}

// features are what people can do.
func (f *Fortify) features() signin.Features { return f.Service.Config().Features }

// photos reports whether people can have photos.
func (f *Fortify) photos() bool { return f.Album != nil && f.features().Profile }
