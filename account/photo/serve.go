package photo

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"madang/blob"
)

// Paths of what is served. Photos are where Laravel's public disk has them.
const (
	Path       = "/storage/"
	AvatarPath = "/avatars"
)

// URL returns the path of a photo on the server; empty for what is none of an Album's.
func URL(key string) string {
	if !ours(key) {
		return ""
	}
	return Path + key
}

// Routes returns the patterns of photos and avatars.
func (a *Album) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET " + Path + folder + "{name}": http.HandlerFunc(a.serve),
		"GET " + AvatarPath:               http.HandlerFunc(serveAvatar),
	}
}

// harmless sets what keeps an answer from being anything but a picture, wherever it is opened.
func harmless(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // pages of the other hosts show it
	h.Set("Referrer-Policy", "no-referrer")
}

// serve answers with a photo. Another one has another name, so it may be kept for long, but not for ever: people take photos
// back.
func (a *Album) serve(w http.ResponseWriter, r *http.Request) {
	harmless(w.Header())
	b, err := a.get(r.Context(), strings.TrimPrefix(r.URL.Path, Path))
	switch {
	case errors.Is(err, blob.ErrNotFound):
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	case err != nil:
		a.log.ErrorContext(r.Context(), "a photo could not be read", "path", r.URL.Path, "error", err)
		http.Error(w, "Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "public, max-age=86400, immutable")
	w.Header().Set("ETag", `"`+r.PathValue("name")+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// serveAvatar answers with the avatar of the parameter initials.
func serveAvatar(w http.ResponseWriter, r *http.Request) {
	harmless(w.Header())
	w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(picture(firstTwo(r.URL.Query().Get("initials")))))
}
