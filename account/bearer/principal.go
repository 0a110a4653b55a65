package bearer

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"madang"
	"madang/account/signin"
	"madang/account/token"
)

// facts are the claims of a principal.
type facts struct {
	SignIn    string    `json:"sign_in"`
	Email     string    `json:"email"`
	Verified  bool      `json:"email_verified"`
	Abilities *[]string `json:"abilities,omitempty"` // of an API token
}

// principal is somebody as connections know them.
func (t *Tokens) principal(who signin.SignedIn, until time.Time) *madang.Principal {
	f := facts{SignIn: SignInOf(who), Email: who.Person.Email, Verified: who.Person.Verified()}
	if who.APIToken.ID != 0 {
		abilities := append([]string{}, who.APIToken.Abilities...)
		f.Abilities = &abilities
	}
	text, err := json.Marshal(f)
	if err != nil { // texts have a JSON
		text = nil
	}
	c := t.service.Config()
	return &madang.Principal{App: c.App, Guard: c.Guard, User: who.Person.User(), Name: who.Person.Name, Claims: text, Expires: until}
}

// Principal returns who the credentials' token signs in. The error wraps ErrNotOurs if the token was made by somebody else, or
// there is none; any other is a madang.Refusal in the language of the credentials, or the server's own trouble.
func (t *Tokens) Principal(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	_, p, err := t.Authenticate(ctx, token.Find(c))
	if err == nil && c.App != "" && c.App != p.App {
		p, err = nil, ErrClaims // people of one app are strangers to the others
	}
	if err == nil || errors.Is(err, ErrNotOurs) || !errors.Is(err, madang.ErrUnauthenticated) {
		return p, err
	}
	t.log.DebugContext(ctx, "token refused", "reason", err, "app", c.App, "remote", c.Remote)
	code := token.CodeInvalid
	if errors.Is(err, ErrExpired) {
		code = token.CodeExpired
	}
	return nil, token.Refuse(code, token.Negotiate(c.Locale, token.Korean), err)
}
