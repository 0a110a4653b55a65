package device

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"madang/device/proof"
)

// Register makes a hub known, on the server's own authority, and returns the secret by which the box proves itself, which is
// not kept. A hub that is known keeps what it has, but proves itself by nothing else any more: its connections end.
func (s *Service) Register(ctx context.Context, app, serial, name string) (secret string, err error) {
	secret = rand.Text()
	err = s.register(ctx, app, serial, name, func(h *Hub) { h.Secret, h.PublicKey, h.Proofs = HashOf(secret), "", nil })
	if err != nil {
		return "", err
	}
	return secret, nil
}

// RegisterKey is Register for a box that has a key of its own, of which this is the public one: see [proof.Key].
func (s *Service) RegisterKey(ctx context.Context, app, serial, name, public string) error {
	if _, err := proof.Key(public); err != nil {
		return fmt.Errorf("device: register a hub: %w: %w", ErrInvalid, err)
	}
	return s.register(ctx, app, serial, name, func(h *Hub) { h.Secret, h.PublicKey, h.Proofs = Hash{}, public, nil })
}

func (s *Service) register(ctx context.Context, app, serial, name string, by func(*Hub)) error {
	if err := errors.Join(CheckSerial(serial), checkName(name)); err != nil {
		return fmt.Errorf("device: register a hub: %w", err)
	}
	known := false
	err := s.save(ctx, "register a hub", func() (Change, error) {
		h, err := s.Store.Hub(ctx, app, serial)
		if known = err == nil; errors.Is(err, ErrNotFound) {
			h, err = Hub{App: app, Serial: serial, RegisteredAt: s.now()}, nil
		}
		h.Name = name
		by(&h)
		return Change{Hubs: []Hub{h}, Audit: []AuditEntry{s.note(Actor{App: app}, ActRegistered, h.Place, serial, name)}}, err
	})
	if err == nil && known {
		s.Outlet.Ended(ctx, Ended{App: app, Box: serial})
	}
	return err
}

// Prove returns the hub of a serial if the secret is its. ErrUnauthenticated: it is not, or there is no such hub.
func (s *Service) Prove(ctx context.Context, app, serial, secret string) (Hub, error) {
	h, err := s.Store.Hub(ctx, app, serial)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Hub{}, fmt.Errorf("device: prove a hub: %w", err)
	}
	given := HashOf(secret)
	if subtle.ConstantTimeCompare(given[:], h.Secret[:]) != 1 || err != nil {
		return Hub{}, fmt.Errorf("device: hub %.64q: %w", serial, ErrUnauthenticated)
	}
	return h, nil
}

// ProveByKey returns the hub whose key has signed a token for an audience; see package proof. It is good once, on all nodes
// together. ErrUnauthenticated: it is not good, or not any more. ErrTooMany: the hub proves itself too often.
func (s *Service) ProveByKey(ctx context.Context, app, token, audience string) (Hub, error) {
	serial, err := proof.Serial(token)
	if err != nil {
		return Hub{}, fmt.Errorf("device: prove a hub: %w: %w", ErrUnauthenticated, err)
	}
	var h Hub
	err = s.save(ctx, "prove a hub", func() (Change, error) {
		var err error
		if h, err = s.Store.Hub(ctx, app, serial); errors.Is(err, ErrNotFound) || err == nil && h.PublicKey == "" {
			return Change{}, fmt.Errorf("hub %.64q has no key here: %w", serial, ErrUnauthenticated)
		}
		if err != nil {
			return Change{}, err
		}
		p, err := proof.Read(token, h.PublicKey, audience, s.now())
		if err != nil {
			return Change{}, fmt.Errorf("%w: %w", ErrUnauthenticated, err)
		}
		h, err = h.shown(Proof{p.ID, p.Until}, s.now())
		return Change{Hubs: []Hub{h}}, err
	})
	return h, err
}

