package inertia

import "net/http"

// SeeOther turns redirects with 302 into those with 303 where a page's scripts have sent PUT, PATCH or DELETE. Browsers
// repeat the method at the new address after a 302, and it would be changed or deleted too.
func SeeOther(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPut, http.MethodPatch, http.MethodDelete:
			if Asked(r) {
				w = &seeOther{w}
			}
		}
		next.ServeHTTP(w, r)
	})
}

type seeOther struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *seeOther) WriteHeader(status int) {
	if status == http.StatusFound {
		status = http.StatusSeeOther
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *seeOther) Unwrap() http.ResponseWriter { return w.ResponseWriter }
