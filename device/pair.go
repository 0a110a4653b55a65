package device

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"madang/device/pairing"
)

// maxTokens is how many tokens one person may have at a hub; a further one takes the place of the oldest.
const maxTokens = 10

func (a Actor) request(serial string, from netip.Addr) pairing.Request {
	return pairing.Request{Hub: pairing.Hub{App: a.App, ID: serial}, Person: a.Person, Address: from, Who: cmp.Or(a.Name, a.Person)}
}

// mayPair refuses who is locked, and who says to be what no user is.
func (s *Service) mayPair(ctx context.Context, a Actor) error {
	if nobody(a.Person) || a.Token != "" {
		return fmt.Errorf("%q pairs with nothing: %w", a.Person, ErrForbidden)
	}
	return s.unlocked(ctx, a)
}

// AskCode has the display of a hub show a code for the actor. The errors are those of [pairing.Pairing.Ask], and ErrForbidden
// for who is locked. That there is no such hub is not told: its display is not connected.
func (s *Service) AskCode(ctx context.Context, a Actor, serial string, from netip.Addr) error {
	if err := s.mayPair(ctx, a); err != nil {
		return fmt.Errorf("device: ask for a code: %w", err)
	}
	if err := CheckSerial(serial); err != nil {
		return fmt.Errorf("device: ask for a code: %w", err)
	}
	h, err := s.Store.Hub(ctx, a.App, serial)
	if errors.Is(err, ErrNotFound) { // it counts and answers as one whose display is away: nobody learns which hubs there are
		return cmp.Or(s.Pairing.Count(ctx, a.request(serial, from), "ask"), pairing.ErrNoDisplay)
	}
	if err != nil {
		return fmt.Errorf("device: ask for a code: %w", err)
	}
	if err := s.Pairing.Ask(ctx, a.request(serial, from)); err != nil {
		return err
	}
	detail := ""
	if from.IsValid() {
		detail = from.String()
	}
	err = s.Store.Save(ctx, Change{Audit: []AuditEntry{s.note(a, ActCodeAsked, h.Place, serial, detail)}})
	if err != nil {
		return fmt.Errorf("device: ask for a code: %w", err)
	}
	return nil
}

// Paired is what comes of the right code.
type Paired struct {
	Token     string // signed
	ID        string // jti
	Hub       Hub
	ExpiresAt time.Time // of the token
}

// CheckCode redeems the code that the actor has read on the display of a hub. Serial may be empty: then it is the hub of
// which they last asked a code. Whoever is the first to pair with a hub becomes the owner of a new place to which it belongs;
// others become members of its place. Nobody in particular (at home) gets a token and no more. Errors are those of
// [pairing.Pairing.Check], and ErrForbidden for who is locked.
func (s *Service) CheckCode(ctx context.Context, a Actor, serial string, from netip.Addr, code string) (Paired, error) {
	if err := s.mayPair(ctx, a); err != nil {
		return Paired{}, fmt.Errorf("device: check a code: %w", err)
	}
	if serial == "" {
		h, err := s.Pairing.LastAsked(ctx, a.App, a.request("", from))
		if err != nil && !errors.Is(err, pairing.ErrNotFound) {
			return Paired{}, fmt.Errorf("device: check a code: %w", err)
		}
		serial = cmp.Or(h.ID, "-") // a hub that there is not: the try counts all the same
	} else if err := CheckSerial(serial); err != nil {
		return Paired{}, fmt.Errorf("device: check a code: %w", err)
	}
	if err := s.Pairing.Check(ctx, a.request(serial, from), code); err != nil {
		return Paired{}, err
	}
	// The code is used up from here on, whatever happens: whoever it fails asks for another.
	return s.pair(context.WithoutCancel(ctx), a, serial, func(ctx context.Context, h Hub) (Place, error) {
		return s.placeFor(ctx, a, h)
	})
}

// pair makes a token of a hub, which belongs from now on to the place that placeOf says.
func (s *Service) pair(ctx context.Context, a Actor, serial string, placeOf func(context.Context, Hub) (Place, error)) (Paired, error) {
	now := s.now()
	t := Token{App: a.App, ID: s.newID(), Person: a.Person, Hub: serial, IssuedAt: now, ExpiresAt: now.Add(s.config.TokenTTL)}
	var h Hub
	var p Place
	err := s.save(ctx, "pair", func() (Change, error) {
		c := Change{Tokens: []Token{t}}
		var err error
		if h, err = s.Store.Hub(ctx, a.App, serial); err != nil {
			return Change{}, err
		}
		if p, err = placeOf(ctx, h); err != nil {
			return Change{}, err
		}
		if p.ID != "" {
			h.Place = p.ID
			c.Places = []Place{p}
		}
		c.Hubs = []Hub{h} // also if nothing of it changes: who takes it out of the place meanwhile must find the token
		if err := s.makeRoom(ctx, &c, t); err != nil {
			return Change{}, err
		}
		c.Audit = []AuditEntry{s.note(a, ActPaired, h.Place, serial, t.ID)}
		return c, nil
	})
	if err != nil {
		return Paired{}, err
	}
	signed, err := s.Sign(ctx, s.claims(t))
	if err != nil {
		return Paired{}, fmt.Errorf("device: pair: sign the token: %w", err)
	}
	h.Rev++
	if p.ID != "" {
		p.Rev++
		s.Outlet.PlaceChanged(ctx, p)
		s.Outlet.HubChanged(ctx, h)
	}
	return Paired{Token: signed, ID: t.ID, Hub: h, ExpiresAt: t.ExpiresAt}, nil
}

