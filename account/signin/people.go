package signin

import (
	"context"
	"errors"
	"fmt"

	"madang/account"
)

// byEmail returns the person of an address; the zero value: there is none, or the address can be nobody's.
func (s *Service) byEmail(ctx context.Context, email string) (account.Person, error) {
	if !addressable(email) {
		return account.Person{}, nil
	}
	p, err := s.Store.PersonByEmail(ctx, s.config.App, s.config.Provider, email)
	if errors.Is(err, account.ErrNotFound) {
		return account.Person{}, nil
	}
	if err != nil {
		return account.Person{}, fmt.Errorf("signin: find a person: %w", err)
	}
	return p, nil
}

// person returns somebody who may be signed in. Who has been disabled, and who belongs to another provider, is nobody here.
func (s *Service) person(ctx context.Context, id int64) (account.Person, error) {
	p, err := s.Store.Person(ctx, s.config.App, id)
	switch {
	case errors.Is(err, account.ErrNotFound):
		return account.Person{}, nobody()
	case err != nil:
		return account.Person{}, fmt.Errorf("signin: read a person: %w", err)
	case p.Provider != s.config.Provider || p.Disabled():
		return account.Person{}, nobody()
	}
	return p, nil
}

// current returns who is signed in as they are now, if they may manage their account by what they are signed in by: that is
// for people. A program's token, whatever it may do, could otherwise make itself another that may do more.
func (s *Service) current(ctx context.Context, who SignedIn) (account.Person, error) {
	if who.Session.Pending || who.Session.ID == (account.Hash{}) && who.Family.ID == "" && who.APIToken.ID == 0 {
		return account.Person{}, nobody()
	}
	if who.APIToken.ID != 0 {
		return account.Person{}, refuse(Forbidden, CodeForbidden, "")
	}
	return s.person(ctx, who.Person.ID)
}
