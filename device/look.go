package device

import (
	"context"
	"fmt"
	"slices"
)

// MaxCommands is how many commands are given at once.
const MaxCommands = 100

// OfPlace returns a place in which the actor is.
func (s *Service) OfPlace(ctx context.Context, a Actor, id string) (Place, error) {
	p, err := s.place(ctx, a, id, false)
	if err != nil {
		return Place{}, fmt.Errorf("device: place: %w", err)
	}
	return p, nil
}

// Hub returns a hub, for who may command its devices.
func (s *Service) Hub(ctx context.Context, a Actor, serial string) (Hub, error) {
	h, err := s.hub(ctx, a, serial)
	if err != nil {
		return Hub{}, fmt.Errorf("device: hub: %w", err)
	}
	return h, nil
}

// Device returns a device of a hub, for who may command it.
func (s *Service) Device(ctx context.Context, a Actor, serial, id string) (Device, error) {
	if _, err := s.hub(ctx, a, serial); err != nil {
		return Device{}, fmt.Errorf("device: device: %w", err)
	}
	d, err := s.Store.Device(ctx, a.App, serial, id)
	if err != nil {
		return Device{}, fmt.Errorf("device: device: %w", err)
	}
	return d, nil
}

// Commands returns commands of a hub, the newest first, for who may give it some: those that came before the one of an id, or
// from the newest on if that is empty; at most limit, and never more than MaxCommands. They end where the hub belonged to another
// place: a box that was sold does not tell what its people did.
func (s *Service) Commands(ctx context.Context, a Actor, serial, before string, limit int) ([]Command, error) {
	h, err := s.hub(ctx, a, serial)
	if err != nil {
		return nil, fmt.Errorf("device: commands: %w", err)
	}
	if limit < 1 || limit > MaxCommands {
		limit = MaxCommands
	}
	list, err := s.Store.CommandsOf(ctx, a.App, serial, before, limit)
	if err != nil {
		return nil, fmt.Errorf("device: commands: %w", err)
	}
	if i := slices.IndexFunc(list, func(c Command) bool { return c.Place != h.Place }); i >= 0 {
		list = list[:i]
	}
	return list, nil
}

// CommandOf returns a command of a hub, whoever gave it, for who may give it some.
func (s *Service) CommandOf(ctx context.Context, a Actor, serial, id string) (Command, error) {
	h, err := s.hub(ctx, a, serial)
	if err != nil {
		return Command{}, fmt.Errorf("device: command %.64q: %w", id, err)
	}
	c, err := s.Store.Command(ctx, a.App, id)
	if err != nil {
		return Command{}, fmt.Errorf("device: command %.64q: %w", id, err)
	}
	if c.Hub != serial || c.Place != h.Place {
		return Command{}, fmt.Errorf("device: command %s is another hub's, or of another place: %w", id, ErrNotFound)
	}
	return c, nil
}
