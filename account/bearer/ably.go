package bearer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"madang/account"
	"madang/account/laravel"
	"madang/account/signin"
)

// Ably makes tokens for clients of the Ably protocol.
type Ably interface {
	// Issue makes a token for somebody's connections. SignIn is what they are signed in by, as the claim sign_in of principals
	// has it: the token is no good when that has ended. A *signin.Refusal says that they may have none.
	Issue(ctx context.Context, signIn string, p account.Person) (AblyToken, error)
}

// An AblyToken is a token of Ably's clients.
type AblyToken struct {
	Token    string
	ClientID string // who its connections are
	Expires  time.Time
}

// renewCookie holds a token for renewals alone.
const renewCookie = "ably_sign_in"

// signInAbly answers with a sign-in's token, and leaves in a cookie what gets the next one: pages whose own token is running out
// send nothing along to authUrl, and the library sends no cookies to other origins. So unchanged pages renew on the server's own
// origin; others pass authHeaders or authCallback with the token while it is good.
func (a *API) signInAbly(c *call, status int, g signin.Grant) error {
	x, _, err := a.ablyToken(c.r.Context(), g.SignedIn)
	if err != nil {
		if ending := a.service.Logout(c.r.Context(), c.from, g.SignedIn); ending != nil {
			return errors.Join(err, ending)
		}
		return err
	}
	renew, err := a.sign(c.r.Context(), g.SignedIn, UseRenew, "", "", g.Family.ExpiresAt)
	if err != nil {
		return err
	}
	http.SetCookie(c.w, a.cookieOf(renewCookie, renew.token, int(seconds(renew.expires.Sub(a.service.Now())))))
	(&laravel.Problem{Verdict: g.Verdict}).Header(c.w.Header(), a.service.Now())
	laravel.JSON(c.w, status, struct {
		Token string `json:"token"`
	}{x.token})
	return nil
}

// ablyToken makes a token with one of Ably's inside. It must not outlive that one, or Ably's clients are refused.
func (a *API) ablyToken(ctx context.Context, who signin.SignedIn) (issued, AblyToken, error) {
	inner, err := a.o.Ably.Issue(ctx, SignInOf(who), who.Person)
	if err != nil {
		return issued{}, inner, err
	}
	x, err := a.sign(ctx, who, UseAbly, "", inner.Token, inner.Expires)
	return x, inner, err
}

// ablyLogin signs in with name and password.
func (a *API) ablyLogin(c *call) error {
	g, err := a.service.LoginTokens(c.r.Context(), c.from, c.loginForm())
	if err != nil {
		return err
	}
	return a.signInAbly(c, http.StatusOK, g)
}

// ablyRegister makes an account. Clients of this interface send less than Fortify's: they say the password once, and an
// application that has terms asks for them itself. Who does send those fields is held to them.
func (a *API) ablyRegister(c *call) error {
	f := c.registerForm()
	if !c.in.Has("password_confirmation") {
		f.Confirmation = f.Password
	}
	if !c.in.Has("terms") {
		f.Terms = true
	}
	if f.Name == "" {
		f.Name, _, _ = strings.Cut(f.Email, "@")
	}
	g, err := a.service.RegisterTokens(c.r.Context(), c.from, f)
	if r := refusal(err); r != nil && r.Code == signin.CodeInvalid && a.taken(c.r.Context(), f.Email) {
		return &nestError{Status: http.StatusConflict, Message: r.Errors.Of("email"), Text: "Conflict"}
	}
	if err != nil {
		return err
	}
	return a.signInAbly(c, http.StatusCreated, g)
}

// taken reports whether somebody has an address.
func (a *API) taken(ctx context.Context, email string) bool {
	s := a.service.Config()
	_, err := a.service.Store.PersonByEmail(ctx, s.App, s.Provider, account.Canonical(email))
	return err == nil
}

// ablyLogout ends the sign-in of the token, or of the cookie.
func (a *API) ablyLogout(c *call) error {
	who, err := a.renewer(c)
	if err == nil {
		err = a.service.Logout(c.r.Context(), c.from, who)
	}
	if err != nil && !noGood(err) {
		return err
	}
	http.SetCookie(c.w, a.cookieOf(renewCookie, "", 0))
	laravel.Empty(c.w, http.StatusNoContent)
	return nil
}

// renewer returns who is signed in by a good token in the header Authorization, or else by the cookie.
func (a *API) renewer(c *call) (signin.SignedIn, error) {
	raw, use := bearerToken(c.r.Header.Get("Authorization")), []Use{UseLogin, UseAccess, UseAbly}
	if raw == "" && sameOrigin(c.r) {
		raw, use = c.cookie(a.cookieName(renewCookie)), []Use{UseRenew}
	}
	t, err := a.current(c.r.Context(), raw, use...)
	if err != nil {
		return signin.SignedIn{}, err
	}
	return a.signedIn(c.r.Context(), t)
}

// sameOrigin reports whether a browser sends a request for a page of this very origin, or for the person themself. What is no
// browser, or an old one, does not say; the cookie has SameSite for those.
func sameOrigin(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none"
}

// ablyRenew gives the next token, with the same client id: what the option authUrl of Ably's clients asks for. It is Ably's
// TokenDetails. A refusal has the form of Ably's errors, and the status on which clients give up: with any other they ask again
// without end.
func (a *API) ablyRenew(c *call) error {
	who, err := a.renewer(c)
	if noGood(err) {
		return c.noRenewal("Nobody is signed in; sign in again.")
	}
	if err != nil {
		return err
	}
	x, inner, err := a.ablyToken(c.r.Context(), who)
	if r := refusal(err); r != nil && r.Code == signin.CodeUnverified {
		return c.noRenewal(laravel.TextUnverified)
	}
	if err != nil {
		return err
	}
	laravel.JSON(c.w, http.StatusOK, struct {
		Token    string `json:"token"`
		Issued   int64  `json:"issued"` // milliseconds
		Expires  int64  `json:"expires"`
		ClientID string `json:"clientId"`
	}{x.token, a.service.Now().UnixMilli(), x.expires.UnixMilli(), inner.ClientID})
	return nil
}

// noRenewal answers as Ably's clients read errors.
func (c *call) noRenewal(text string) error {
	const status = http.StatusForbidden
	laravel.JSON(c.w, status, map[string]any{"error": map[string]any{"message": text, "statusCode": status, "code": status * 100}})
	return nil
}