// Arrive says that a hub is connected, by a connection of a name, and sends it what has waited for it.
func (s *Service) Arrive(ctx context.Context, app, serial, link string) (Hub, error) {
	old := ""
	h, err := s.link(ctx, app, serial, ActOnline, func(h *Hub) bool {
		old = h.Link
		h.Link = link
		return old != link
	})
	if err != nil {
		return Hub{}, err
	}
	if old != "" && old != link {
		s.Outlet.Ended(ctx, Ended{App: app, Link: old, Of: serial})
	}
	return h, s.flush(ctx, h)
}

// Depart says that a hub's connection has ended: its last will. If the hub has connected anew, it means nothing. Commands on
// their way wait, or end if they cannot.
func (s *Service) Depart(ctx context.Context, app, serial, link string) error {
	left := false
	h, err := s.link(ctx, app, serial, ActOffline, func(h *Hub) bool {
		if left = h.Link == link; left {
			h.Link = ""
		}
		return left
	})
	if err != nil || !left {
		return err
	}
	open, err := s.Store.OpenCommands(ctx, app, serial)
	for _, c := range open {
		if c.State != Sent {
			continue
		}
		if moved := s.move(ctx, h, c, func(c Command) Command { return c.queue(s.now()) }); !errors.Is(moved, ErrConflict) {
			err = errors.Join(err, moved) // otherwise it has ended, or somebody else has put it back
		}
	}
	if err != nil {
		return err
	}
	return s.back(ctx, h)
}

// link changes how a hub is connected; f says whether it does.
func (s *Service) link(ctx context.Context, app, serial string, act Act, f func(*Hub) bool) (Hub, error) {
	var h Hub
	changed := false
	err := s.save(ctx, "hub "+string(act), func() (Change, error) {
		var err error
		if h, err = s.Store.Hub(ctx, app, serial); err != nil {
			return Change{}, err
		}
		if changed = f(&h); !changed {
			return Change{}, nil
		}
		h.SeenAt = s.now()
		return Change{Hubs: []Hub{h}, Audit: []AuditEntry{s.note(Actor{App: app}, act, h.Place, serial, "")}}, nil
	})
	if err != nil {
		return Hub{}, err
	}
	if changed {
		h.Rev++
		s.Outlet.HubChanged(ctx, h)
	}
	return h, nil
}

// RemoveHub ends that a hub belongs to a place of which the actor is an owner: nobody can command it any more until somebody
// pairs with it anew.
func (s *Service) RemoveHub(ctx context.Context, a Actor, serial string) error {
	if err := s.change(ctx, a); err != nil {
		return fmt.Errorf("device: remove a hub: %w", err)
	}
	var h Hub
	var place string
	var e Ended
	var x ending
	err := s.save(ctx, "remove a hub", func() (Change, error) {
		var err error
		if h, err = s.Store.Hub(ctx, a.App, serial); err != nil {
			return Change{}, err
		}
		if place = h.Place; place == "" {
			return Change{}, fmt.Errorf("hub %s belongs to no place: %w", serial, ErrNotFound)
		}
		if _, err := s.place(ctx, a, place, true); err != nil {
			return Change{}, err
		}
		c := Change{Audit: []AuditEntry{s.note(a, ActHubRemoved, place, serial, "")}}
		e, x = Ended{App: a.App, Place: place, Hub: serial}, ending{}
		err = errors.Join(s.endTokens(ctx, &c, &e, h, func(Token) bool { return true }), s.endOpen(ctx, &c, &x, h, func(Command) bool { return true }))
		h.Place = ""
		c.Hubs = []Hub{h}
		return c, err
	})
	if err != nil {
		return err
	}
	h.Rev++
	s.Outlet.Ended(ctx, e)
	s.Outlet.HubChanged(ctx, h)
	s.tell(ctx, place, x)
	return nil
}

// endTokens adds the end of some tokens of a hub to a change.
func (s *Service) endTokens(ctx context.Context, c *Change, e *Ended, h Hub, which func(Token) bool) error {
	all, err := s.Store.TokensOf(ctx, h.App, h.Serial, s.now())
	for _, t := range all {
		if which(t) {
			c.NoTokens = append(c.NoTokens, t)
			e.Tokens = append(e.Tokens, t.ID)
			if !slices.Contains(e.Hubs, h.Serial) {
				e.Hubs = append(e.Hubs, h.Serial)
			}
		}
	}
	return err
}
