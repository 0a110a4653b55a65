package fortify

import (
	"errors"
	"net"
	"net/http"

	"madang/account"
	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// A visit is one request, and the answer to it.
type visit struct {
	*Fortify
	w       http.ResponseWriter
	r       *http.Request
	in      *laravel.Input
	route   route
	site    laravel.Site
	cookies laravel.Cookies
	flasher laravel.Flasher
	flash   laravel.Flash   // what the answer before has left
	secret  string          // what the session's cookie says
	who     signin.SignedIn // zero: a guest
	from    signin.From
}

// path returns what answers the requests of one path.
func (f *Fortify) path(path string) http.Handler {
	var routes []route
	for _, r := range f.table {
		if r.path == path {
			routes = append(routes, r)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := f.visit(w, r)
		if err := v.serve(routes); err != nil {
			v.fail(err)
		}
	})
}

// visit returns a visit of somebody who is not known yet.
func (f *Fortify) visit(w http.ResponseWriter, r *http.Request) *visit {
	site := f.Site(r)
	v := &visit{Fortify: f, w: w, r: r, site: site, cookies: laravel.Cookies{Name: f.config.Cookie, Secure: site.Secure()}}
	v.flasher = laravel.Flasher{Box: f.Box, Cookies: v.cookies, Site: site.Name}
	v.flash = v.flasher.Peek(r, f.Now())
	v.secret = v.cookies.Session(r)
	v.from = signin.From{Client: account.Client{Address: address(r), UserAgent: r.UserAgent()}, Site: site.Name}
	v.speak("")
	return v
}

// address is where a request comes from. Whoever is trusted to forward requests has been seen to by the server.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// speak chooses the language, for a person with one of their own.
func (v *visit) speak(own string) {
	v.from.Speaker = words.Speaker{Language: laravel.Language(v.r, own, v.config.Language), Profile: v.config.Messages}
}

// serve answers with one of the routes of the path.
func (v *visit) serve(routes []route) error {
	var l laravel.Limits
	on, allowed := routes[:0:0], []string(nil)
	for _, r := range routes {
		if r.on != nil && !r.on(v.Fortify) {
			continue
		}
		on = append(on, r)
		allowed = append(allowed, r.method)
		if r.method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
		if r.files != nil && v.photos() {
			l.File = r.files
		}
	}
	if len(on) == 0 {
		return laravel.NotFound(v.config.Messages, v.r.URL.Path)
	}
	in, err := laravel.Read(v.w, v.r, l)
	if err != nil {
		return err
	}
	v.in = in
	method := in.Method()
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, r := range on {
		if r.method == method {
			v.route = r
			return v.run()
		}
	}
	problem := laravel.NotAllowed(v.config.Messages, in.Method(), v.r.URL.Path, allowed...)
	if method == http.MethodOptions {
		v.w.Header().Set("Allow", problem.Allow)
		v.w.WriteHeader(http.StatusOK)
		return nil
	}
	return problem
}

// run answers with the route that was found.
func (v *visit) run() error {
	v.cookies.KeepToken(v.w, v.r)
	if !v.csrf.Allow(v.r, v.in, v.cookies) {
		return laravel.Mismatch()
	}
	if v.route.need == holder {
		return v.route.run(v)
	}
	if err := v.recognise(); err != nil {
		return err
	}
	if v.route.need == guest && v.signedIn() {
		v.to(v.site.HomePath())
		return nil
	}
	if err := v.admit(v.route.need); err != nil {
		return err
	}
	return v.route.run(v)
}

func (v *visit) signedIn() bool { return v.who.Person.ID != 0 }

// recognise finds out who asks.
func (v *visit) recognise() error {
	if v.secret == "" {
		return nil
	}
	who, err := v.Service.Session(v.r.Context(), v.from, v.secret)
	if no, ok := errors.AsType[*signin.Refusal](err); ok && no.Class == signin.Unauthenticated {
		return nil
	}
	if err == nil {
		v.who = who
		v.speak(who.Person.Locale)
	}
	return err
}

// admit asks whether the visitor is one that a route is for. Guests are seen to elsewhere.
func (v *visit) admit(n need) error {
	switch {
	case n == anybody || n == guest:
	case !v.signedIn():
		return &signin.Refusal{Class: signin.Unauthenticated, Code: signin.CodeUnauthenticated}
	case n == verified && v.features().Verification && !v.who.Person.Verified():
		return &signin.Refusal{Class: signin.Forbidden, Code: signin.CodeUnverified}
	case n == confirmed && v.features().TwoFactorLock && !v.Service.Confirmed(v.who, 0):
		return &signin.Refusal{Class: signin.Locked, Code: signin.CodeConfirm, Key: words.Confirm}
	}
	return nil
}

// wrong returns what is wrong with the types of some fields, for a form.
func (v *visit) wrong(fields ...string) *words.Errors { return v.in.Texts(v.from.Speaker, fields...) }

// enter lets the browser in, or goes on with a session under its new id.
func (v *visit) enter(e signin.Entry) {
	v.who = e.SignedIn
	v.secret = e.Secret
	v.cookies.SetSession(v.w, e.Secret, e.Session.Remember)
}
