package bearer

import (
	"net/http"
	"strconv"
	"time"

	"madang/account/laravel"
	"madang/account/signin"
)

// Texts of jwt-auth's documented controller, the same in every language.
const (
	textUnauthorized  = "Unauthorized"
	textFactor        = "two_factor_required"
	textLoggedOut     = "Successfully logged out"
	textFactorMessage = "The password is right. Send it again with a code, or with a recovery_code."
)

// A wrong is an error in jwt-auth's form.
type wrong struct {
	Error   string `json:"error"`
	Message string `json:"message,omitempty"`
}

// A newToken is what jwt-auth's controller answers.
type newToken struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"` // seconds
}

// login gives a token for name and password. Whatever is wrong with them is told alike; only who knows the password hears that a
// second factor is missing, or wrong.
func (a *API) login(c *call) error {
	g, err := a.service.LoginTokens(c.r.Context(), c.from, c.loginForm())
	if r := refusal(err); r != nil && unauthorized(r) {
		(&laravel.Problem{Verdict: r.Verdict}).Header(c.w.Header(), a.service.Now())
		w := wrong{Error: textUnauthorized}
		if r.Code == signin.CodeFactorNeeded {
			w = wrong{textFactor, textFactorMessage}
		}
		laravel.JSON(c.w, http.StatusUnauthorized, w)
		return nil
	}
	if err != nil {
		return err
	}
	(&laravel.Problem{Verdict: g.Verdict}).Header(c.w.Header(), a.service.Now())
	return a.give(c, http.StatusOK, g)
}

// unauthorized reports whether a login was refused for who it is: 401 at jwt-auth, also for a form with fields missing.
func unauthorized(r *signin.Refusal) bool {
	switch r.Code {
	case signin.CodeCredentials, signin.CodeInvalid, signin.CodeUnauthenticated, signin.CodeFactorNeeded:
		return true
	}
	return false
}

// register makes an account and gives a token.
func (a *API) register(c *call) error {
	g, err := a.service.RegisterTokens(c.r.Context(), c.from, c.registerForm())
	if err != nil {
		return err
	}
	return a.give(c, http.StatusCreated, g)
}

func (c *call) registerForm() signin.RegisterForm {
	return signin.RegisterForm{
		Name: c.in.Text("name"), Email: c.in.Text("email"), Password: c.in.Text("password"),
		Confirmation: c.in.Text("password_confirmation"), Terms: c.in.Flag("terms"),
	}
}

// refresh gives the next token for one that may have expired. The old one is no good from that moment on; shown again it ends the
// sign-in, because one of the two who have it is a thief.
func (a *API) refresh(c *call) error {
	t, err := a.read(c.r.Context(), c.shown(), UseLogin)
	if err == nil && t.early(a.service.Now()) {
		err = ErrEarly
	}
	if err != nil {
		return c.noToken(a.config.Style, err)
	}
	g, err := a.service.Exchange(c.r.Context(), c.from, t.Family, t.ID)
	if err != nil {
		return c.noToken(a.config.Style, ended(err))
	}
	if g.Person.User() != t.Subject { // no token says so that was signed here
		return c.noToken(a.config.Style, ErrClaims)
	}
	return a.give(c, http.StatusOK, g)
}

// logout ends the sign-in of a token.
func (a *API) logout(c *call) error {
	who, err := a.byAccess(c, c.shown())
	if err != nil {
		return c.noToken(a.config.Style, err)
	}
	if err := a.service.Logout(c.r.Context(), c.from, who); err != nil {
		return err
	}
	laravel.Message(c.w, http.StatusOK, textLoggedOut)
	return nil
}

// give answers with the token of a grant. It is the grant's Next itself: its jti is what the next is exchanged for.
func (a *API) give(c *call, status int, g signin.Grant) error {
	now := a.service.Now()
	t, err := a.sign(c.r.Context(), g.SignedIn, UseLogin, g.Next, "", now.Add(a.config.TTL))
	if err != nil {
		return err
	}
	laravel.JSON(c.w, status, newToken{t.token, "bearer", seconds(t.expires.Sub(now))})
	return nil
}

// seconds is a time as answers have it. Tokens end at whole seconds, so part of one is missing.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// number is a person's id; 0, which nobody has, if it is none.
func number(user string) int64 {
	n, err := strconv.ParseInt(user, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
