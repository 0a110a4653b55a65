package memory

import (
	"context"
	"fmt"
	"maps"
	"time"

	"madang/device/pairing"
)

var _ pairing.Store = (*Devices)(nil)

func keptSpent(s pairing.Spent) pairing.Spent {
	s.Last = millis(s.Last)
	return s
}

func keptPairing(s pairing.State) pairing.State {
	s.Spent, s.Pressed = keptSpent(s.Spent), millis(s.Pressed)
	if s.Code != nil {
		c := *s.Code
		c.AskedAt, c.ExpiresAt = millis(c.AskedAt), millis(c.ExpiresAt)
		s.Code = &c
	}
	return s
}

// Pairing implements pairing.Store.
func (d *Devices) Pairing(_ context.Context, h pairing.Hub) (pairing.State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.pairings[h]
	if !ok {
		return pairing.State{Hub: h}, nil
	}
	return keptPairing(s), nil
}

// SavePairing implements pairing.Store.
func (d *Devices) SavePairing(_ context.Context, s pairing.State) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.Rev != d.pairings[s.Hub].Rev {
		return fmt.Errorf("save the pairing of hub %q: %w", s.Hub.ID, pairing.ErrConflict)
	}
	s.Rev++
	d.pairings[s.Hub] = keptPairing(s)
	return nil
}

// SweepPairings implements pairing.Store.
func (d *Devices) SweepPairings(_ context.Context, before time.Time) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.pairings)
	maps.DeleteFunc(d.pairings, func(_ pairing.Hub, s pairing.State) bool {
		if s.Code != nil && (s.Code.Wrong > 0 || !s.Code.ExpiresAt.Before(before)) {
			return false
		}
		return s.Failed == 0 && !s.Locked && s.Spent.Last.Before(before) && s.Pressed.Before(before)
	})
	return n - len(d.pairings), nil
}

// LastAsked implements pairing.Store.
func (d *Devices) LastAsked(_ context.Context, app, requester string) (pairing.Hub, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var last pairing.State
	for h, s := range d.pairings {
		if h.App != app || s.Code == nil || s.Code.Requester != requester {
			continue
		}
		if last.Code == nil || s.Code.AskedAt.After(last.Code.AskedAt) || s.Code.AskedAt.Equal(last.Code.AskedAt) && h.ID < last.Hub.ID {
			last = s
		}
	}
	if last.Code == nil {
		return pairing.Hub{}, fmt.Errorf("the hub of which a code was asked: %w", pairing.ErrNotFound)
	}
	return last.Hub, nil
}

// Tally implements pairing.Store.
func (d *Devices) Tally(_ context.Context, app, key string) (pairing.Tally, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t, ok := d.tallies[inApp[string]{app, key}]; ok {
		return t, nil
	}
	return pairing.Tally{App: app, Key: key}, nil
}

// SaveTally implements pairing.Store.
func (d *Devices) SaveTally(_ context.Context, t pairing.Tally) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := inApp[string]{t.App, t.Key}
	if t.Rev != d.tallies[k].Rev {
		return fmt.Errorf("save the tally %q: %w", t.Key, pairing.ErrConflict)
	}
	t.Rev++
	t.Spent = keptSpent(t.Spent)
	d.tallies[k] = t
	return nil
}

// SweepTallies implements pairing.Store.
func (d *Devices) SweepTallies(_ context.Context, before time.Time) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.tallies)
	maps.DeleteFunc(d.tallies, func(_ inApp[string], t pairing.Tally) bool { return t.Spent.Last.Before(before) })
	return n - len(d.tallies), nil
}
