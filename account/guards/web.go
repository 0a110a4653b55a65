package guards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"madang"
	"madang/account"
	"madang/account/bearer"
	"madang/account/signin"
	"madang/account/token"
)

// maxCookies is how long a Cookie header is looked at, in bytes.
const maxCookies = 16 << 10

// WebConfig is what a Web is made of.
type WebConfig struct {
	// Cookie is the name of the session's cookie: that of laravel.Cookies.SessionName.
	Cookie string
	// Origins are those whose pages may connect besides the host's own, such as https://chat.example.com. A host whose people
	// are others than those of its siblings must not have these among them.
	Origins []string
	// Language is that of refusals for clients that ask for none that there is.
	Language token.Language
}

// A Web is the guard of sessions: it takes the cookie of a browser. It is safe for concurrent use.
//
// A session whose second factor is awaited signs nobody in. Principals have no end of their own: package live lets a session
// live on while it has connections, and ends those with it.
type Web struct {
	service *signin.Service
	cookie  string
	secure  bool // the cookie is sent by https alone
	origins []origin
	lang    token.Language
	log     *slog.Logger
}

// NewWeb returns a Web for the people of a service.
func NewWeb(c WebConfig, s *signin.Service, log *slog.Logger) (*Web, error) {
	if c.Cookie == "" || s == nil {
		return nil, errors.New("guards: a cookie and a service are needed")
	}
	origins, err := parseOrigins(c.Origins)
	if err != nil {
		return nil, err
	}
	if c.Language == "" {
		c.Language = token.Korean
	}
	if log == nil {
		log = slog.Default()
	}
	secure := strings.HasPrefix(c.Cookie, "__Host-") || strings.HasPrefix(c.Cookie, "__Secure-")
	return &Web{service: s, cookie: c.Cookie, secure: secure, origins: origins, lang: c.Language, log: log}, nil
}

// Authenticate implements [madang.Guard].
func (w *Web) Authenticate(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	header := headerOf(c)
	secret := w.secret(header("Cookie"))
	if secret == "" {
		return nil, w.refuse(c, token.CodeMissing, errNoSession)
	}
	if !w.own(header) {
		w.log.InfoContext(ctx, "a session's cookie came with a request of a page that is not this server's; it does not count",
			"origin", clip(header("Origin")), "host", clip(header("Host")), "remote", c.Remote)
		return nil, w.refuse(c, token.CodeMissing, errOrigin)
	}
	from := signin.From{Client: account.Client{Address: place(c.Remote), UserAgent: header("User-Agent")}}
	who, err := w.service.Session(ctx, from, secret)
	if r, ok := errors.AsType[*signin.Refusal](err); ok && r.Class == signin.Unauthenticated {
		return nil, w.refuse(c, token.CodeInvalid, r)
	}
	if err != nil {
		return nil, fmt.Errorf("guards: %w", err)
	}
	if app := w.service.Config().App; c.App != "" && c.App != app {
		return nil, w.refuse(c, token.CodeInvalid, errApp) // people of one app are strangers to the others
	}
	return w.principal(who)
}

// place is the address of the network without its port, as limits and lists of sessions know it.
func place(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}

// Reasons of refusals, for logs.
var (
	errNoSession = errors.New("there is no session's cookie")
	errOrigin    = errors.New("the page is another site's")
	errApp       = errors.New("the session is of another app")
)

func (w *Web) refuse(c madang.Credentials, code string, why error) error {
	return token.Refuse(code, token.Negotiate(c.Locale, w.lang), why)
}

// secret returns what the session's cookie says. Of several by the same name the first counts, as it does for pages.
func (w *Web) secret(cookies string) string {
	if cookies == "" || len(cookies) > maxCookies {
		return ""
	}
	r := http.Request{Header: http.Header{"Cookie": {cookies}}}
	k, err := r.Cookie(w.cookie)
	if err != nil {
		return ""
	}
	return k.Value
}

// principal is somebody as connections know them.
func (w *Web) principal(who signin.SignedIn) (*madang.Principal, error) {
	claims, err := json.Marshal(struct {
		SignIn   string `json:"sign_in"`
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}{bearer.SignInOf(who), who.Person.Email, who.Person.Verified()})
	if err != nil {
		return nil, fmt.Errorf("guards: claims: %w", err)
	}
	c := w.service.Config()
	return &madang.Principal{App: c.App, Guard: c.Guard, User: who.Person.User(), Name: who.Person.Name, Claims: claims}, nil
}

// clip shortens what a client says for the log.
func clip(s string) string { return s[:min(len(s), 200)] }
