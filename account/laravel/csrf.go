package laravel

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"
)

// Where clients find the token against forged requests, and where they show it. Axios does both by itself.
const (
	TokenCookie  = "XSRF-TOKEN"   //nolint:gosec // its name
	headerCookie = "X-XSRF-TOKEN" // the cookie's value
	headerToken  = "X-CSRF-TOKEN" //nolint:gosec // the same, from a page; its name
	fieldToken   = "_token"
)

// tokenLife is how long a browser keeps the token's cookie. Each answer sets it anew.
const tokenLife = 2 * time.Hour

// Token returns the token that belongs to a session, by what its cookie says. It ends with the session's id, and does not
// tell it.
func Token(secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("madang csrf 1"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// NewToken returns a token for a browser that has no session.
func NewToken() string {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// SetToken sets the token's cookie, which scripts can read.
func (c Cookies) SetToken(w http.ResponseWriter, token string) {
	k := c.cookie(TokenCookie, token)
	k.HttpOnly, k.MaxAge = false, int(tokenLife/time.Second)
	put(w, k)
}

// KeepToken sets the token's cookie as it should be after a request that changed nothing about the session.
func (c Cookies) KeepToken(w http.ResponseWriter, r *http.Request) {
	token := c.token(r)
	if token == "" {
		token = NewToken()
	}
	c.SetToken(w, token)
}

// token is the one that a request has to show: that of its session or, of a browser without one, that of its cookie.
func (c Cookies) token(r *http.Request) string {
	if secret := c.Session(r); secret != "" {
		return Token(secret)
	}
	k, err := r.Cookie(TokenCookie)
	if err != nil {
		return ""
	}
	if b, err := base64.RawURLEncoding.DecodeString(k.Value); err != nil || len(b) != sha256.Size {
		return ""
	}
	return k.Value
}

// A CSRF tells requests that people's browsers were made to send from those that people sent. It is safe for concurrent use.
type CSRF struct{ origins *http.CrossOriginProtection }

// NewCSRF returns a CSRF that also lets requests in from some other origins, such as https://app.example.com.
func NewCSRF(trusted ...string) (*CSRF, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return &CSRF{p}, nil
}

// Allow reports whether a request may change something. A browser says where it was made, in headers that no page can write:
// it must be a page of the same origin. Whoever says nothing of that shows the token, as clients of Laravel do.
func (c *CSRF) Allow(r *http.Request, in *Input, k Cookies) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	if c.origins.Check(r) != nil {
		return false
	}
	if r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "" {
		return true
	}
	want, shown := k.token(r), shownToken(r, in)
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(shown)) == 1
}

// shownToken returns what a request shows as token, in Laravel's order.
func shownToken(r *http.Request, in *Input) string {
	if t := in.Text(fieldToken); t != "" {
		return t
	}
	if t := r.Header.Get(headerToken); t != "" {
		return t
	}
	t := r.Header.Get(headerCookie)
	if plain, err := url.QueryUnescape(t); err == nil {
		return plain
	}
	return t
}

// Mismatch is the answer to a request that was not allowed.
func Mismatch() *Problem { return &Problem{Status: StatusPageExpired, Message: TextMismatch} }

// CookieRoute is the route by which clients of Sanctum get the token's cookie before they sign in.
const CookieRoute = "/sanctum/csrf-cookie"

// Cookie answers [CookieRoute]: 204, and the token's cookie.
func (c Cookies) Cookie(w http.ResponseWriter, r *http.Request) {
	c.KeepToken(w, r)
	Empty(w, http.StatusNoContent)
}
