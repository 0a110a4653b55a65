package device

import (
	"context"
	"fmt"
)

// MayGrant reports whether the actor could pair with a hub by [Service.Grant], and if not, why.
func (s *Service) MayGrant(ctx context.Context, a Actor, serial, place string) error {
	h, err := s.Store.Hub(ctx, a.App, serial)
	if err == nil {
		_, err = s.placeGranted(ctx, a, h, place)
	}
	if err != nil {
		return fmt.Errorf("device: grant: %w", err)
	}
	return nil
}

// Grant pairs the actor with a hub on the server's own authority: the hub has shown them a code that this package knows nothing
// of, and they have agreed. A hub that belongs to nobody comes to a place of which they are an owner, or to a new one that is
// named like it if none is given. One that belongs to a place stays there, and only a member of that place can pair with it:
// by a code that was found for any hub, and not for this one, nobody becomes a member of anything. The actor must be
// signed in. Errors are ErrNotFound (no such hub or place, also for who may not know), ErrForbidden, ErrTooMany.
func (s *Service) Grant(ctx context.Context, a Actor, serial, place string) (Paired, error) {
	return s.pair(context.WithoutCancel(ctx), a, serial, func(ctx context.Context, h Hub) (Place, error) {
		return s.placeGranted(ctx, a, h, place)
	})
}

// placeGranted returns the place to which a hub belongs from now on.
func (s *Service) placeGranted(ctx context.Context, a Actor, h Hub, place string) (Place, error) {
	switch {
	case h.Place != "" && (place == "" || place == h.Place):
		return s.place(ctx, a, h.Place, false)
	case h.Place != "":
		return Place{}, fmt.Errorf("hub %s belongs to another place: %w", h.Serial, ErrForbidden)
	case place != "":
		return s.place(ctx, a, place, true)
	}
	if err := s.signedIn(ctx, a); err != nil {
		return Place{}, err
	}
	all, err := s.Store.PlacesOf(ctx, a.App, a.Person)
	if err != nil {
		return Place{}, err
	}
	if len(all) >= maxPlaces {
		return Place{}, fmt.Errorf("%q is in %d places: %w", a.Person, len(all), ErrTooMany)
	}
	return s.newPlace(a, h.Name), nil
}
