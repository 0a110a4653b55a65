package device

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// maxPlaces is in how many places one may be and still make another.
const maxPlaces = 50

// note makes an entry of the audit log.
func (s *Service) note(a Actor, act Act, place, hub, detail string) AuditEntry {
	return AuditEntry{At: s.now(), App: a.App, Place: place, Hub: hub, Person: a.Person, Act: act, Detail: detail}
}

// MakePlace makes a place with the actor as its owner.
func (s *Service) MakePlace(ctx context.Context, a Actor, name string) (Place, error) {
	if err := s.signedIn(ctx, a); err != nil {
		return Place{}, fmt.Errorf("device: make a place: %w", err)
	}
	if err := checkName(name); err != nil {
		return Place{}, fmt.Errorf("device: make a place: %w", err)
	}
	if err := s.change(ctx, a); err != nil {
		return Place{}, fmt.Errorf("device: make a place: %w", err)
	}
	p := s.newPlace(a, name)
	err := s.save(ctx, "make a place", func() (Change, error) {
		all, err := s.Store.PlacesOf(ctx, a.App, a.Person)
		if err == nil && len(all) >= maxPlaces {
			err = fmt.Errorf("%q is in %d places: %w", a.Person, len(all), ErrTooMany)
		}
		return Change{Places: []Place{p}, Audit: []AuditEntry{s.note(a, ActPlaceMade, p.ID, "", name)}}, err
	})
	p.Rev++
	return p, err
}

func (s *Service) newPlace(a Actor, name string) Place {
	now := s.now()
	return Place{
		App: a.App, ID: s.newID(), Name: name, CreatedAt: now,
		Members: []Member{{Person: a.Person, Name: a.Name, Role: Owner, Since: now}},
	}
}

// Places returns the places in which the actor is.
func (s *Service) Places(ctx context.Context, a Actor) ([]Place, error) {
	if err := s.signedIn(ctx, a); err != nil {
		return nil, fmt.Errorf("device: places: %w", err)
	}
	all, err := s.Store.PlacesOf(ctx, a.App, a.Person)
	if err != nil {
		return nil, fmt.Errorf("device: places: %w", err)
	}
	return all, nil
}

// RenamePlace gives a place of which the actor is an owner another name.
func (s *Service) RenamePlace(ctx context.Context, a Actor, id, name string) (Place, error) {
	if err := checkName(name); err != nil {
		return Place{}, fmt.Errorf("device: rename a place: %w", err)
	}
	return s.changePlace(ctx, a, "rename a place", id, func(p Place) (Place, AuditEntry, error) {
		p.Name = name
		return p, s.note(a, ActPlaceNamed, id, "", name), nil
	})
}

// changePlace changes a place of which the actor is an owner.
func (s *Service) changePlace(ctx context.Context, a Actor, what, id string, f func(Place) (Place, AuditEntry, error)) (Place, error) {
	if err := s.change(ctx, a); err != nil {
		return Place{}, fmt.Errorf("device: %s: %w", what, err)
	}
	var p Place
	err := s.save(ctx, what, func() (Change, error) {
		old, err := s.place(ctx, a, id, true)
		if err != nil {
			return Change{}, err
		}
		next, entry, err := f(old)
		p = next
		return Change{Places: []Place{next}, Audit: []AuditEntry{entry}}, err
	})
	if err != nil {
		return Place{}, err
	}
	p.Rev++
	s.Outlet.PlaceChanged(ctx, p)
	return p, nil
}

