package bearer

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"madang/account"
	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// deviceToken gives a token for a program or a phone, id|secret, as the route of Sanctum's documentation for mobile apps does: as
// text, with all abilities. The sign-in that it takes ends at once.
func (a *API) deviceToken(c *call) error {
	e := words.NewErrors(c.from.Speaker)
	for _, name := range [...]string{"email", "password"} {
		if c.in.Text(name) == "" {
			e.Add(name, words.Required)
		}
	}
	if checkDevice(e, c.in.Text("device_name")); e.Any() {
		return laravel.Invalid(e)
	}
	ctx := c.r.Context()
	g, err := a.service.LoginTokens(ctx, c.from, c.loginForm())
	if r := refusal(err); r != nil && r.Code == signin.CodeFactorNeeded {
		e.Add("code", words.Required)
		return laravel.Invalid(e)
	}
	if err != nil {
		return err
	}
	_, text, err := a.service.AddAPIToken(ctx, c.from, g.SignedIn, c.in.Text("device_name"), a.service.Config().Abilities)
	if ended := a.service.Logout(ctx, c.from, g.SignedIn); err == nil {
		err = ended
	}
	if err != nil {
		return err
	}
	laravel.Private(c.w.Header())
	c.w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	_, _ = io.WriteString(c.w, text) // a client that is gone hears nothing
	return nil
}

// checkDevice checks what somebody calls their phone: it becomes the name of the token.
func checkDevice(e *words.Errors, name string) {
	switch {
	case name == "":
		e.Add("device_name", words.Required)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		e.Add("device_name", words.String)
	case len(name) > account.MaxName:
		e.Add("device_name", words.MaxString, "max", words.Number(account.MaxName))
	}
}
