package fortify

import (
	"errors"
	"net/http"
	"net/url"

	"madang/account/laravel"
	"madang/account/signin"
)

// LinksPath is what the addresses of [NewLinks]' pages begin with.
const LinksPath = "/users"

const (
	linkResetPath  = LinksPath + "/reset-password"
	linkVerifyPath = LinksPath + "/email/verify"
	linkDonePath   = LinksPath + "/done"
)

// NewLinks returns a Fortify with nothing but the pages to which links in mails lead people who sign in with an app: the link may
// be opened in any browser, so that it alone says who they are. Nobody is signed in by it, nor is a session looked at. Opening a
// page uses nothing up, because programs that look for harm in mails open links too: what is done is done by a form.
func NewLinks(c Config, p Parts) (*Fortify, error) { return open(c, p, links()) }

func links() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{name: "users.password.reset", method: get, path: linkResetPath + "/{token}", need: holder, run: (*visit).linkResetPage, on: hasReset},
		{name: "users.password.update", method: post, path: linkResetPath, need: holder, run: (*visit).linkReset, on: hasReset},
		{name: "users.verification.verify", method: get, path: linkVerifyPath + "/{id}/{hash}", need: holder, run: (*visit).linkVerifyPage, on: hasVerification},
		{name: "users.verification.store", method: post, path: linkVerifyPath + "/{id}/{hash}", need: holder, run: (*visit).linkVerify, on: hasVerification},
		{name: "users.done", method: get, path: linkDonePath, need: holder, run: (*visit).linkDonePage},
	}
}

func (v *visit) linkResetPage() error {
	v.page("Auth/ResetPassword", http.StatusOK, map[string]any{
		"email": v.in.Text("email"), "token": v.r.PathValue("token"), "action": linkResetPath,
	})
	return nil
}

func (v *visit) linkReset() error {
	v.route.back = linkDonePath
	if token := v.in.Text("token"); token != "" {
		v.route.back = linkResetPath + "/" + url.PathEscape(token) + "?" + url.Values{"email": {v.in.Text("email")}}.Encode()
	}
	return v.resetTo(linkDonePath)
}

func (v *visit) linkVerifyPage() error {
	v.page("Auth/VerifyUser", http.StatusOK, map[string]any{"signature": v.in.Text("signature"), "action": v.r.URL.EscapedPath()})
	return nil
}

func (v *visit) linkVerify() error {
	signature := v.in.Text("signature")
	err := v.Service.VerifyLink(v.r.Context(), v.from, v.r.PathValue("id"), v.r.PathValue("hash"), signature)
	no, ok := errors.AsType[*signin.Refusal](err)
	switch {
	case ok && no.Code == signin.CodeLink && !laravel.ExpectsJSON(v.r): // the page has more to say of it than the one for errors
		v.leave(laravel.Flash{Errors: map[string]string{"signature": laravel.TextSignature}})
		v.route.back = v.r.URL.EscapedPath() + "?" + url.Values{"signature": {signature}}.Encode()
		v.goBack()
		return nil
	case err != nil:
		return err
	case laravel.WantsJSON(v.r):
		laravel.Empty(v.w, http.StatusNoContent)
		return nil
	}
	v.leave(laravel.Flash{Status: "email-verified"})
	v.to(linkDonePath)
	return nil
}

// linkDonePage says what was done, and that people can go back to their app.
func (v *visit) linkDonePage() error {
	v.page("Auth/LinkDone", http.StatusOK, map[string]any{"status": v.status()})
	return nil
}
