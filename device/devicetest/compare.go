package devicetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/device"
)

// Compare does the same random things to two stores, which open returns empty, and fails if they ever answer differently.
func Compare(t *testing.T, open func(*testing.T) (a, b device.Store)) {
	t.Helper()
	rapid.Check(t, func(r *rapid.T) {
		a, b := open(t)
		for i := range rapid.IntRange(1, 40).Draw(r, "steps") {
			name, do := step(r, after(time.Duration(i)*time.Second), fmt.Sprintf("c%03d", i))
			if x, y := do(t.Context(), a), do(t.Context(), b); x != y {
				r.Fatalf("%s:\none says     %s\nthe other says %s", name, x, y)
			}
		}
	})
}

// said is what a store answers, in a form in which two can be compared.
func said(v any, err error) string {
	for _, e := range []error{device.ErrNotFound, device.ErrConflict} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fmt.Sprintf("%+v, %v", v, err)
}

// step returns something to do to a store, in a small world where things meet. fresh is an id that nothing has yet.
func step(r *rapid.T, now time.Time, fresh string) (string, func(context.Context, device.Store) string) {
	word := func(label string) string { return rapid.SampledFrom([]string{"a", "b"}).Draw(r, label) }
	x, y, person, tenant := word("x"), word("y"), word("person"), word("app")
	n := rapid.IntRange(0, 3).Draw(r, "n")
	in := now.Add(time.Duration(n) * 5 * time.Second)
	parts := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"place", "hub", "device", "command", "end", "token", "no device", "no token", "no place", "no hub"}), 1, 3, rapid.ID).Draw(r, "parts")
	stale := int64(rapid.IntRange(0, 6).Draw(r, "stale") / 6)
	steps := map[string]func(context.Context, device.Store) string{
		"save": func(ctx context.Context, s device.Store) string {
			c := device.Change{Audit: []device.AuditEntry{{At: now, App: tenant, Place: x, Hub: y, Person: person, Act: device.ActPaired}}}
			for _, part := range parts {
				add(ctx, s, &c, part, device.Command{
					App: tenant, ID: fresh, Hub: x, Device: y, Person: person, Key: []string{"", "k", "l", ""}[n], Set: device.Values{"on": n == 1},
					State: device.Queued, CreatedAt: now, ExpiresAt: in,
				}, stale)
			}
			return said(nil, s.Save(ctx, c))
		},
		"look": func(ctx context.Context, s device.Store) string {
			return said(s.Place(ctx, tenant, x)) + said(s.PlacesOf(ctx, tenant, person)) + said(s.PlaceInvited(ctx, tenant, device.HashOf(x+y))) +
				said(s.Hub(ctx, tenant, x)) + said(s.HubsOf(ctx, tenant, y)) + said(s.Device(ctx, tenant, x, y)) + said(s.Devices(ctx, tenant, x))
		},
		"look at commands": func(ctx context.Context, s device.Store) string {
			return said(s.OpenCommands(ctx, tenant, x)) + said(s.CommandsOf(ctx, tenant, x, "c010", n)) + said(s.DueCommands(ctx, now, n)) + said(s.CommandByKey(ctx, tenant, person, "k")) +
				said(s.Token(ctx, tenant, x, now)) + said(s.TokensOf(ctx, tenant, x, now))
		},
		"audit": func(ctx context.Context, s device.Store) string {
			list, err := s.Audit(ctx, device.AuditQuery{App: tenant, Place: x, Limit: n + 1})
			for i := range list {
				list[i].ID = 0 // which ids a store gives is its own business
			}
			return said(list, err)
		},
		"sweep": func(ctx context.Context, s device.Store) string {
			return said(s.Sweep(ctx, now.Add(time.Duration(-n)*5*time.Second), now))
		},
	}
	names := []string{"save", "save", "save", "look", "look at commands", "audit", "sweep"}
	name := rapid.SampledFrom(names).Draw(r, "step")
	return name, steps[name]
}

// add adds something to a change that follows from c.
func add(ctx context.Context, s device.Store, change *device.Change, part string, c device.Command, stale int64) {
	switch part {
	case "place":
		if len(change.NoPlaces) > 0 {
			return
		}
		p, _ := s.Place(ctx, c.App, c.Hub)
		p.App, p.ID, p.Name, p.Rev = c.App, c.Hub, c.ID, p.Rev-stale
		p.Members = []device.Member{{Person: c.Person, Role: device.Owner, Since: c.CreatedAt}}
		p.Invitations = nil
		if len(c.Key) > 0 {
			p.Invitations = []device.Invitation{{Code: device.HashOf(c.Hub + c.Device), By: c.Person, ExpiresAt: c.ExpiresAt}}
		}
		change.Places = append(change.Places, p)
	case "hub":
		if len(change.NoHubs) > 0 {
			return
		}
		h, _ := s.Hub(ctx, c.App, c.Hub)
		h.App, h.Serial, h.Place, h.Rev = c.App, c.Hub, c.Device, h.Rev-stale
		change.Hubs = append(change.Hubs, h)
	case "device":
		d, _ := s.Device(ctx, c.App, c.Hub, c.Device)
		d.App, d.Hub, d.ID, d.Reported, d.Rev = c.App, c.Hub, c.Device, c.Set, d.Rev-stale
		change.Devices = append(change.Devices, d)
	case "no place":
		if p, err := s.Place(ctx, c.App, c.Hub); err == nil && len(change.Places) == 0 {
			p.Rev -= stale
			change.NoPlaces = []device.Place{p}
		}
	case "no hub":
		if h, err := s.Hub(ctx, c.App, c.Hub); err == nil && len(change.Hubs) == 0 {
			h.Rev -= stale
			change.NoHubs = []device.Hub{h}
		}
	case "no device":
		if !slices.ContainsFunc(change.Devices, func(device.Device) bool { return true }) {
			change.NoDevices = []device.Device{{App: c.App, Hub: c.Hub, ID: c.Device}}
		}
	case "command":
		c.Rev -= stale
		change.Commands = append(change.Commands, c)
	case "end":
		if open, err := s.OpenCommands(ctx, c.App, c.Hub); err == nil && len(open) > 0 {
			open[0].State, open[0].EndedAt, open[0].Rev = device.Done, c.CreatedAt, open[0].Rev-stale
			change.Commands = append(change.Commands, open[0])
		}
	case "token":
		change.Tokens = []device.Token{{App: c.App, ID: c.Device, Person: c.Person, Hub: c.Hub, ExpiresAt: c.ExpiresAt}}
	case "no token":
		change.NoTokens = []device.Token{{App: c.App, ID: c.Hub}}
	}
}
