package standard

import (
	"context"
	"errors"
	"fmt"

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
	if c.on() || a.Enabled {
		return nil
	}
	return fmt.Errorf("auth.jwt: %w", c.Config.Validate())
}

// check finds what is wrong between sections.
func check(set *server.Settings) error { return errors.Join(checkAuth(set), checkAccounts(set)) }

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
	if err != nil {
		return apiGuard{foreign}, nil //nolint:nilerr // there are no accounts
	}
	g := &guards.API{Tokens: []guards.Tokens{a.tokens, a.programs}, Web: a.browser, Language: token.Language(a.config.Locale)}
	if foreign != nil {
		g.Foreign = foreign
	}
	return apiGuard{g}, nil
}

var _ guards.Tokens = (*tokens.Tokens)(nil)
