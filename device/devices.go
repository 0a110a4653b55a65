package device

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Declare says what devices a hub has. Those that it had and are not among them are gone, with what was wished of them.
// What is reported with them counts as by [Service.Report]. Only the hub may.
func (s *Service) Declare(ctx context.Context, app, serial string, list []Device) error {
	if len(list) > MaxDevices {
		return fmt.Errorf("device: %d devices, at most %d are allowed: %w", len(list), MaxDevices, ErrTooMany)
	}
	given := map[string]Device{}
	for _, d := range list {
		if err := d.Validate(); err != nil {
			return fmt.Errorf("device: declare: %w", err)
		}
		if _, twice := given[d.ID]; twice {
			return fmt.Errorf("device: declare: %s is there twice: %w", d.ID, ErrInvalid)
		}
		given[d.ID] = d
	}
	var h Hub
	var changed []Device
	var x ending
	err := s.save(ctx, "declare devices", func() (c Change, err error) {
		if h, err = s.Store.Hub(ctx, app, serial); err != nil {
			return c, err
		}
		had, err := s.Store.Devices(ctx, app, serial)
		if err != nil {
			return c, err
		}
		rest := maps.Clone(given)
		changed, x = nil, ending{}
		gone := map[string]bool{}
		for _, old := range had {
			d, still := rest[old.ID]
			delete(rest, old.ID)
			if !still {
				c.NoDevices, gone[old.ID] = append(c.NoDevices, old), true
				continue
			}
			next, news := old.report(d.Reported, d.Version, s.now())
			if err := next.Reported.Validate(); err != nil {
				return c, fmt.Errorf("device %s: %w", d.ID, err)
			}
			if news || old.Name != d.Name || !slices.Equal(old.Capabilities, d.Capabilities) {
				next.Name, next.Capabilities = d.Name, d.Capabilities
				changed = append(changed, next)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(rest)) {
			d := rest[id]
			changed = append(changed, Device{
				App: app, Hub: serial, ID: id, Name: d.Name, Capabilities: d.Capabilities, Reported: d.Reported, Version: d.Version, ReportedAt: s.now(),
			})
		}
		c.Devices = changed
		return c, s.endOpen(ctx, &c, &x, h, func(c Command) bool { return gone[c.Device] })
	})
	if err != nil {
		return err
	}
	for _, d := range changed {
		d.Rev++
		s.Outlet.DeviceChanged(ctx, h.Place, d)
	}
	s.tell(ctx, h.Place, x)
	if len(changed) == 0 && len(x.commands) == 0 {
		return nil
	}
	s.Outlet.HubChanged(ctx, h)
	return nil
}

// Report says what a device of a hub says of itself. A version that is not greater than the last one is old news, and
// changes nothing. Only the hub may.
func (s *Service) Report(ctx context.Context, app, serial, id string, v Values, version int64) (Device, error) {
	if err := v.Validate(); err != nil {
		return Device{}, fmt.Errorf("device: report of %.64q: %w", id, err)
	}
	var d Device
	news := false
	err := s.save(ctx, "report", func() (Change, error) {
		old, err := s.Store.Device(ctx, app, serial, id)
		if err != nil {
			return Change{}, err
		}
		if d, news = old.report(v, version, s.now()); !news {
			return Change{}, nil
		}
		if err := d.Reported.Validate(); err != nil {
			return Change{}, err
		}
		return Change{Devices: []Device{d}}, nil
	})
	if err != nil || !news {
		return d, err
	}
	d.Rev++
	h, err := s.Store.Hub(ctx, app, serial)
	if err != nil {
		return d, fmt.Errorf("device: report: %w", err)
	}
	s.Outlet.DeviceChanged(ctx, h.Place, d)
	return d, nil
}

// Devices returns a hub and its devices, for who may command them.
func (s *Service) Devices(ctx context.Context, a Actor, serial string) (Hub, []Device, error) {
	h, err := s.hub(ctx, a, serial)
	if err != nil {
		return Hub{}, nil, fmt.Errorf("device: devices: %w", err)
	}
	list, err := s.Store.Devices(ctx, a.App, serial)
	if err != nil {
		return Hub{}, nil, fmt.Errorf("device: devices: %w", err)
	}
	return h, list, nil
}

// Hubs returns the hubs of a place in which the actor is.
func (s *Service) Hubs(ctx context.Context, a Actor, place string) ([]Hub, error) {
	if _, err := s.place(ctx, a, place, false); err != nil {
		return nil, fmt.Errorf("device: hubs: %w", err)
	}
	list, err := s.Store.HubsOf(ctx, a.App, place)
	if err != nil {
		return nil, fmt.Errorf("device: hubs: %w", err)
	}
	return list, nil
}
