package device

import (
	"context"
	"fmt"
	"slices"
)

// Tokens returns what people have paired with a hub, the oldest first: to an owner of its place all of it, to others their own.
func (s *Service) Tokens(ctx context.Context, a Actor, serial string) ([]Token, error) {
	h, err := s.hub(ctx, a, serial)
	if err != nil {
		return nil, fmt.Errorf("device: tokens: %w", err)
	}
	owner, err := s.owns(ctx, a, h)
	if err != nil {
		return nil, fmt.Errorf("device: tokens: %w", err)
	}
	list, err := s.Store.TokensOf(ctx, a.App, serial, s.now())
	if err != nil {
		return nil, fmt.Errorf("device: tokens: %w", err)
	}
	return slices.DeleteFunc(list, func(t Token) bool { return !owner && !a.has(t) }), nil
}

// EndToken ends one token of a hub: an owner of its place anybody's, others their own. It is as if it had never been paired.
// ErrNotFound: there is none of this id that the actor could end.
func (s *Service) EndToken(ctx context.Context, a Actor, serial, id string) error {
	var e Ended
	err := s.save(ctx, "end a token", func() (Change, error) {
		h, err := s.hub(ctx, a, serial)
		if err != nil {
			return Change{}, err
		}
		owner, err := s.owns(ctx, a, h)
		if err != nil {
			return Change{}, err
		}
		e = Ended{App: a.App}
		c := Change{Audit: []AuditEntry{s.note(a, ActUnpaired, h.Place, serial, id)}}
		err = s.endTokens(ctx, &c, &e, h, func(t Token) bool { return t.ID == id && (owner || a.has(t)) })
		if err == nil && len(e.Tokens) == 0 {
			err = fmt.Errorf("token %.64q: %w", id, ErrNotFound)
		}
		return c, err
	})
	if err != nil {
		return err
	}
	s.Outlet.Ended(ctx, e)
	return nil
}

// owns reports whether the actor is an owner of a hub's place. Who shows a token is not: it is good for devices alone.
func (s *Service) owns(ctx context.Context, a Actor, h Hub) (bool, error) {
	if a.Token != "" || h.Place == "" {
		return false, nil
	}
	p, err := s.Store.Place(ctx, a.App, h.Place)
	if err != nil {
		return false, err
	}
	m, in := p.Member(a.Person)
	return in && m.Role == Owner, nil
}

// has reports whether a token is the actor's.
func (a Actor) has(t Token) bool {
	return a.Token == t.ID || a.Token == "" && a.Person != "" && a.Person == t.Person
}
