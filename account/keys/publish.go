package keys

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// maxAge is how long others may keep a copy of the set.
const maxAge = time.Hour

// Path is where the set is published, as OpenID Connect's providers do.
const Path = "/.well-known/jwks.json"

// Set returns the public halves of all keys (RFC 7517, section 5): those that signed, the one that does and the next.
func (r *Ring) Set(ctx context.Context) jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range r.current(ctx) {
		set.Keys = append(set.Keys, k.public())
	}
	return set
}

// Routes returns the pattern of the published set. Everybody may read it, scripts of other sites too.
func (r *Ring) Routes() map[string]http.Handler { return map[string]http.Handler{"GET " + Path: r} }

// ServeHTTP answers with the published set.
func (r *Ring) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := json.Marshal(r.Set(req.Context()))
	if err != nil {
		r.Log.ErrorContext(req.Context(), "the signing keys cannot be published", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/jwk-set+json")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(maxAge.Seconds())))
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // nothing can be done for a client that has gone
}
