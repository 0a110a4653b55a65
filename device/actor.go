package device

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// An Actor is somebody who asks for something, and is trusted to be who they are.
type Actor struct {
	App    string
	Person string // the id of a user; empty: nobody in particular, at home
	Name   string // for people to read
	// Token is the id of the token they have shown; empty: they are signed in.
	Token string
	// Box is the serial of the box at whose display they stand; see [AtBox]. Empty: at none.
	Box string
	// Server says that it is the server's own authority; see [ByServer].
	Server bool
}

// What stands for who is nobody in particular, in commands and in the audit log. No user's id begins so.
const (
	guestPrefix  = "guest:"  // who has paired without being anybody: the token alone is their right
	boxPrefix    = "box:"    // somebody at the display of a box
	serverPrefix = "server:" // the server's own authority
)

// AtBox returns somebody at the display of a box: they may command what is behind that box, and nothing else. Whoever can touch
// it is in the house.
func AtBox(app, serial string) Actor { return Actor{App: app, Person: boxPrefix + serial, Box: serial} }

// ByServer returns the server's own authority on behalf of something that has a name of its own, of letters: it may command what
// is behind any hub of the app.
func ByServer(app, name string) Actor {
	return Actor{App: app, Person: serverPrefix + name, Server: true}
}

// guest reports whether the actor is nobody in particular, with a token.
func (a Actor) guest() bool { return strings.HasPrefix(a.Person, guestPrefix) }

// nobody reports whether a person's id stands for nobody in particular.
func nobody(person string) bool {
	return strings.HasPrefix(person, guestPrefix) || strings.HasPrefix(person, boxPrefix) || strings.HasPrefix(person, serverPrefix)
}

// ByToken returns who shows a token of an id. ErrUnauthenticated: there is no record of it (any more), or its person is
// locked.
func (s *Service) ByToken(ctx context.Context, app, id string) (Actor, Token, error) {
	t, err := s.Store.Token(ctx, app, id, s.now())
	if errors.Is(err, ErrNotFound) {
		return Actor{}, Token{}, fmt.Errorf("device: token %s: %w", id, ErrUnauthenticated)
	}
	if err != nil {
		return Actor{}, Token{}, fmt.Errorf("device: token %s: %w", id, err)
	}
	a := Actor{App: app, Person: t.Person, Token: id}
	if a.Person == "" {
		a.Person = guestPrefix + id
	}
	if err := s.unlocked(ctx, a); err != nil {
		return Actor{}, Token{}, fmt.Errorf("device: token %s: %w: %w", id, ErrUnauthenticated, err)
	}
	return a, t, nil
}

// unlocked refuses who is locked.
func (s *Service) unlocked(ctx context.Context, a Actor) error {
	if s.Locked == nil || a.Person == "" || nobody(a.Person) {
		return nil
	}
	locked, err := s.Locked(ctx, a.App, a.Person)
	if err != nil {
		return fmt.Errorf("whether %q is locked: %w", a.Person, err)
	}
	if locked {
		return fmt.Errorf("%q is locked: %w", a.Person, ErrForbidden)
	}
	return nil
}

// signedIn refuses who is nobody in particular, is locked, or has shown a token, which is good for one hub's devices only.
func (s *Service) signedIn(ctx context.Context, a Actor) error {
	if a.Person == "" || nobody(a.Person) || a.Token != "" || len(a.Person) > MaxPerson {
		return fmt.Errorf("this is for who is signed in: %w", ErrForbidden)
	}
	return s.unlocked(ctx, a)
}

// place returns a place in which the actor is, as an owner if they must be one. Of others' places nobody learns that they
// exist.
func (s *Service) place(ctx context.Context, a Actor, id string, owner bool) (Place, error) {
	if err := s.signedIn(ctx, a); err != nil {
		return Place{}, err
	}
	p, err := s.Store.Place(ctx, a.App, id)
	if err != nil {
		return Place{}, err
	}
	m, in := p.Member(a.Person)
	if !in {
		return Place{}, fmt.Errorf("place %s: %q is no member: %w", id, a.Person, ErrNotFound)
	}
	if owner && m.Role != Owner {
		return Place{}, fmt.Errorf("place %s: %q is no owner: %w", id, a.Person, ErrForbidden)
	}
	return p, nil
}

// hub returns a hub whose devices the actor may see and command.
func (s *Service) hub(ctx context.Context, a Actor, serial string) (Hub, error) {
	if err := s.unlocked(ctx, a); err != nil {
		return Hub{}, err
	}
	if a.Token != "" {
		t, err := s.Store.Token(ctx, a.App, a.Token, s.now())
		if errors.Is(err, ErrNotFound) {
			return Hub{}, fmt.Errorf("token %s: %w", a.Token, ErrUnauthenticated)
		}
		if err != nil {
			return Hub{}, err
		}
		if t.Hub != serial || t.Person != a.Person && (t.Person != "" || a.Person != guestPrefix+t.ID) {
			return Hub{}, fmt.Errorf("token %s is for another hub: %w", a.Token, ErrNotFound)
		}
	}
	h, err := s.Store.Hub(ctx, a.App, serial)
	if err != nil {
		return Hub{}, err
	}
	if a.guest() && a.Token != "" || a.Server || a.Box == serial && a.Box != "" {
		return h, nil
	}
	if h.Place != "" {
		p, err := s.Store.Place(ctx, a.App, h.Place)
		if err != nil {
			return Hub{}, err
		}
		if _, in := p.Member(a.Person); in {
			return h, nil
		}
	}
	return Hub{}, fmt.Errorf("hub %s: %q is no member of its place: %w", serial, a.Person, ErrNotFound)
}
