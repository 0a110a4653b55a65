package events

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"madang"
	"madang/internal/convention"
)

// A call is a request whose sender may make it.
type call struct {
	*http.Request
	app   *madang.App
	query url.Values
	body  []byte
}

// target returns a channel of the app by the name that backends give it: a user's own has a name of its own in the core.
func (c *call) target(name string) madang.Channel {
	if user, ok := convention.UserOf(name); ok {
		return madang.UserChannel(c.app.ID, user)
	}
	return madang.Channel{App: c.app.ID, Name: name}
}

// serve finds out which kind of backend asks and whether it may, and answers in its words. A good echo key decides first:
// it may come with a signature by some secret, which laravel-echo-server never looked at.
func (a *API) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	id := r.PathValue("app")
	c := &call{Request: r, app: a.apps.ByID(id), query: parseQuery(r.URL.RawQuery)}
	if key, ok := a.echoKeys[id]; ok && key.opens(c) {
		c.app = key.app
		a.serveEcho(w, c, e.echo)
		return
	}
	switch {
	case e.echo == nil || e.pusher != nil && c.query.Has("auth_signature"):
		a.servePusher(w, c, e.pusher)
	default:
		a.log.Debug("a backend's request was refused", "app", r.PathValue("app"), "path", r.URL.Path, "why", a.whyNot(c))
		writeJSON(w, http.StatusForbidden, map[string]string{"error": "Unauthorized"})
	}
}

// opens reports whether the request carries the key.
func (k *echoKey) opens(c *call) bool {
	given := strings.TrimPrefix(c.Header.Get("Authorization"), "Bearer ")
	if given == "" {
		given = c.query.Get("auth_key")
	}
	sum := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1
}

// whyNot says for the log what the fixed answer of laravel-echo-server does not.
func (a *API) whyNot(c *call) string {
	_, opens := a.echoKeys[c.PathValue("app")]
	switch {
	case c.app == nil && !opens:
		return "there is no app of this id"
	case c.Header.Get("Authorization") == "" && !c.query.Has("auth_key"):
		return "neither an echo key nor a signature came with it"
	case !opens:
		return "the app has no echo key (apps: echo_key), and the request has no signature"
	case c.app == nil: // an alias
		return "the key is not the one of this echo alias"
	}
	if _, ok := c.app.Key(c.query.Get("auth_key")); ok {
		return "auth_key is the name of a key that must sign, and auth_signature is missing"
	}
	return "the key is not the app's echo key"
}

// serveEcho answers as laravel-echo-server does.
func (a *API) serveEcho(w http.ResponseWriter, c *call, do func(*call) (any, error)) {
	if do == nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "This path is for requests that are signed with a key of the app"})
		return
	}
	answer, err := a.answer(w, c, false, do)
	if err != nil {
		f := failure(err)
		writeJSON(w, f.status, map[string]string{"error": f.text})
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// servePusher answers as Pusher does, if the signature is good.
func (a *API) servePusher(w http.ResponseWriter, c *call, do func(*call) (any, error)) {
	err := a.verify(c) // before its body takes memory
	var answer any
	if err == nil {
		answer, err = a.answer(w, c, true, do)
	}
	if err != nil {
		f := failure(err)
		writeText(w, f.status, f.text)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// answer reads the body, which must be the one that was signed if the request is, and does what it asks for.
func (a *API) answer(w http.ResponseWriter, c *call, signed bool, do func(*call) (any, error)) (any, error) {
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, c.Body, int64(a.cfg.MaxBody))); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, &refusal{http.StatusRequestEntityTooLarge, "The body is larger than the server allows (max_body)"}
		}
		return nil, bad("The body ended before its announced length")
	}
	if signed {
		if err := convention.VerifyBody(c.query, c.body); err != nil {
			return nil, &refusal{http.StatusUnauthorized, err.Error()}
		}
	}
	v, err := do(c)
	if err != nil {
		if f := failure(err); f.status >= http.StatusInternalServerError {
			a.log.Error("a backend's request failed", "app", c.app.ID, "method", c.Method, "path", c.URL.Path, "error", err)
		}
	}
	return v, err
}

// recognize checks that there is such an app and key.
func (a *API) recognize(c *call) error {
	if c.app == nil {
		return &refusal{http.StatusNotFound, "There is no app with the id of this path"}
	}
	if !c.query.Has("auth_signature") {
		return &refusal{http.StatusUnauthorized, "auth_signature is missing"}
	}
	if _, ok := c.app.Key(c.query.Get("auth_key")); !ok {
		return &refusal{http.StatusUnauthorized, "Unknown auth_key: the app has no key of that name"}
	}
	return nil
}

// verify checks the signature of all but the body. Libraries sign the path that they ask for, before or after escaping it.
func (a *API) verify(c *call) error {
	if err := a.recognize(c); err != nil {
		return err
	}
	key, _ := c.app.Key(c.query.Get("auth_key"))
	var first error
	for _, path := range [...]string{c.URL.Path, c.URL.EscapedPath()} {
		if !strings.HasPrefix(path, a.cfg.PathPrefix+"/apps/") {
			path = a.cfg.PathPrefix + path // a proxy has taken it away
		}
		err := convention.VerifyQuery(key.Secret, c.Method, path, c.query, a.hub.Now())
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return &refusal{http.StatusUnauthorized, first.Error()}
}
