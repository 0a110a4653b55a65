package standard

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"

	"madang"
	"madang/account"
	tokens "madang/account/bearer"
	"madang/account/fortify"
	"madang/account/gate"
	"madang/account/hosts"
	"madang/account/keys"
	"madang/account/laravel"
	"madang/account/operator"
	"madang/account/photo"
	"madang/account/signin"
	"madang/dialect/ably/token"
	"madang/server"
	"madang/web"
)

// A face is what accounts answer by HTTP.
type face struct {
	routes  map[string]http.Handler
	hosts   *hosts.Router
	fortify *fortify.Fortify
	page    io.Closer // of the base host; nil: there is nothing to close
}

// faceOfAccounts gives accounts their routes, when everything is open that they lead to.
func faceOfAccounts(s *server.Site) error {
	a, err := server.Find[*accounts](s)
	if err != nil {
		return nil //nolint:nilerr // there are no accounts
	}
	f := &face{routes: map[string]http.Handler{}}
	a.face = f
	if err := a.faceOfMembers(f); err != nil {
		return err
	}
	if err := a.faceOfLinks(f); err != nil {
		return err
	}
	if err := a.faceOfUsers(f); err != nil {
		return err
	}
	maps.Copy(f.routes, a.ring.Routes())
	maps.Copy(f.routes, a.album.Routes())
	f.routes[operator.SetupPath] = http.HandlerFunc(a.serveSetup)
	return a.faceOfHosts(f)
}

// serveSetup answers the link for the first administrator. Whether there is one is known when the server starts.
func (a *accounts) serveSetup(w http.ResponseWriter, r *http.Request) {
	if a.setup == nil || hosts.Of(r.Context()).Kind == hosts.API {
		a.face.fortify.NotFound(w, r)
		return
	}
	a.setup.ServeHTTP(w, r)
}

// maxPaper is how long terms and policies may be, in bytes.
const maxPaper = 1 << 20

// paper reads what people accept; nothing if there is no file.
func paper(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPaper+1))
	if err = errors.Join(err, f.Close()); err == nil && len(b) > maxPaper {
		err = fmt.Errorf("%s has more than %d bytes", name, maxPaper)
	}
	return string(b), err
}

// faceOfMembers adds the routes of Fortify and Jetstream, where there are pages.
func (a *accounts) faceOfMembers(f *face) error {
	c := a.config.fortify()
	var err1, err2 error
	c.Terms, err1 = paper(a.config.Terms)
	c.Privacy, err2 = paper(a.config.Privacy)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("account: %w", err)
	}
	pages := a.pages()
	var err error
	f.fortify, err = fortify.New(c, fortify.Parts{
		Service: a.web, Pages: pages, Box: a.box, Album: a.album, Site: a.siteAt, Connections: a.live.Count(a.config.app()), Log: a.site.Log,
	})
	if err != nil {
		return err
	}
	if p, ok := pages.(*web.Pages); ok {
		p.Missing(wherePages(http.HandlerFunc(f.fortify.NotFound)))
	}
	for pattern, h := range f.fortify.Routes() {
		f.routes[pattern] = wherePages(h)
	}
	f.routes["GET /session"] = wherePages(f.serveSession(a.config.Web.Features))
	return nil
}

// pages makes pages, if they are on.
func (a *accounts) pages() laravel.Pages {
	pages, err := server.Find[laravel.Pages](a.site)
	if err != nil {
		return plainPages{}
	}
	return pages
}

// faceOfLinks adds the pages to which the links lead that users are mailed.
func (a *accounts) faceOfLinks(f *face) error {
	at := laravel.Site{URL: a.config.Hosts.APIURL(a.config.URL)}
	links, err := fortify.NewLinks(a.config.fortify(), fortify.Parts{
		Service: a.api, Pages: a.pages(), Box: a.box, Site: func(*http.Request) laravel.Site { return at }, Log: a.site.Log,
	})
	if err != nil {
		return err
	}
	for pattern, h := range links.Routes() {
		f.routes[pattern] = where(withoutMembers, h)
	}
	return nil
}

// withoutMembers reports whether users can come to a place: at the hosts of members' sites they have no business.
func withoutMembers(p hosts.Place) bool { return p.Kind == hosts.Only || p.Kind == hosts.API }

// wherePages answers only at hosts with pages.
func wherePages(next http.Handler) http.Handler { return where(hosts.Place.Pages, next) }