// placeFor returns the place of a hub with the actor in it; none for nobody in particular.
func (s *Service) placeFor(ctx context.Context, a Actor, h Hub) (Place, error) {
	if a.Person == "" {
		return Place{}, nil
	}
	if h.Place == "" {
		return s.newPlace(a, h.Name), nil
	}
	p, err := s.Store.Place(ctx, a.App, h.Place)
	if err != nil {
		return Place{}, err
	}
	return p.with(Member{Person: a.Person, Name: a.Name, Role: HouseMember, Since: s.now()})
}

// makeRoom ends the oldest tokens of somebody who has too many of a hub.
func (s *Service) makeRoom(ctx context.Context, c *Change, t Token) error {
	all, err := s.Store.TokensOf(ctx, t.App, t.Hub, s.now())
	all = slices.DeleteFunc(all, func(other Token) bool { return other.Person != t.Person })
	if n := len(all) - maxTokens + 1; n > 0 {
		c.NoTokens = append(c.NoTokens, all[:n]...) // ids sort by time
	}
	return err
}

func (s *Service) claims(t Token) Claims {
	return Claims{
		ID: t.ID, Subject: cmp.Or(t.Person, guestPrefix+t.ID), Serial: t.Hub, Audience: audience(t.Hub), App: t.App,
		IssuedAt: t.IssuedAt, ExpiresAt: t.ExpiresAt,
	}
}

// Unpair ends all that somebody has paired with a hub: an owner of its place anybody's, everybody their own. They stay
// members of the place; [Service.Remove] ends that too.
func (s *Service) Unpair(ctx context.Context, a Actor, serial, person string) error {
	if err := s.change(ctx, a); err != nil {
		return fmt.Errorf("device: unpair: %w", err)
	}
	var e Ended
	err := s.save(ctx, "unpair", func() (Change, error) {
		h, err := s.hub(ctx, a, serial)
		if err != nil {
			return Change{}, err
		}
		if person != a.Person {
			if _, err := s.place(ctx, a, h.Place, true); err != nil {
				return Change{}, err
			}
		}
		e = Ended{App: a.App}
		c := Change{Audit: []AuditEntry{s.note(a, ActUnpaired, h.Place, serial, person)}}
		err = s.endTokens(ctx, &c, &e, h, func(t Token) bool { return t.Person == person || guestPrefix+t.ID == person })
		return c, err
	})
	if err != nil {
		return err
	}
	s.Outlet.Ended(ctx, e)
	return nil
}

// EndPerson ends all that somebody has paired, on the server's own authority: their account is locked. Their places stay as they
// are; see [Service.ForgetPerson] for an account that is gone.
func (s *Service) EndPerson(ctx context.Context, app, person string) error {
	var e Ended
	err := s.save(ctx, "end what somebody has paired", func() (c Change, err error) {
		e = Ended{App: app}
		places, err := s.Store.PlacesOf(ctx, app, person)
		for _, p := range places {
			hubs, hubsErr := s.Store.HubsOf(ctx, app, p.ID)
			err = errors.Join(err, hubsErr)
			for _, h := range hubs {
				e.Hubs = append(e.Hubs, h.Serial)
				err = errors.Join(err, s.endTokens(ctx, &c, &e, h, func(t Token) bool { return t.Person == person }))
			}
			c.Audit = append(c.Audit, s.note(Actor{App: app}, ActUnpaired, p.ID, "", person))
		}
		return c, err
	})
	if err != nil {
		return err
	}
	s.Outlet.Ended(ctx, e)
	return nil
}

// PressButton says that somebody has pressed the button on the box; only the hub may.
func (s *Service) PressButton(ctx context.Context, h Hub) error {
	if err := s.Pairing.Press(ctx, pairing.Hub{App: h.App, ID: h.Serial}); err != nil {
		return err
	}
	return s.Store.Save(ctx, Change{Audit: []AuditEntry{s.note(Actor{App: h.App}, ActPressed, h.Place, h.Serial, "")}})
}
