package device

import (
	"context"
	"errors"
)

// An ending is what a change does to commands and to the devices they were for, as it is given to be kept.
type ending struct {
	commands []Command
	devices  []Device
}

// tell tells of it when it has been kept, which gave each the next Rev.
func (s *Service) tell(ctx context.Context, place string, x ending) {
	for _, d := range x.devices {
		d.Rev++
		s.Outlet.DeviceChanged(ctx, place, d)
	}
	for _, c := range x.commands {
		c.Rev++
		s.Outlet.CommandChanged(ctx, place, c)
	}
}

// move takes a command from the state in which it was read to another; ErrConflict if somebody else has. If it ends, the
// device forgets its wish with it.
func (s *Service) move(ctx context.Context, h Hub, c Command, f func(Command) Command) error {
	next := f(c)
	var x ending
	for range rounds {
		change := Change{Commands: []Command{next}}
		x = ending{commands: []Command{next}}
		if next.State.Ended() {
			change.Audit = []AuditEntry{s.entry(next, h.Place, ActCommandDone, string(next.State))}
			if err := s.forget(ctx, &change, &x, next); err != nil {
				return err
			}
		}
		err := s.Store.Save(ctx, change)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
		// Is it the command that has changed, or only its device?
		if now, err := s.Store.Command(ctx, c.App, c.ID); err != nil || now.Rev != c.Rev {
			return errors.Join(err, ErrConflict)
		}
	}
	s.tell(ctx, h.Place, x)
	return nil
}

// forget adds to a change that a command's device has no more wishes of it.
func (s *Service) forget(ctx context.Context, change *Change, x *ending, c Command) error {
	i := -1
	for j, d := range change.Devices {
		if d.Hub == c.Hub && d.ID == c.Device {
			i = j
		}
	}
	var d Device
	if i >= 0 {
		d = change.Devices[i]
	} else {
		var err error
		if d, err = s.Store.Device(ctx, c.App, c.Hub, c.Device); errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
	}
	d, had := d.forget(c.ID)
	switch {
	case i >= 0:
		change.Devices[i] = d
	case had:
		change.Devices = append(change.Devices, d)
		x.devices = append(x.devices, d)
	}
	return nil
}

// endOpen adds to a change that some open commands of a hub end.
func (s *Service) endOpen(ctx context.Context, change *Change, x *ending, h Hub, which func(Command) bool) error {
	open, err := s.Store.OpenCommands(ctx, h.App, h.Serial)
	if err != nil {
		return err
	}
	for _, c := range open {
		if !which(c) {
			continue
		}
		next := c.end(Expired, "", s.now())
		change.Commands = append(change.Commands, next)
		change.Audit = append(change.Audit, s.entry(next, h.Place, ActCommandDone, string(next.State)))
		x.commands = append(x.commands, next)
		gone := false
		for _, d := range change.NoDevices {
			gone = gone || d.Hub == next.Hub && d.ID == next.Device
		}
		if !gone {
			if err := s.forget(ctx, change, x, next); err != nil {
				return err
			}
		}
	}
	return nil
}
