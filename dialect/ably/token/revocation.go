package token

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"madang"
	"madang/dialect/ably/capability"
)

// A Target picks tokens for revocation.
type Target struct {
	Kind  string // one of the kinds below
	Value string
}

// Kinds of targets.
const (
	TargetClient  = "clientId"      // tokens for this client id
	TargetGroup   = "revocationKey" // JWTs with this x-ably-revocation-key
	TargetChannel = "channel"       // tokens whose capability has this very resource
)

// ParseTarget reads a target such as "clientId:bob".
func ParseTarget(text string) (Target, error) {
	kind, value, ok := strings.Cut(text, ":")
	if !ok || value == "" || kind != TargetClient && kind != TargetGroup && kind != TargetChannel {
		return Target{}, refuse(CodeBadRequest, "a target is clientId:…, revocationKey:… or channel:…, not %.100q", text)
	}
	return Target{kind, value}, nil
}

// String returns the text that ParseTarget reads.
func (t Target) String() string { return t.Kind + ":" + t.Value }

// fits reports whether a token is one of those that the target picks.
func (t Target) fits(d *Details) bool {
	switch t.Kind {
	case TargetClient:
		return t.Value == d.holder
	case TargetGroup:
		return t.Value == d.RevocationKey
	case TargetChannel:
		return d.Capability.Has(t.Value)
	}
	return false
}

// A Revocation ends the tokens of a key that a target picks and that were issued before some time.
type Revocation struct {
	Key          string // Ably's name of it
	Target       Target
	IssuedBefore time.Time
	AppliesAt    time.Time // not before then
}

// Covers reports whether it is about these details. A node asks so which of its connections to disconnect at AppliesAt,
// or to ask for their next token at once if that is later.
func (r Revocation) Covers(d *Details) bool {
	return !d.Basic && d.Key == r.Key && d.Issued.Before(r.IssuedBefore) && r.Target.fits(d)
}

// Revocations remember what has been revoked, for as long as such a token could live: [MaxRevocableTTL] after its
// IssuedBefore.
type Revocations interface {
	// Revoke adds revocations. Those that are known already change nothing.
	Revoke(context.Context, ...Revocation) error
	// Revoked reports whether one covers the details and applies already.
	Revoked(context.Context, *Details) (bool, error)
}

// MaxRevocations is how many a MemoryRevocations remembers.
const MaxRevocations = 100_000

// MemoryRevocations are the Revocations of one process. When they are full, Revoke fails with [madang.ErrTooMany] and
// adds nothing.
type MemoryRevocations struct {
	now func() time.Time
	max int

	mu    sync.RWMutex
	count int
	keys  map[string]map[Target][]Revocation
}

// NewMemoryRevocations returns empty Revocations on a clock.
func NewMemoryRevocations(now func() time.Time) *MemoryRevocations {
	return &MemoryRevocations{now: now, max: MaxRevocations, keys: map[string]map[Target][]Revocation{}}
}

// Revoke implements Revocations.
func (m *MemoryRevocations) Revoke(_ context.Context, list ...Revocation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.count+len(list) > m.max {
		m.forget(now)
	}
	if m.count+len(list) > m.max {
		return fmt.Errorf("%d revocations are remembered, more than %d are not: %w", m.count, m.max, madang.ErrTooMany)
	}
	for _, r := range list {
		targets := m.keys[r.Key]
		if targets == nil {
			targets = map[Target][]Revocation{}
			m.keys[r.Key] = targets
		}
		kept := targets[r.Target][:0:0]
		for _, old := range targets[r.Target] {
			if old.IssuedBefore.After(r.IssuedBefore) || now.Before(r.AppliesAt) && old.AppliesAt.Before(r.AppliesAt) {
				kept = append(kept, old) // otherwise the new one says it all
			}
		}
		m.count += len(kept) + 1 - len(targets[r.Target])
		targets[r.Target] = append(kept, r)
	}
	return nil
}

// forget drops what is about tokens that have all expired.
func (m *MemoryRevocations) forget(now time.Time) {
	m.count = 0
	for key, targets := range m.keys {
		for t, list := range targets {
			kept := list[:0:0]
			for _, r := range list {
				if now.Before(r.IssuedBefore.Add(MaxRevocableTTL)) {
					kept = append(kept, r)
				}
			}
			if targets[t] = kept; len(kept) == 0 {
				delete(targets, t)
			}
			m.count += len(kept)
		}
		if len(targets) == 0 {
			delete(m.keys, key)
		}
	}
}

// Revoked implements Revocations.
func (m *MemoryRevocations) Revoked(_ context.Context, d *Details) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	targets := m.keys[d.Key]
	if len(targets) == 0 {
		return false, nil
	}
	if m.applies(targets[Target{TargetClient, d.holder}], d) || m.applies(targets[Target{TargetGroup, d.RevocationKey}], d) {
		return true, nil
	}
	found := false
	d.Capability.Each(func(resource string, _ capability.Ops) bool {
		found = m.applies(targets[Target{TargetChannel, resource}], d)
		return !found
	})
	return found, nil
}

func (m *MemoryRevocations) applies(list []Revocation, d *Details) bool {
	now := m.now()
	for _, r := range list {
		if r.Covers(d) && !now.Before(r.AppliesAt) {
			return true
		}
	}
	return false
}
