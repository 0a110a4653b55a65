package bearer

import (
	"context"
	"errors"
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
)

// An oauthError is an answer in the form of RFC 6749, section 5.2.
type oauthError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Error returns the code.
func (e *oauthError) Error() string { return "bearer: " + e.Code }

func invalidRequest(text string) error {
	return &oauthError{http.StatusBadRequest, "invalid_request", text}
}

func invalidGrant(text string) error {
	return &oauthError{http.StatusBadRequest, "invalid_grant", text}
}

// oauth makes an answer whose errors have the form of RFC 6749 of one that returns them.
func oauth(answer func(*call) error) func(*call) error {
	return func(c *call) error {
		c.w.Header().Set("Pragma", "no-cache") // section 5.1, beside Cache-Control
		err := answer(c)
		if r := refusal(err); r != nil {
			(&laravel.Problem{Status: int(r.Class), Verdict: r.Verdict}).Header(c.w.Header(), c.api.service.Now())
			err = oauthRefusal(r)
		}
		if e, ok := errors.AsType[*oauthError](err); ok {
			laravel.JSON(c.w, e.status, e)
			return nil
		}
		return err
	}
}

// oauthRefusal says a refusal in the words of RFC 6749. Those for a second factor are the ones that others have made common.
func oauthRefusal(r *signin.Refusal) error {
	switch {
	case r.Class == signin.TooMany:
		return &oauthError{http.StatusTooManyRequests, "temporarily_unavailable", "There were too many attempts. Try again when Retry-After is over."}
	case r.Class == signin.Busy:
		return &oauthError{http.StatusServiceUnavailable, "temporarily_unavailable", "Too many people sign in. Try again in a moment."}
	case r.Code == signin.CodeFactorNeeded:
		return &oauthError{http.StatusBadRequest, "mfa_required", textFactorMessage}
	case r.Code == signin.CodeFactor:
		return invalidGrant("The code is not right, or was used before.")
	case r.Code == signin.CodeReused:
		return invalidGrant("The refresh token was used before. The sign-in has ended.")
	}
	return invalidGrant("They do not sign anybody in.")
}

// grantToken is the token endpoint: an access token and a refresh token, for a password or the refresh token before. There are
// no clients that would have to show who they are.
func (a *API) grantToken(c *call) error {
	var g signin.Grant
	var err error
	switch kind := c.in.Text("grant_type"); kind {
	case "":
		return invalidRequest("grant_type is missing: password or refresh_token")
	case "password":
		g, err = a.byPassword(c)
	case "refresh_token":
		g, err = a.byRefresh(c)
	default:
		return &oauthError{http.StatusBadRequest, "unsupported_grant_type", "grant_type can be password or refresh_token"}
	}
	if err != nil {
		return err
	}
	now := a.service.Now()
	t, err := a.sign(c.r.Context(), g.SignedIn, UseAccess, "", "", now.Add(a.config.AccessTTL))
	if err != nil {
		return err
	}
	(&laravel.Problem{Verdict: g.Verdict}).Header(c.w.Header(), now)
	laravel.JSON(c.w, http.StatusOK, struct {
		newToken
		Refresh string `json:"refresh_token"`
	}{newToken{t.token, "Bearer", seconds(t.expires.Sub(now))}, g.Refresh()})
	return nil
}

// byPassword signs in with username (RFC 6749, section 4.3) or email, password, and the second factor.
func (a *API) byPassword(c *call) (signin.Grant, error) {
	f := c.loginForm()
	if name := c.in.Text("username"); name != "" {
		f.Email = name
	}
	if f.Email == "" || f.Password == "" {
		return signin.Grant{}, invalidRequest("username and password are needed")
	}
	return a.service.LoginTokens(c.r.Context(), c.from, f)
}

func (a *API) byRefresh(c *call) (signin.Grant, error) {
	shown := c.in.Text("refresh_token")
	if shown == "" {
		return signin.Grant{}, invalidRequest("refresh_token is missing")
	}
	family, next, ok := a.service.SplitRefresh(shown)
	if !ok {
		return signin.Grant{}, invalidGrant("That is no refresh token.")
	}
	return a.service.Exchange(c.r.Context(), c.from, family, next)
}

// revoke ends the sign-in of a refresh token or an access token (RFC 7009). A token that is no good needs no revoking, so the
// answer is the same.
func (a *API) revoke(c *call) error {
	shown := c.in.Text("token")
	if shown == "" {
		return invalidRequest("token is missing")
	}
	who, err := a.revocable(c.r.Context(), shown)
	if err == nil {
		err = a.service.Logout(c.r.Context(), c.from, who)
	}
	if err != nil && !noGood(err) {
		return err
	}
	laravel.Private(c.w.Header())
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// revocable returns the sign-in that a refresh token or an access token belongs to.
func (a *API) revocable(ctx context.Context, shown string) (signin.SignedIn, error) {
	if family, next, ok := a.service.SplitRefresh(shown); ok {
		who, err := a.service.Token(ctx, family, next)
		if err = ended(err); !errors.Is(err, ErrEnded) {
			return who, err
		}
	}
	t, err := a.current(ctx, shown, UseLogin, UseAccess, UseAbly)
	if err != nil {
		return signin.SignedIn{}, err
	}
	return a.signedIn(ctx, t)
}
