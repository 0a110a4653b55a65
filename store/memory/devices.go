package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
)

// Devices is a device.Store, a pairing.Store and an oauth.Store in memory. Make it with NewDevices.
type Devices struct {
	mu       sync.Mutex
	places   map[inApp[string]]device.Place
	hubs     map[inApp[string]]device.Hub
	devices  map[deviceKey]device.Device
	commands map[inApp[string]]device.Command
	tokens   map[inApp[string]]device.Token
	audit    []device.AuditEntry
	auditID  int64
	pairings map[pairing.Hub]pairing.State
	tallies  map[inApp[string]]pairing.Tally
	grants   map[inApp[string]]oauth.Grant
}

type deviceKey struct{ app, hub, id string }

var _ device.Store = (*Devices)(nil)

// NewDevices returns an empty store.
func NewDevices() *Devices {
	return &Devices{
		places: map[inApp[string]]device.Place{}, hubs: map[inApp[string]]device.Hub{}, devices: map[deviceKey]device.Device{},
		commands: map[inApp[string]]device.Command{}, tokens: map[inApp[string]]device.Token{},
		pairings: map[pairing.Hub]pairing.State{}, tallies: map[inApp[string]]pairing.Tally{},
		grants: map[inApp[string]]oauth.Grant{},
	}
}

// own returns a copy that shares nothing.
func own[T any](v T) (out T) {
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("memory: %T: %v", v, err)) // the model is made of what has a JSON form
	}
	return out
}

// found returns a copy of one thing.
func found[K comparable, T any](m map[K]T, k K, what string) (T, error) {
	v, ok := m[k]
	if !ok {
		return v, fmt.Errorf("%s %v: %w", what, k, device.ErrNotFound)
	}
	return own(v), nil
}

// chosen returns copies of some things, in an order.
func chosen[K comparable, T any](m map[K]T, choose func(T) bool, order func(T) string) []T {
	var all []T
	for _, v := range m {
		if choose(v) {
			all = append(all, own(v))
		}
	}
	slices.SortFunc(all, func(x, y T) int { return cmp.Compare(order(x), order(y)) })
	return all
}

// Place implements device.PlaceStore.
func (d *Devices) Place(_ context.Context, app, id string) (device.Place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return found(d.places, inApp[string]{app, id}, "place")
}

// PlacesOf implements device.PlaceStore.
func (d *Devices) PlacesOf(_ context.Context, app, person string) ([]device.Place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return chosen(d.places, func(p device.Place) bool {
		_, in := p.Member(person)
		return in && p.App == app
	}, func(p device.Place) string { return p.ID }), nil
}

// PlaceInvited implements device.PlaceStore.
func (d *Devices) PlaceInvited(_ context.Context, app string, code device.Hash) (device.Place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.places {
		if p.App == app && slices.ContainsFunc(p.Invitations, func(i device.Invitation) bool { return i.Code == code }) {
			return own(p), nil
		}
	}
	return device.Place{}, fmt.Errorf("an invitation: %w", device.ErrNotFound)
}

// Hub implements device.HubStore.
func (d *Devices) Hub(_ context.Context, app, serial string) (device.Hub, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return found(d.hubs, inApp[string]{app, serial}, "hub")
}

// HubsOf implements device.HubStore.
func (d *Devices) HubsOf(_ context.Context, app, place string) ([]device.Hub, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return chosen(d.hubs, func(h device.Hub) bool { return h.App == app && h.Place == place },
		func(h device.Hub) string { return h.Serial }), nil
}

// OnlineHubs implements device.HubStore.
func (d *Devices) OnlineHubs(_ context.Context, afterApp, afterSerial string, limit int) ([]device.Hub, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := chosen(d.hubs, func(h device.Hub) bool {
		return h.Online() && (h.App > afterApp || h.App == afterApp && h.Serial > afterSerial)
	}, func(h device.Hub) string { return h.App + "\x00" + h.Serial })
	return all[:min(len(all), max(0, limit))], nil
}

// Hubs implements device.HubStore.
func (d *Devices) Hubs(_ context.Context, app, after string, limit int) ([]device.Hub, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := chosen(d.hubs, func(h device.Hub) bool { return h.App == app && h.Serial > after }, func(h device.Hub) string { return h.Serial })
	return all[:min(len(all), max(0, limit))], nil
}

