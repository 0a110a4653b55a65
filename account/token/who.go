package token

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// user returns the user's id: the first of the user claims that says something.
func (c Config) user(claims map[string]any) (string, error) {
	for _, name := range c.UserClaims {
		var id string
		switch v := claims[name].(type) {
		case nil:
			continue
		case string:
			id = v
		case json.Number:
			id = v.String()
			if strings.ContainsAny(id, ".eE") || id == "-0" {
				return "", fmt.Errorf("%w: %s is %.32s, not a whole number", ErrUser, name, id)
			}
		default:
			return "", fmt.Errorf("%w: %s is neither text nor number", ErrUser, name)
		}
		if id == "" {
			continue
		}
		if !usable(id) {
			return "", fmt.Errorf("%w: %s is longer than %d bytes or not printable", ErrUser, name, MaxUser)
		}
		return id, nil
	}
	return "", fmt.Errorf("%w: none of the claims %s", ErrUser, strings.Join(c.UserClaims, ", "))
}

// name returns a name for people to read, if there is one.
func (c Config) name(claims map[string]any) string {
	for _, n := range c.NameClaims {
		if s, _ := claims[n].(string); s != "" && usable(s) {
			return s
		}
	}
	return ""
}

// app returns the app that the token is good for, which must be the one of the endpoint if that has one.
func (c Config) app(claims map[string]any, endpoint string) (string, error) {
	app := c.App
	if c.AppClaim != "" {
		if app, _ = claims[c.AppClaim].(string); app == "" || !usable(app) {
			return "", fmt.Errorf("%w: claim %s holds no app", ErrApp, c.AppClaim)
		}
	}
	switch {
	case app == "":
		return endpoint, nil
	case endpoint != "" && endpoint != app:
		return "", fmt.Errorf("%w: %q, the endpoint is of %q", ErrApp, app, endpoint)
	}
	return app, nil
}

// usable refuses what could not be told from others or would break a line of a log. The replacement character stands
// for anything that JSON could write and UTF-8 cannot, so two different ids could look the same.
func usable(s string) bool {
	return len(s) <= MaxUser && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == utf8.RuneError
	})
}
