package bearer

import (
	"net/http"
	"strings"
)

// cookieName is that of the cookie that jwt-auth looks at.
const cookieName = "token"

// shown returns the token of a request of jwt-auth's interface, from where jwt-auth looks, in its order:
//
//	Authorization  what every client uses
//	?token=        what can set no headers: the address of a picture, an EventSource. Such addresses end up in logs and
//	               histories, so clients better do without; this server's own log has no queries
//	body           forms of the same
//	cookie         pages of this server; a page elsewhere can make a browser send it, so then it does not count
func (c *call) shown() string {
	if t := bearerToken(c.r.Header.Get("Authorization")); t != "" {
		return t
	}
	if t := strings.TrimSpace(c.r.URL.Query().Get("token")); t != "" {
		return t
	}
	if t := c.in.Text("token"); t != "" {
		return t
	}
	return c.cookie(cookieName)
}

// cookie returns a cookie, if the request was not sent by a page elsewhere. Those that only read are no danger, because their
// sender does not see the answer.
func (c *call) cookie(name string) string {
	k, err := c.r.Cookie(name)
	if err != nil || c.api.cross.Check(c.r) != nil {
		return ""
	}
	return k.Value
}

// bearerToken returns the token of a header Authorization: the first of its items, whose scheme is Bearer in any case. Anything
// else is no token.
func bearerToken(header string) string {
	first, _, _ := strings.Cut(header, ",")
	scheme, t, _ := strings.Cut(strings.TrimSpace(first), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(t)
}

// cookieOf is a cookie that scripts cannot read and that comes only with requests of the server's own pages. An empty value takes
// it away.
func (a *API) cookieOf(name, value string, seconds int) *http.Cookie {
	if value == "" {
		seconds = -1
	}
	return &http.Cookie{
		Name: a.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteStrictMode,
	}
}

// secure reports whether people come by https.
func (a *API) secure() bool { return strings.HasPrefix(a.config.Issuer, "https://") }

// cookieName binds a cookie to this very host where browsers can do that.
func (a *API) cookieName(name string) string {
	if a.secure() {
		return "__Host-" + name
	}
	return name
}
