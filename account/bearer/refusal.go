package bearer

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"madang/account"
	"madang/account/jws"
	"madang/account/laravel"
)

// noToken is the answer to a token that is no good, in a style. Trouble of the server's own stays that.
func (c *call) noToken(s Style, err error) error {
	if !noGood(err) {
		return err
	}
	c.api.log.DebugContext(c.r.Context(), "token refused", "reason", err, "path", c.r.URL.Path, "remote", c.from.Client.Address)
	text := laravel.TextUnauthenticated
	if s == StyleJWTAuth {
		c.w.Header().Set("WWW-Authenticate", "jwt-auth")
		text = c.inJWTAuthsWords(err)
	}
	return &laravel.Problem{Status: http.StatusUnauthorized, Message: text}
}

// inJWTAuthsWords says what is wrong with a token as tymon/jwt-auth 1.0 does.
func (c *call) inJWTAuthsWords(err error) string {
	raw := c.shown()
	switch {
	case errors.Is(err, ErrMissing):
		return "Token not provided"
	case strings.Count(raw, ".") != 2:
		return "Wrong number of segments"
	case errors.Is(err, jws.ErrMalformed):
		return "Malformed token"
	case errors.Is(err, ErrSignature), errors.Is(err, ErrNotOurs):
		return "Token Signature could not be verified."
	case errors.Is(err, ErrExpired):
		return "Token has expired"
	case errors.Is(err, ErrEarly):
		return "Not Before (nbf) timestamp cannot be in the future"
	case errors.Is(err, ErrClaims):
		return "JWT payload does not contain the required claims"
	case c.api.gone(c.r.Context(), raw):
		return "User not found"
	}
	return "The token has been blacklisted"
}

// gone reports whether the person of a token is not there, or not to sign in. Only who has the token can ask.
func (t *Tokens) gone(ctx context.Context, raw string) bool {
	c, err := t.read(ctx, raw, UseLogin, UseAccess, UseAbly)
	if err != nil {
		return false
	}
	p, err := t.service.Store.Person(ctx, t.service.Config().App, number(c.Subject))
	return errors.Is(err, account.ErrNotFound) || err == nil && p.Disabled()
}
