package memory

import (
	"context"
	"fmt"
	"maps"
	"time"

	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
)

var _ oauth.Store = (*Devices)(nil)

// Grant implements oauth.Store.
func (d *Devices) Grant(_ context.Context, app, hub string) (oauth.Grant, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g, ok := d.grants[inApp[string]{app, hub}]; ok {
		return g, nil
	}
	return oauth.Grant{App: app, Hub: hub}, nil
}

// GrantByCode implements oauth.Store.
func (d *Devices) GrantByCode(_ context.Context, app string, code pairing.MAC) (oauth.Grant, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range d.grants {
		if g.App == app && g.User == code && code != (pairing.MAC{}) {
			return g, nil
		}
	}
	return oauth.Grant{}, fmt.Errorf("a request by its code: %w", device.ErrNotFound)
}

// SaveGrant implements oauth.Store.
func (d *Devices) SaveGrant(_ context.Context, g oauth.Grant) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := inApp[string]{g.App, g.Hub}
	conflict := g.Rev != d.grants[k].Rev
	for other, x := range d.grants {
		conflict = conflict || other != k && x.App == g.App && x.User == g.User && g.User != (pairing.MAC{})
	}
	if conflict {
		return fmt.Errorf("save the request of hub %q: %w", g.Hub, device.ErrConflict)
	}
	g.Rev++
	g.AskedAt, g.ExpiresAt, g.PolledAt = millis(g.AskedAt), millis(g.ExpiresAt), millis(g.PolledAt)
	d.grants[k] = g
	return nil
}

// SweepGrants implements oauth.Store.
func (d *Devices) SweepGrants(_ context.Context, before time.Time) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.grants)
	maps.DeleteFunc(d.grants, func(_ inApp[string], g oauth.Grant) bool { return g.ExpiresAt.Before(before) })
	return n - len(d.grants), nil
}