func where(there func(hosts.Place) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !there(hosts.Of(r.Context())) {
			laravel.Message(w, http.StatusNotFound, laravel.TextNotFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// siteAt is the site that a request has come to, with its configured address.
func (a *accounts) siteAt(r *http.Request) laravel.Site {
	x := hosts.Of(r.Context()).Site
	if x.Name == "" {
		return laravel.Site{URL: a.config.Web.URL, Home: a.config.Home}
	}
	return laravel.Site{Name: x.Name, URL: a.config.Web.Sites[x.Name], Prefix: x.Prefix, Home: a.config.Home}
}

// faceOfUsers adds the routes of those who sign in by tokens.
func (a *accounts) faceOfUsers(f *face) error {
	o := tokens.Options{
		Messages: a.config.Compat.Messages, Locale: a.config.Locale, Photo: a.photoOf, Programs: a.programs,
		Session: func(r *http.Request) (account.Person, error) {
			who, ok, err := f.fortify.Who(r)
			if err == nil && !ok {
				err = &signin.Refusal{Class: signin.Unauthenticated, Code: signin.CodeUnauthenticated}
			}
			return who.Person, err
		},
	}
	if g, err := server.Find[*ablyGuard](a.site); err == nil {
		a.ably = g.ended
		g.ended.ask(a.tokens.Of)
		if a.config.Ably.Enabled {
			authority, err := server.Find[*token.Authority](a.site)
			if err != nil {
				return err
			}
			if o.Ably, err = newAblyTokens(a.config.Ably, a.site.Apps, a.config.app(), authority); err != nil {
				return fmt.Errorf("account.ably: %w", err)
			}
		}
	}
	maps.Copy(f.routes, tokens.New(a.tokens, o).Routes())
	return nil
}

// photoOf is where somebody's picture is.
func (a *accounts) photoOf(p account.Person) string {
	if path := photo.URL(p.Photo); path != "" {
		return a.config.URL + path
	}
	return a.config.URL + photo.AvatarURL(p.Name)
}

// faceOfHosts tells hosts apart.
func (a *accounts) faceOfHosts(f *face) error {
	c := a.config.Hosts
	base, err := a.basePage()
	if err != nil {
		return err
	}
	h := hosts.Handlers{Base: base, BaseAlso: pathsOf(basics()...).lead, Open: pathsOf(f.signing()...).lead, Door: func(next http.Handler) http.Handler {
		return a.gate.Door(gate.Door{Who: f.who(a.config.Web), Refuse: f.fortify.Refuse}, next)
	}}
	if c.On() && a.config.Page.Dir != "" {
		dir, err := hosts.OpenDir(a.config.Page.Dir)
		if err != nil {
			return fmt.Errorf("account.page.dir: %w", err)
		}
		h.Base, f.page = dir, dir
	}
	f.hosts, err = hosts.New(c, a.config.URL, h)
	return err
}

// basePage is the page at the base of who has made none.
func (a *accounts) basePage() (http.Handler, error) {
	pages, err := server.Find[*web.Pages](a.site)
	if err != nil {
		return http.HandlerFunc(a.plainPage), nil //nolint:nilerr // they are off
	}
	d := web.Download{Product: a.config.Product, Language: a.config.Locale}
	for _, x := range a.config.Page.Downloads {
		d.Links = append(d.Links, web.Link{Name: x.Name, URL: x.URL})
	}
	return pages.Download(d)
}

// serveSession tells the chat page who is signed in, and where to go otherwise. Without accounts there is no such route.
func (f *face) serveSession(features signin.Features) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		laravel.Private(w.Header())
		who, ok, err := f.fortify.Who(r)
		if err != nil {
			f.fortify.Log.ErrorContext(r.Context(), "who is signed in is not known", "error", err)
			laravel.Message(w, http.StatusInternalServerError, laravel.TextServerError)
			return
		}
		var out struct {
			User *struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"user"`
			Login    string `json:"login"`
			Register string `json:"register,omitempty"`
			Profile  string `json:"profile"`
		}
		out.Login, out.Profile = "/login", "/user/profile"
		if features.Registration {
			out.Register = "/register"
		}
		if ok {
			out.User = &struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			}{who.Person.User(), who.Person.Name}
		}
		laravel.JSON(w, http.StatusOK, out)
	}
}

// who says who asks for a page.
func (f *face) who(c signin.Config) func(*http.Request) (*madang.Principal, error) {
	return func(r *http.Request) (*madang.Principal, error) {
		who, ok, err := f.fortify.Who(r)
		if err != nil || !ok {
			return nil, err
		}
		return &madang.Principal{App: c.App, Guard: c.Guard, User: who.Person.User(), Name: who.Person.Name}, nil
	}
}

// paths are some that mean something.
type paths struct{ mux *http.ServeMux }

func pathsOf(patterns ...string) paths {
	p := paths{http.NewServeMux()}
	for _, x := range patterns {
		p.mux.Handle(x, http.NotFoundHandler())
	}
	return p
}

// lead reports whether a request is for one of them.
func (p paths) lead(r *http.Request) bool {
	_, pattern := p.mux.Handler(r)
	return pattern != ""
}

// basics are what every host answers: pictures, the link for the first administrator, and the keys by which others check
// tokens. These are found by the issuer's address, which is that of the base.
func basics() []string {
	return []string{keys.Path, photo.Path, photo.AvatarPath, operator.SetupPath}
}

// looks are what pages are made of.
func looks() []string { return []string{"/assets/", "/favicon.svg"} }

// signing is what a site answers to everybody: signing in and out, and what pages are made of.
func (f *face) signing() []string {
	return slices.Concat(basics(), slices.Collect(maps.Keys(f.fortify.Routes())), looks())
}
