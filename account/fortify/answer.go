package fortify

import (
	"net/http"

	"madang/account/laravel"
	"madang/account/limit"
)

// done answers that something was done: a client that wants JSON with a status, a browser by sending it back to the page it came
// from, which is told in a word what it was (empty: nothing).
func (v *visit) done(status int, word string) error {
	if laravel.WantsJSON(v.r) {
		laravel.Empty(v.w, status)
		return nil
	}
	v.leave(laravel.Flash{Status: word})
	v.goBack()
	return nil
}

// arrived answers who has come in, or confirmed who they are: with JSON, or by sending them where they wanted to go.
func (v *visit) arrived(status int, other string) error {
	if laravel.WantsJSON(v.r) {
		laravel.Empty(v.w, status)
		return nil
	}
	v.onward(other)
	return nil
}

// onward sends the browser where somebody wanted to go, or to another place if that was nowhere.
func (v *visit) onward(other string) {
	path := other
	if v.flash.Intended != "" {
		path = v.flash.Intended
	}
	if !v.flash.Empty() {
		v.flasher.Clear(v.w)
	}
	v.to(path)
}

// to sends the browser to a path.
func (v *visit) to(path string) { laravel.Redirect(v.w, v.r.Method, path) }

// goBack sends the browser back to the page it came from. Jetstream answers so with 303, whoever asks.
func (v *visit) goBack() { v.to(v.site.Back(v.r, v.fallback())) }

func (v *visit) seeBack() {
	laravel.Redirect(v.w, http.MethodDelete, v.site.Back(v.r, v.fallback()))
}

func (v *visit) fallback() string {
	if v.route.back == "" {
		return v.site.HomePath()
	}
	return v.route.back
}

// leave leaves a flash for the next page. Where somebody wanted to go stays.
func (v *visit) leave(f laravel.Flash) {
	if f.Intended == "" {
		f.Intended = v.flash.Intended
	}
	if !f.Empty() {
		v.flasher.Put(v.w, f, v.Now())
	}
}

// limits sets the headers of the limit that counted an attempt, if one did.
func (v *visit) limits(verdict limit.Verdict) {
	if verdict != (limit.Verdict{}) {
		verdict.Header(v.w.Header(), v.Now())
	}
}