// Device implements device.HubStore.
func (d *Devices) Device(_ context.Context, app, hub, id string) (device.Device, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return found(d.devices, deviceKey{app, hub, id}, "device")
}

// Devices implements device.HubStore.
func (d *Devices) Devices(_ context.Context, app, hub string) ([]device.Device, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return chosen(d.devices, func(x device.Device) bool { return x.App == app && x.Hub == hub },
		func(x device.Device) string { return x.ID }), nil
}

// Command implements device.CommandStore.
func (d *Devices) Command(_ context.Context, app, id string) (device.Command, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return found(d.commands, inApp[string]{app, id}, "command")
}

// CommandByKey implements device.CommandStore.
func (d *Devices) CommandByKey(_ context.Context, app, person, key string) (device.Command, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.commands {
		if c.App == app && c.Person == person && c.Key == key {
			return own(c), nil
		}
	}
	return device.Command{}, fmt.Errorf("a command by its key: %w", device.ErrNotFound)
}

// OpenCommands implements device.CommandStore.
func (d *Devices) OpenCommands(_ context.Context, app, hub string) ([]device.Command, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return chosen(d.commands, func(c device.Command) bool { return c.App == app && c.Hub == hub && !c.State.Ended() },
		func(c device.Command) string { return c.ID }), nil
}

// CommandsOf implements device.CommandStore.
func (d *Devices) CommandsOf(_ context.Context, app, hub, before string, limit int) ([]device.Command, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := chosen(d.commands, func(c device.Command) bool { return c.App == app && c.Hub == hub && (before == "" || c.ID < before) },
		func(c device.Command) string { return c.ID })
	slices.Reverse(all)
	return all[:min(len(all), max(0, limit))], nil
}

// DueCommands implements device.CommandStore.
func (d *Devices) DueCommands(_ context.Context, at time.Time, limit int) ([]device.Command, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	due := chosen(d.commands, func(c device.Command) bool { return !c.State.Ended() && !c.ExpiresAt.After(at) },
		func(c device.Command) string { return c.ID })
	slices.SortStableFunc(due, func(x, y device.Command) int { return x.ExpiresAt.Compare(y.ExpiresAt) })
	return due[:min(len(due), max(0, limit))], nil
}

// Token implements device.TokenStore.
func (d *Devices) Token(_ context.Context, app, id string, at time.Time) (device.Token, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, err := found(d.tokens, inApp[string]{app, id}, "token")
	if err == nil && !t.ExpiresAt.After(at) {
		return device.Token{}, fmt.Errorf("token %s has expired: %w", id, device.ErrNotFound)
	}
	return t, err
}

// TokensOf implements device.TokenStore.
func (d *Devices) TokensOf(_ context.Context, app, hub string, at time.Time) ([]device.Token, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return chosen(d.tokens, func(t device.Token) bool { return t.App == app && t.Hub == hub && t.ExpiresAt.After(at) },
		func(t device.Token) string { return t.ID }), nil
}

// Audit implements device.Store.
func (d *Devices) Audit(_ context.Context, q device.AuditQuery) ([]device.AuditEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []device.AuditEntry
	for _, e := range slices.Backward(d.audit) {
		if len(all) < q.Limit && e.App == q.App && e.Place == q.Place && (q.Before == 0 || e.ID < q.Before) {
			all = append(all, e)
		}
	}
	return all, nil
}

// Sweep implements device.Store.
func (d *Devices) Sweep(_ context.Context, before, now time.Time) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.commands) + len(d.audit) + len(d.tokens)
	maps.DeleteFunc(d.commands, func(_ inApp[string], c device.Command) bool {
		return c.State.Ended() && c.EndedAt.Before(before)
	})
	d.audit = slices.DeleteFunc(d.audit, func(e device.AuditEntry) bool { return e.At.Before(before) })
	maps.DeleteFunc(d.tokens, func(_ inApp[string], t device.Token) bool { return !t.ExpiresAt.After(now) })
	return n - len(d.commands) - len(d.audit) - len(d.tokens), nil
}
