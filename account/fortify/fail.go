package fortify

import (
	"errors"
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// fail answers with an error: as JSON, or so that a browser can go on.
func (v *visit) fail(err error) {
	p := laravel.Explain(v.r.Context(), v.Log, v.from.Speaker, err)
	if no, ok := errors.AsType[*signin.Refusal](err); ok && no.Code == signin.CodeOff {
		p = laravel.NotFound(v.config.Messages, v.r.URL.Path)
	}
	if v.config.FormThrottle {
		p = p.FormThrottle()
	}
	if laravel.ExpectsJSON(v.r) {
		p.JSON(v.w, v.Now())
		return
	}
	p.Header(v.w.Header(), v.Now())
	no, _ := errors.AsType[*signin.Refusal](err)
	switch {
	case p.Errors != nil:
		v.leave(laravel.Flash{Errors: firsts(p.Errors), Bag: v.route.bag})
		v.goBack()
	case p.Status == http.StatusUnauthorized:
		v.later(loginPath)
	case p.Status == http.StatusLocked:
		v.later(confirmPath)
	case no != nil && no.Code == signin.CodeUnverified:
		v.later(noticePath)
	default:
		props := map[string]any{"status": p.Status, "message": title(p)}
		if v.route.need == holder {
			props["home"] = "" // it is in the app
		}
		v.page("Error", p.Status, props)
	}
}

// firsts returns the first text of each field.
func firsts(e *words.Errors) map[string]string {
	all := map[string]string{}
	for _, field := range e.Fields() {
		all[field] = e.Of(field)[0]
	}
	return all
}

// later sends the browser elsewhere first, and remembers where somebody wanted to go: to the page they asked for or, if they
// wanted to do something, to the one they did it on.
func (v *visit) later(path string) {
	intended := v.site.Back(v.r, "")
	if v.r.Method == http.MethodGet {
		intended = v.r.URL.RequestURI()
	}
	if intended != "" && !laravel.LocalPath(intended) {
		intended = ""
	}
	v.leave(laravel.Flash{Intended: intended})
	v.to(path)
}

// title is what a page says of a problem.
func title(p *laravel.Problem) string {
	switch p.Status {
	case laravel.StatusPageExpired:
		return "Page Expired"
	case http.StatusForbidden, http.StatusServiceUnavailable:
		return p.Message
	}
	return http.StatusText(p.Status)
}
