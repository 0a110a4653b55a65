package standard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"madang"
	tokens "madang/account/bearer"
	"madang/account/guards"
	"madang/account/token"
	"madang/server"
)

// JWT is which tokens of other issuers, or of this server's own secret, are good. A server with accounts can do without.
type JWT struct {
	token.Config `yaml:",inline"`
}

func jwtDefaults() JWT { return JWT{token.Defaults()} }

// on reports whether there is any key.
func (c JWT) on() bool {
	return c.Secret != "" || len(c.Secrets)+len(c.PublicKeys) > 0 || c.JWKSURL != "" || c.JWKSFile != ""
}

// Validate reports what cannot work. That there is no key at all is for checkAuth to judge.
func (c JWT) Validate() error {
	if !c.on() {
		return nil
	}
	return c.Config.Validate()
}

// checkAuth finds a server to which nobody could come.
func checkAuth(set *server.Settings) error {
	c, err := server.SectionOf[JWT](set)
	if err != nil {
		return err
	}
	a, err := server.SectionOf[Accounts](set)
	if err != nil {
		return err
	}
	d, err := server.SectionOf[Device](set)
	if err != nil {
		return err
	}
	if c.on() || a.Enabled || d.atHome() { // a box at home has displays, and a program that shows its secret
		return nil
	}
	return fmt.Errorf("auth.jwt: %w", c.Config.Validate())
}

// check finds what is wrong between sections.
func check(set *server.Settings) error {
	return errors.Join(checkAuth(set), checkAccounts(set), checkDevices(set), checkNodes(set))
}

// openToken opens the guard of tokens, if there is any key.
func openToken(ctx context.Context, s *server.Site, c JWT) (*token.Guard, error) {
	if !c.on() {
		return nil, server.ErrOff
	}
	return token.New(ctx, c.Config, token.WithLogger(s.Log))
}

// An apiGuard is the guard of those who name none.
type apiGuard struct{ madang.Guard }

// openAPI opens it: tokens and, where people have accounts, those of this server before them, and sessions where there is none.
func openAPI(_ context.Context, s *server.Site, _ struct{}) (apiGuard, error) {
	foreign, _ := server.Find[*token.Guard](s) // nil: there is none
	a, err := server.Find[*accounts](s)
	if err != nil && foreign == nil {
		return apiGuard{madang.GuardFunc(nobody)}, nil // a box at home
	}
	if err != nil {
		return apiGuard{foreign}, nil //nolint:nilerr // there are no accounts
	}
	g := &guards.API{Tokens: []guards.Tokens{a.tokens, a.programs}, Web: a.browser, Language: token.Language(a.config.Locale)}
	if foreign != nil {
		g.Foreign = strangers{foreign, s.Log, g.Language}
	}
	return apiGuard{g}, nil
}

// nobody is the guard of a server that knows no people.
func nobody(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
	code := token.CodeInvalid
	if token.Find(c) == "" {
		code = token.CodeMissing
	}
	return nil, token.Refuse(code, token.Negotiate(c.Locale, token.Korean), errors.New("this server knows no people"))
}

// strangers are those whom another issuer's token proves, where people have accounts. One whose id could be a person's is not
// let in: in rooms, and to everybody who only sees ids, they would be that person.
type strangers struct {
	madang.Guard
	log  *slog.Logger
	lang token.Language
}

// errPersonID says why.
var errPersonID = errors.New("the user's id is a number, as those of people with accounts here are")

// Authenticate implements madang.Guard.
func (g strangers) Authenticate(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	p, err := g.Guard.Authenticate(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, err := strconv.ParseUint(p.User, 10, 64); err == nil {
		g.log.InfoContext(ctx, "a token of another issuer is refused: with accounts here its users must not be called by numbers; give them a prefix",
			"user", p.User, "remote", c.Remote)
		return nil, token.Refuse(token.CodeInvalid, token.Negotiate(c.Locale, g.lang), errPersonID)
	}
	return p, nil
}

var _ guards.Tokens = (*tokens.Tokens)(nil)
