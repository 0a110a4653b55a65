package rest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"madang"
)

// caller is the key under which a request's context has its principal.
type caller struct{}

// who returns the principal of a request that authenticate has let through.
func who(ctx context.Context) *madang.Principal {
	p, _ := ctx.Value(caller{}).(*madang.Principal)
	return p
}

// authenticate lets requests through whose bearer token the guard takes.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	p, err := a.principal(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	next(huma.WithValue(ctx, caller{}, p))
}

// header returns the headers of a request, Host among them: a guard of cookies compares it with Origin.
func header(r *http.Request) func(string) string {
	return func(key string) string {
		if strings.EqualFold(key, "Host") {
			return r.Host
		}
		return r.Header.Get(key)
	}
}

func (a *API) principal(r *http.Request) (*madang.Principal, error) {
	token := ""
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	locale := r.Header.Get("Accept-Language")
	if locale == "" {
		locale = a.config.Locale
	}
	p, err := a.hub.Authenticate(r.Context(), madang.Credentials{
		Guard: "api", App: a.config.App, Token: token, Header: header(r), Query: r.URL.Query().Get,
		Remote: remote, Locale: locale,
	})
	if err != nil {
		var refusal *madang.Refusal
		if errors.Is(err, madang.ErrUnauthenticated) && !errors.As(err, &refusal) {
			code := codeInvalidToken
			if token == "" {
				code = codeNoToken
			}
			err = &madang.Refusal{Code: code, Err: err}
		}
		return nil, err
	}
	if p.User == "" {
		return nil, fmt.Errorf("chat is for those who are somebody: %w", madang.ErrForbidden)
	}
	if !lets(p, r.Method) {
		return nil, fmt.Errorf("the API token is not for %s: %w", r.Method, madang.ErrForbidden)
	}
	return p, a.chat.Seen(r.Context(), p)
}
