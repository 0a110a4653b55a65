package bearer

import (
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// What clients do with the links that their people are mailed. A link leads to the configured URL: pages of this server (see
// fortify.NewLinks), or what takes it there, such as an app that its system opens for it. What that shows here are the link's parts.

// forgot sends a link for a new password to an address, if it is somebody's.
func (a *API) forgot(c *call) error {
	if c.in.Texts(c.from.Speaker, "email").Any() {
		e := words.NewErrors(c.from.Speaker)
		e.Add("email", words.Email)
		return laravel.Invalid(e)
	}
	if err := a.service.ForgotPassword(c.r.Context(), c.from, c.in.Text("email")); err != nil {
		return err
	}
	laravel.Message(c.w, http.StatusOK, c.from.Speaker.Say(words.Sent))
	return nil
}

// reset gives somebody a new password by such a link, /reset-password/TOKEN?email=EMAIL. It ends all their sign-ins, and makes none.
func (a *API) reset(c *call) error {
	err := a.service.ResetPassword(c.r.Context(), c.from, signin.ResetForm{
		Token: c.in.Text("token"), Email: c.in.Text("email"), Password: c.in.Text("password"), Confirmation: c.in.Text("password_confirmation"),
		Wrong: c.in.Texts(c.from.Speaker, "token", "email", "password"),
	})
	if err != nil {
		return err
	}
	laravel.Message(c.w, http.StatusOK, c.from.Speaker.Say(words.Reset))
	return nil
}

// verify proves somebody's address by a link to /email/verify/ID/HASH?signature=SIGNATURE.
func (a *API) verify(c *call) error {
	who, err := a.byAccess(c, c.shown())
	if err != nil {
		return c.noToken(a.config.Style, err)
	}
	if err := a.service.Verify(c.r.Context(), c.from, who, c.r.PathValue("id"), c.r.PathValue("hash"), c.in.Text("signature")); err != nil {
		return err
	}
	laravel.Empty(c.w, http.StatusNoContent)
	return nil
}

// sendVerification sends somebody another such link: 202, or 204 if there is nothing to prove.
func (a *API) sendVerification(c *call) error {
	who, err := a.byAccess(c, c.shown())
	if err != nil {
		return c.noToken(a.config.Style, err)
	}
	sent, err := a.service.SendVerification(c.r.Context(), c.from, who)
	if err != nil {
		return err
	}
	if !sent {
		laravel.Empty(c.w, http.StatusNoContent)
		return nil
	}
	laravel.Empty(c.w, http.StatusAccepted)
	return nil
}
