package fortify

import (
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

func (v *visit) forgotPage() error {
	v.page("Auth/ForgotPassword", http.StatusOK, map[string]any{"status": v.status()})
	return nil
}

func (v *visit) forgot() error {
	if v.wrong("email").Any() {
		e := words.NewErrors(v.from.Speaker)
		e.Add("email", words.Email)
		return laravel.Invalid(e)
	}
	if err := v.Service.ForgotPassword(v.r.Context(), v.from, v.in.Text("email")); err != nil {
		return err
	}
	text := v.from.Speaker.Say(words.Sent)
	if laravel.WantsJSON(v.r) {
		laravel.Message(v.w, http.StatusOK, text)
		return nil
	}
	v.leave(laravel.Flash{Status: text})
	v.goBack()
	return nil
}

// resetPage is where the link of a mail leads.
func (v *visit) resetPage() error {
	v.page("Auth/ResetPassword", http.StatusOK, map[string]any{"email": v.in.Text("email"), "token": v.r.PathValue("token")})
	return nil
}

func (v *visit) reset() error { return v.resetTo(loginPath) }

// resetTo resets a password, and sends the browser to a path then.
func (v *visit) resetTo(path string) error {
	err := v.Service.ResetPassword(v.r.Context(), v.from, signin.ResetForm{
		Token: v.in.Text("token"), Email: v.in.Text("email"), Password: v.in.Text("password"), Confirmation: v.in.Text("password_confirmation"),
		Wrong: v.wrong("token", "email", "password"),
	})
	if err != nil {
		return err
	}
	text := v.from.Speaker.Say(words.Reset)
	if laravel.WantsJSON(v.r) {
		laravel.Message(v.w, http.StatusOK, text)
		return nil
	}
	v.leave(laravel.Flash{Status: text})
	v.to(path)
	return nil
}
