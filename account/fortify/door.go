package fortify

import (
	"errors"
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
)

// Who returns who is signed in by a request's session; ok is false for a guest.
func (f *Fortify) Who(r *http.Request) (who signin.SignedIn, ok bool, err error) {
	v := f.visit(nil, r)
	err = v.recognise()
	return v.who, v.signedIn(), err
}

// Auth returns a handler that passes on the requests of who is signed in. Others are sent to sign in, or told 401.
func (f *Fortify) Auth(next http.Handler) http.Handler { return f.door(auth, next) }

// Verified is Auth for who has proved their address, where addresses are proved. Others are sent to do so, or told 403.
func (f *Fortify) Verified(next http.Handler) http.Handler { return f.door(verified, next) }

func (f *Fortify) door(n need, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := f.visit(w, r)
		err := v.recognise()
		if err == nil {
			err = v.admit(n)
		}
		if err != nil {
			v.fail(err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Refuse answers a request that somebody else does not let in: 401 sends a browser to sign in, others are told on a page or as
// JSON. It is what [madang/account/gate.Door] asks for.
func (f *Fortify) Refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	v := f.visit(w, r)
	if err := v.recognise(); err != nil && !errors.Is(err, r.Context().Err()) {
		f.Log.WarnContext(r.Context(), "who is refused is not known", "error", err)
	}
	v.fail(&laravel.Problem{Status: status, Message: text})
}

// NotFound answers where nothing is.
func (f *Fortify) NotFound(w http.ResponseWriter, r *http.Request) {
	f.Refuse(w, r, http.StatusNotFound, laravel.NotFound(f.config.Messages, r.URL.Path).Message)
}
