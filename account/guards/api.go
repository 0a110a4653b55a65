package guards

import (
	"context"
	"errors"

	"madang"
	"madang/account/bearer"
	"madang/account/token"
)

// ForeignGuard is the guard of principals whom another issuer's token proves. They are no people of the account store, whatever
// their id, and have no rights of such.
const ForeignGuard = "jwt"

// Tokens know those who have a token of this server. [bearer.Tokens] do; their error wraps bearer.ErrNotOurs for other tokens.
type Tokens interface {
	Principal(context.Context, madang.Credentials) (*madang.Principal, error)
}

// An API is the guard of connections and requests that name none. It is safe for concurrent use.
type API struct {
	// Tokens are asked in this order.
	Tokens []Tokens
	// Web is asked where no token was shown; nil: nobody.
	Web madang.Guard
	// Foreign is asked about tokens that nobody here has made; nil: they are no good.
	Foreign madang.Guard
	// Language is that of refusals for clients that ask for none that there is; empty: Korean.
	Language token.Language
}

// Authenticate implements [madang.Guard].
func (a *API) Authenticate(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	if token.Find(c) == "" {
		if a.Web == nil {
			return nil, a.refuse(c, token.CodeMissing, bearer.ErrMissing)
		}
		return a.Web.Authenticate(ctx, c)
	}
	var refused error
	for _, t := range a.Tokens {
		p, err := t.Principal(ctx, c)
		if err == nil {
			return p, nil
		}
		if refused == nil && !errors.Is(err, bearer.ErrNotOurs) {
			refused = err
		}
		if !errors.Is(err, bearer.ErrNotOurs) && !errors.Is(err, madang.ErrUnauthenticated) {
			return nil, err // this server's own trouble: somebody else's opinion does not help
		}
	}
	if refused != nil {
		return nil, refused
	}
	if a.Foreign == nil {
		return nil, a.refuse(c, token.CodeInvalid, bearer.ErrNotOurs)
	}
	c.Guard = ForeignGuard
	p, err := a.Foreign.Authenticate(ctx, c)
	if err != nil {
		return nil, err
	}
	if p.Guard != ForeignGuard {
		other := *p
		other.Guard, p = ForeignGuard, &other
	}
	return p, nil
}

func (a *API) refuse(c madang.Credentials, code string, why error) error {
	lang := a.Language
	if lang == "" {
		lang = token.Korean
	}
	return token.Refuse(code, token.Negotiate(c.Locale, lang), why)
}
