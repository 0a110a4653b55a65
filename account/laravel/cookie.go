package laravel

import (
	"net/http"
	"time"
)

// Cookies are the cookies of a site. They are for its host alone.
type Cookies struct {
	Name   string // what their names begin with, such as "madang"
	Secure bool   // the site is reached by https; then nobody but its host can set them
}

// forever is how long browsers keep a cookie at most. When a session ends is known to the server.
const forever = 400 * 24 * time.Hour

// SessionName returns the name of the session's cookie.
func (c Cookies) SessionName() string { return c.prefix() + c.Name + "_session" }

func (c Cookies) flashName() string { return c.prefix() + c.Name + "_flash" }

// prefix makes browsers take a cookie only from the host itself, over https and for all paths: a sibling host can plant none.
func (c Cookies) prefix() string {
	if c.Secure {
		return "__Host-"
	}
	return ""
}

// maxSession is the longest session cookie that is looked at, in bytes.
const maxSession = 128

// Session returns what the session's cookie says; empty if there is none, or it is none of ours.
func (c Cookies) Session(r *http.Request) string {
	k, err := r.Cookie(c.SessionName())
	if err != nil || len(k.Value) > maxSession {
		return ""
	}
	return k.Value
}

// SetSession sets the session's cookie, for as long as the browser runs, or longer for who asked to be remembered. With it
// comes the token against forged requests that belongs to the session.
func (c Cookies) SetSession(w http.ResponseWriter, secret string, remember bool) {
	k := c.cookie(c.SessionName(), secret)
	if remember {
		k.MaxAge = int(forever / time.Second)
	}
	put(w, k)
	c.SetToken(w, Token(secret))
}

// EndSession takes the session's cookie away.
func (c Cookies) EndSession(w http.ResponseWriter) {
	k := c.cookie(c.SessionName(), "")
	k.MaxAge = -1
	put(w, k)
	c.SetToken(w, NewToken())
}

func (c Cookies) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// put sets a cookie in place of one of the same name that the answer has already.
func put(w http.ResponseWriter, k *http.Cookie) {
	h := w.Header()
	lines := h.Values("Set-Cookie")
	h.Del("Set-Cookie")
	for _, line := range lines {
		if len(line) <= len(k.Name) || line[:len(k.Name)+1] != k.Name+"=" {
			h.Add("Set-Cookie", line)
		}
	}
	h.Add("Set-Cookie", k.String())
}
