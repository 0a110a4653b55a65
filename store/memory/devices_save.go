package memory

import (
	"context"
	"fmt"
	"slices"

	"madang/device"
)

// Save implements device.Store.
func (d *Devices) Save(_ context.Context, c device.Change) error {
	c = own(c)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.check(c); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	for _, p := range c.Places {
		p.Rev++
		d.places[inApp[string]{p.App, p.ID}] = p
	}
	for _, h := range c.Hubs {
		h.Rev++
		d.hubs[inApp[string]{h.App, h.Serial}] = h
	}
	for _, x := range c.Devices {
		x.Rev++
		d.devices[deviceKey{x.App, x.Hub, x.ID}] = x
	}
	for _, x := range c.Commands {
		x.Rev++
		d.commands[inApp[string]{x.App, x.ID}] = x
	}
	for _, t := range c.Tokens {
		d.tokens[inApp[string]{t.App, t.ID}] = t
	}
	for _, p := range c.NoPlaces {
		delete(d.places, inApp[string]{p.App, p.ID})
	}
	for _, h := range c.NoHubs {
		delete(d.hubs, inApp[string]{h.App, h.Serial})
	}
	for _, x := range c.NoDevices {
		delete(d.devices, deviceKey{x.App, x.Hub, x.ID})
	}
	for _, t := range c.NoTokens {
		delete(d.tokens, inApp[string]{t.App, t.ID})
	}
	for _, e := range c.Audit {
		d.auditID++
		e.ID = d.auditID
		d.audit = append(d.audit, e)
	}
	return nil
}

// check refuses a change of what has changed. The lock is held.
func (d *Devices) check(c device.Change) error {
	otherPlace := func(p device.Place) bool { return d.places[inApp[string]{p.App, p.ID}].Rev != p.Rev }
	otherHub := func(h device.Hub) bool { return d.hubs[inApp[string]{h.App, h.Serial}].Rev != h.Rev }
	ok := !slices.ContainsFunc(c.Places, otherPlace) && !slices.ContainsFunc(c.Hubs, otherHub) &&
		!slices.ContainsFunc(c.NoPlaces, func(p device.Place) bool { return p.Rev == 0 || otherPlace(p) }) &&
		!slices.ContainsFunc(c.NoHubs, func(h device.Hub) bool { return h.Rev == 0 || otherHub(h) }) &&
		!slices.ContainsFunc(c.Devices, func(x device.Device) bool { return d.devices[deviceKey{x.App, x.Hub, x.ID}].Rev != x.Rev })
	if !ok {
		return device.ErrConflict
	}
	for _, x := range c.Commands {
		if d.commands[inApp[string]{x.App, x.ID}].Rev != x.Rev {
			return device.ErrConflict
		}
		for _, other := range d.commands {
			if x.Key != "" && other.App == x.App && other.Person == x.Person && other.Key == x.Key && other.ID != x.ID {
				return device.ErrConflict
			}
		}
	}
	for _, t := range c.Tokens {
		if _, taken := d.tokens[inApp[string]{t.App, t.ID}]; taken {
			return device.ErrConflict
		}
	}
	return nil
}
