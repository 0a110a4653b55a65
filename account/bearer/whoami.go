package bearer

import (
	"net/http"
	"strings"
	"time"

	"madang/account"
	"madang/account/laravel"
	"madang/account/signin"
)

// A shownPerson is somebody as they see themselves: what Laravel makes of a user, without secrets.
type shownPerson struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Email     string  `json:"email"`
	Verified  *string `json:"email_verified_at"`
	CreatedAt *string `json:"created_at"`
	UpdatedAt *string `json:"updated_at"`
	Photo     *string `json:"profile_photo_url,omitempty"`
}

// show returns somebody as they see themselves.
func (a *API) show(p account.Person) shownPerson {
	s := shownPerson{
		ID: p.ID, Name: p.Name, Email: p.Email, Verified: moment(p.VerifiedAt), CreatedAt: moment(p.CreatedAt), UpdatedAt: moment(p.UpdatedAt),
	}
	if a.o.Photo != nil {
		if address := a.o.Photo(p); address != "" {
			s.Photo = &address
		}
	}
	return s
}

// moment is a time as Laravel writes it; nil: never.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000000Z")
	return &text
}

// me is who shows a token, of this interface or another.
func (a *API) me(c *call) error {
	who, err := a.byAccess(c, c.shown())
	if err != nil {
		return c.noToken(a.config.Style, err)
	}
	laravel.JSON(c.w, http.StatusOK, a.show(who.Person))
	return nil
}

// byAccess returns who is signed in by an access token.
func (a *API) byAccess(c *call, raw string) (signin.SignedIn, error) {
	t, err := a.current(c.r.Context(), raw, UseLogin, UseAccess, UseAbly)
	if err != nil {
		return signin.SignedIn{}, err
	}
	return a.signedIn(c.r.Context(), t)
}

// user is who shows an access token or an API token of either guard, or has a session: /api/user of Sanctum. A token that is no good is not made
// up for by a session.
func (a *API) user(c *call) error {
	raw := bearerToken(c.r.Header.Get("Authorization"))
	if raw == "" && a.o.Session != nil {
		p, err := a.o.Session(c.r)
		if err != nil {
			return err
		}
		laravel.JSON(c.w, http.StatusOK, a.show(p))
		return nil
	}
	who, _, err := a.Authenticate(c.r.Context(), raw)
	if err != nil && a.o.Programs != nil && strings.Contains(raw, "|") {
		who, _, err = a.o.Programs.Authenticate(c.r.Context(), raw)
	}
	if err != nil {
		return c.noToken(StyleAuth, err)
	}
	laravel.JSON(c.w, http.StatusOK, a.show(who.Person))
	return nil
}
