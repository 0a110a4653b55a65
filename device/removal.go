package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// SetRole makes a member of a place of which the actor is an owner more or less than they are. ErrLastOwner: nobody would own the
// place.
func (s *Service) SetRole(ctx context.Context, a Actor, place, person string, r Role) (Place, error) {
	if !r.Valid() {
		return Place{}, fmt.Errorf("device: set a role: role %.20q: %w", r, ErrInvalid)
	}
	return s.changePlace(ctx, a, "set a role", place, func(p Place) (Place, AuditEntry, error) {
		p, err := p.as(person, r)
		return p, s.note(a, ActRole, place, "", person+" "+string(r)), err
	})
}

// DeletePlace ends a place of which the actor is an owner: nobody can command its hubs any more until somebody pairs with them
// anew.
func (s *Service) DeletePlace(ctx context.Context, a Actor, id string) error {
	if err := s.change(ctx, a); err != nil {
		return fmt.Errorf("device: delete a place: %w", err)
	}
	var g going
	err := s.save(ctx, "delete a place", func() (Change, error) {
		p, err := s.place(ctx, a, id, true)
		if err != nil {
			return Change{}, err
		}
		g = going{}
		err = s.withoutPlace(ctx, &g, a, p)
		return g.Change, err
	})
	if err != nil {
		return err
	}
	s.tellGoing(ctx, g)
	return nil
}

// ForgetPerson takes somebody out of all their places, on the server's own authority: their account is gone. Where they were the
// last owner, the member who has been there longest owns the place from then on; where nobody is left, the place goes with them.
func (s *Service) ForgetPerson(ctx context.Context, app, person string) error {
	places, err := s.Store.PlacesOf(ctx, app, person)
	if err != nil {
		return fmt.Errorf("device: forget a person: %w", err)
	}
	for _, p := range places {
		var g going
		err := s.save(ctx, "forget a person", func() (Change, error) {
			g = going{}
			now, err := s.Store.Place(ctx, app, p.ID)
			if errors.Is(err, ErrNotFound) {
				return Change{}, nil
			}
			if err != nil {
				return Change{}, err
			}
			err = s.withoutPerson(ctx, &g, now, person)
			return g.Change, err
		})
		if err != nil {
			return err
		}
		s.tellGoing(ctx, g)
	}
	return nil
}

// RevokeHub ends a hub, on the server's own authority: it is not known any more, with what is behind it, what was paired with it
// and by what it proves itself; its connections end. Registered again it is a new one.
func (s *Service) RevokeHub(ctx context.Context, app, serial string) error {
	var g going
	err := s.save(ctx, "revoke a hub", func() (Change, error) {
		g = going{}
		h, err := s.Store.Hub(ctx, app, serial)
		if err != nil {
			return Change{}, err
		}
		g.Change.Audit = []AuditEntry{s.note(Actor{App: app}, ActRevoked, h.Place, serial, "")}
		g.NoHubs = []Hub{h}
		if g.NoDevices, err = s.Store.Devices(ctx, app, serial); err != nil {
			return Change{}, err
		}
		e := Ended{App: app, Place: h.Place, Hub: serial, Box: serial}
		x := ending{}
		err = errors.Join(s.endTokens(ctx, &g.Change, &e, h, func(Token) bool { return true }), s.endOpen(ctx, &g.Change, &x, h, func(Command) bool { return true }))
		g.ended, g.tell = []Ended{e}, []placed{{h.Place, x}}
		return g.Change, err
	})
	if err != nil {
		return err
	}
	s.tellGoing(ctx, g)
	return nil
}

// going is a change by which somebody or something goes, and what is to be told of it when it has been kept.
type going struct {
	Change
	ended []Ended
	tell  []placed
}

type placed struct {
	place string
	ending
}

func (s *Service) tellGoing(ctx context.Context, g going) {
	for _, x := range g.tell {
		s.tell(ctx, x.place, x.ending)
	}
	for _, e := range g.ended {
		s.Outlet.Ended(ctx, e)
	}
	for _, p := range g.Places {
		p.Rev++
		s.Outlet.PlaceChanged(ctx, p)
	}
	for _, h := range g.Hubs {
		h.Rev++
		s.Outlet.HubChanged(ctx, h)
	}
}

// withoutPlace adds the end of a place.
func (s *Service) withoutPlace(ctx context.Context, g *going, a Actor, p Place) error {
	hubs, err := s.Store.HubsOf(ctx, p.App, p.ID)
	if err != nil {
		return err
	}
	g.NoPlaces = append(g.NoPlaces, p)
	g.Audit = append(g.Audit, s.note(a, ActPlaceGone, p.ID, "", p.Name))
	gone := Ended{App: p.App, Place: p.ID, Gone: true}
	for _, h := range hubs {
		e, x := Ended{App: p.App, Place: p.ID, Hub: h.Serial}, ending{}
		err = errors.Join(err, s.endTokens(ctx, &g.Change, &e, h, func(Token) bool { return true }), s.endOpen(ctx, &g.Change, &x, h, func(Command) bool { return true }))
		h.Place = ""
		g.Hubs, g.ended, g.tell = append(g.Hubs, h), append(g.ended, e), append(g.tell, placed{p.ID, x})
	}
	g.ended = append(g.ended, gone)
	return err
}

// withoutPerson adds that somebody is in a place no more.
func (s *Service) withoutPerson(ctx context.Context, g *going, p Place, person string) error {
	m, in := p.Member(person)
	if !in {
		return nil
	}
	if len(p.Members) == 1 {
		return s.withoutPlace(ctx, g, Actor{App: p.App}, p)
	}
	next, err := p.without(person)
	if errors.Is(err, ErrLastOwner) {
		heir := slices.IndexFunc(p.Members, func(m Member) bool { return m.Person != person })
		if next, err = p.as(p.Members[heir].Person, Owner); err != nil {
			return err
		}
		g.Audit = append(g.Audit, s.note(Actor{App: p.App}, ActRole, p.ID, "", p.Members[heir].Person+" "+string(Owner)))
		next, err = next.without(person)
	}
	if err != nil {
		return err
	}
	g.Places = append(g.Places, next)
	g.Audit = append(g.Audit, s.note(Actor{App: p.App}, ActRemoved, p.ID, "", m.Person))
	return s.endIn(ctx, g, p, person)
}

// endIn adds the end of what somebody has paired in a place, and of what they wished for there and was not carried out yet.
func (s *Service) endIn(ctx context.Context, g *going, p Place, person string) error {
	e, x := Ended{App: p.App, Place: p.ID, Person: person}, ending{}
	hubs, err := s.Store.HubsOf(ctx, p.App, p.ID)
	for _, h := range hubs {
		e.Hubs = append(e.Hubs, h.Serial)
		if err == nil {
			err = s.endTokens(ctx, &g.Change, &e, h, func(t Token) bool { return t.Person == person })
		}
		if err == nil {
			err = s.endOpen(ctx, &g.Change, &x, h, func(c Command) bool { return c.Person == person })
		}
	}
	g.ended, g.tell = append(g.ended, e), append(g.tell, placed{p.ID, x})
	return err
}
