package capability

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// A Set says which operations are allowed on which resources.
type Set struct {
	literals map[string]Ops // resources that match their own text only
	patterns []pattern      // the others, in the order of their texts
}

type pattern struct {
	text string
	resource
	ops Ops
}

// Full returns what a key may do that nobody has limited: {"*":["*"]}, every operation on every channel, but nothing on
// queues and metachannels.
func Full() Set { return newSet(map[string]Ops{anySegment: All}) }

// newSet returns the set of resources that are known to be well-formed.
func newSet(all map[string]Ops) Set {
	s := Set{literals: map[string]Ops{}}
	for _, text := range slices.Sorted(maps.Keys(all)) {
		if r, _ := parseResource(text); r.literal() {
			s.literals[text] = all[text]
		} else {
			s.patterns = append(s.patterns, pattern{text, r, all[text]})
		}
	}
	return s
}

// Empty reports whether the set allows nothing at all.
func (s Set) Empty() bool { return len(s.literals) == 0 && len(s.patterns) == 0 }

// Ops returns what is allowed on a channel, or on a name with a type, such as [meta]log. On what is neither it is
// nothing.
func (s Set) Ops(name string) Ops {
	kind, rest, ok := splitKind(name)
	if !ok || !isType(kind) || rest == "" {
		return 0
	}
	ops := s.literals[name]
	for i := range s.patterns {
		if p := &s.patterns[i]; ops|p.ops != ops && p.matches(kind, rest) {
			ops |= p.ops
		}
	}
	return ops
}

// Allows reports whether all of some operations are allowed on a channel.
func (s Set) Allows(ops Ops, channel string) bool { return ops != 0 && s.Ops(channel)&ops == ops }

// Everywhere reports whether operations are allowed on all channels by one resource, * or [*]*. Statistics, and the list
// of channels, are the app's: only a right of that kind is a right to them.
func (s Set) Everywhere(ops Ops) bool {
	var have Ops
	for _, p := range s.patterns {
		if len(p.segments) == 1 && (p.kind == "" || p.kind == anySegment) {
			have |= p.ops
		}
	}
	return ops != 0 && have&ops == ops
}

// Each calls f with every resource and what it allows, in no order, until f returns false.
func (s Set) Each(f func(resource string, ops Ops) bool) {
	for text, ops := range s.literals {
		if !f(text, ops) {
			return
		}
	}
	for _, p := range s.patterns {
		if !f(p.text, p.ops) {
			return
		}
	}
}

// Has reports whether a resource is in the set as this very text. It is how Ably picks tokens by channel for revocation.
func (s Set) Has(resource string) bool {
	if _, ok := s.literals[resource]; ok {
		return true
	}
	_, ok := slices.BinarySearchFunc(s.patterns, resource, func(p pattern, text string) int { return strings.Compare(p.text, text) })
	return ok
}

// all returns the resources in one map.
func (s Set) all() map[string]Ops {
	m := make(map[string]Ops, len(s.literals)+len(s.patterns))
	s.Each(func(text string, ops Ops) bool { m[text] = ops; return true })
	return m
}

// Equal reports whether both sets have the same resources with the same operations. Sets that are not equal may still
// mean the same.
func (s Set) Equal(t Set) bool { return maps.Equal(s.all(), t.all()) }

// String returns the canonical text: resources and operations in alphabetical order, without spaces. Parse reads it.
func (s Set) String() string {
	lists := make(map[string][]string, len(s.literals)+len(s.patterns))
	s.Each(func(text string, ops Ops) bool { lists[text] = ops.Names(); return true })
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(lists) // strings of a builder cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