// Invite returns a secret by which somebody can join a place of which the actor is an owner, once, within
// [Config.InvitationTTL].
func (s *Service) Invite(ctx context.Context, a Actor, place string, r Role) (secret string, err error) {
	if !r.Valid() {
		return "", fmt.Errorf("device: invite: role %.20q: %w", r, ErrInvalid)
	}
	secret = strings.ToLower(rand.Text())
	_, err = s.changePlace(ctx, a, "invite", place, func(p Place) (Place, AuditEntry, error) {
		now := s.now()
		p.Invitations = slices.DeleteFunc(slices.Clone(p.Invitations), func(i Invitation) bool { return !i.ExpiresAt.After(now) })
		if len(p.Invitations) >= MaxInvitations {
			return p, AuditEntry{}, fmt.Errorf("place %s has %d invitations: %w", place, len(p.Invitations), ErrTooMany)
		}
		p.Invitations = append(p.Invitations, Invitation{HashOf(secret), r, a.Person, now.Add(s.config.InvitationTTL)})
		return p, s.note(a, ActInvited, place, "", string(r)), nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Join makes the actor a member of the place that an invitation is for. It is good once.
func (s *Service) Join(ctx context.Context, a Actor, secret string) (Place, error) {
	if err := s.signedIn(ctx, a); err != nil {
		return Place{}, fmt.Errorf("device: join: %w", err)
	}
	if err := s.change(ctx, a); err != nil {
		return Place{}, fmt.Errorf("device: join: %w", err)
	}
	var p Place
	code := HashOf(secret)
	err := s.save(ctx, "join", func() (Change, error) {
		var err error
		if p, err = s.Store.PlaceInvited(ctx, a.App, code); err != nil {
			return Change{}, err
		}
		i := slices.IndexFunc(p.Invitations, func(i Invitation) bool { return i.Code == code })
		invited := p.Invitations[i]
		by, in := p.Member(invited.By)
		if !invited.ExpiresAt.After(s.now()) || !in || by.Role != Owner {
			return Change{}, fmt.Errorf("the invitation is over: %w", ErrNotFound)
		}
		p.Invitations = slices.Delete(slices.Clone(p.Invitations), i, i+1)
		p, err = p.with(Member{Person: a.Person, Name: a.Name, Role: invited.Role, Since: s.now()})
		return Change{Places: []Place{p}, Audit: []AuditEntry{s.note(a, ActJoined, p.ID, "", string(invited.Role))}}, err
	})
	if err != nil {
		return Place{}, err
	}
	p.Rev++
	s.Outlet.PlaceChanged(ctx, p)
	return p, nil
}

// Remove takes somebody out of a place: an owner anybody, everybody themselves. What they have paired there ends, and what
// they wished for and was not carried out yet. ErrLastOwner: nobody would own the place; it can be deleted.
func (s *Service) Remove(ctx context.Context, a Actor, place, person string) error {
	if err := s.change(ctx, a); err != nil {
		return fmt.Errorf("device: remove a member: %w", err)
	}
	var g going
	err := s.save(ctx, "remove a member", func() (Change, error) {
		g = going{}
		old, err := s.place(ctx, a, place, person != a.Person)
		if err != nil {
			return Change{}, err
		}
		if _, in := old.Member(person); !in {
			return Change{}, fmt.Errorf("place %s: %q is no member: %w", place, person, ErrNotFound)
		}
		p, err := old.without(person)
		if err != nil {
			return Change{}, err
		}
		g.Places, g.Audit = []Place{p}, []AuditEntry{s.note(a, ActRemoved, place, "", person)}
		err = s.endIn(ctx, &g, old, person)
		return g.Change, err
	})
	if err != nil {
		return err
	}
	s.tellGoing(ctx, g)
	return nil
}

// Audit returns entries of a place of which the actor is an owner, the newest first.
func (s *Service) Audit(ctx context.Context, a Actor, place string, before int64, limit int) ([]AuditEntry, error) {
	if _, err := s.place(ctx, a, place, true); err != nil {
		return nil, fmt.Errorf("device: audit: %w", err)
	}
	if limit < 1 || limit > MaxAudit {
		limit = MaxAudit
	}
	list, err := s.Store.Audit(ctx, AuditQuery{App: a.App, Place: place, Before: max(0, before), Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("device: audit: %w", err)
	}
	return list, nil
}
