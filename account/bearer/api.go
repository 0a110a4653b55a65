package bearer

import (
	"errors"
	"net"
	"net/http"
	"slices"

	"madang/account"
	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// Options are what the routes work with, besides tokens. All of them can be left out.
type Options struct {
	Messages words.Profile  // whose English is spoken; empty: Laravel 10's
	Locale   words.Language // of who asks for none that there is; empty: English
	// Photo returns the address of somebody's photo; nil: people are shown without.
	Photo func(account.Person) string
	// Session returns who is signed in by a request's session, for /api/user; nil: nobody is. A *signin.Refusal says that nobody
	// is by this one.
	Session func(*http.Request) (account.Person, error)
	// Programs are the API tokens of another guard's people, which /api/user knows too; nil: there are none.
	Programs *Tokens
	// Ably makes the tokens of Ably's clients; nil: there are no routes for a sign-in with one.
	Ably Ably
}

// An API is the routes of a guard whose people sign in by tokens. Make it with [New].
type API struct {
	*Tokens
	o     Options
	cross *http.CrossOriginProtection
}

// New returns the routes of some tokens.
func New(t *Tokens, o Options) *API {
	if o.Locale == "" {
		o.Locale = words.English
	}
	if o.Messages == "" {
		o.Messages = words.Laravel10
	}
	return &API{Tokens: t, o: o, cross: http.NewCrossOriginProtection()}
}

// Routes returns the patterns of all routes. They know no hosts.
func (a *API) Routes() map[string]http.Handler {
	all := map[string]http.Handler{
		"/api/auth/login":    a.route(a.login, http.MethodPost),
		"/api/auth/register": a.route(a.register, http.MethodPost),
		"/api/auth/refresh":  a.route(a.refresh, http.MethodPost),
		"/api/auth/logout":   a.route(a.logout, http.MethodPost),
		"/api/auth/me":       a.route(a.me, http.MethodGet, http.MethodPost),
		"/api/auth/user":     a.route(a.me, http.MethodGet, http.MethodPost),
		"/api/user":          a.route(a.user, http.MethodGet),
		"/api/auth/token":    a.route(oauth(a.grantToken), http.MethodPost),
		"/api/auth/revoke":   a.route(oauth(a.revoke), http.MethodPost),
		"/sanctum/token":     a.route(a.deviceToken, http.MethodPost),

		"/api/auth/forgot-password":                 a.route(a.forgot, http.MethodPost),
		"/api/auth/reset-password":                  a.route(a.reset, http.MethodPost),
		"/api/auth/email/verify/{id}/{hash}":        a.route(a.verify, http.MethodGet),
		"/api/auth/email/verification-notification": a.route(a.sendVerification, http.MethodPost),
	}
	if a.o.Ably != nil {
		all["/auth/login"] = a.route(nest(a.ablyLogin), http.MethodPost)
		all["/auth/register"] = a.route(nest(a.ablyRegister), http.MethodPost)
		all["/auth/logout"] = a.route(nest(a.ablyLogout), http.MethodPost)
		all["/auth/re-create"] = a.route(a.ablyRenew, http.MethodGet)
	}
	return all
}

// A call is one request.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	in   *laravel.Input
	from signin.From
	api  *API
}

// route makes a handler of what answers a path, for some methods. What it returns as an error is answered in Laravel's way.
// HEAD comes with GET.
func (a *API) route(answer func(*call) error, methods ...string) http.Handler {
	if methods[0] == http.MethodGet {
		methods = slices.Insert(slices.Clone(methods), 1, http.MethodHead)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if openToAll(w, r) {
			return
		}
		c := &call{w: w, r: r, from: a.from(r), api: a}
		if err := c.answer(answer, methods); err != nil {
			laravel.Explain(r.Context(), a.log, c.from.Speaker, err).JSON(w, a.service.Now())
		}
	})
}

func (c *call) answer(answer func(*call) error, methods []string) (err error) {
	if c.in, err = laravel.Read(c.w, c.r, laravel.Limits{}); err != nil {
		return err
	}
	if m := c.in.Method(); !slices.Contains(methods, m) {
		return laravel.NotAllowed(c.from.Speaker.Profile, m, c.r.URL.Path, methods...)
	}
	return answer(c)
}

// from is who sends a request, and how they are spoken to.
func (a *API) from(r *http.Request) signin.From {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	return signin.From{
		Client:  account.Client{Address: address, UserAgent: r.UserAgent()},
		Speaker: words.Speaker{Language: laravel.Language(r, "", a.o.Locale), Profile: a.o.Messages},
	}
}

// openToAll lets scripts of every site ask, as Laravel does for api/*, and answers their browsers' question whether they may.
// They get nothing by what a browser sends along by itself: cookies stay with scripts of the server's own pages.
func openToAll(w http.ResponseWriter, r *http.Request) (answered bool) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After")
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, X-Requested-With, X-Socket-ID")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// loginForm is name and password, and the second factor.
func (c *call) loginForm() signin.LoginForm {
	return signin.LoginForm{
		Email: c.in.Text("email"), Password: c.in.Text("password"), Code: c.in.Text("code"), RecoveryCode: c.in.Text("recovery_code"),
	}
}

// refusal returns the refusal that an error is, or nil.
func refusal(err error) *signin.Refusal {
	r, _ := errors.AsType[*signin.Refusal](err)
	return r
}
