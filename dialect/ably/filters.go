package ably

import (
	"strings"
	"sync"

	"madang/dialect/ably/filter"
	"madang/dialect/ably/shape"
)

// A channel's subscribers with the same filter share one encoding, and one look at each message, like all that have the same
// wire. So there is one value for each filter.

// filters are those that subscriptions have, or have had.
type filters struct {
	mu  sync.Mutex
	all map[string]*filter.Filter // as they are written

	reader filter.Reader
}

// Limits of names with a qualifier.
const (
	maxFilters    = 4096 // that are remembered; more than that begin anew, and are shared with later ones only
	maxQualifiers = 64   // that one client may use on a connection
)

// parse returns a filter. The error is for the client.
func (f *filters) parse(encoded string) (*filter.Filter, error) {
	f.mu.Lock()
	known := f.all[encoded]
	f.mu.Unlock()
	if known != nil {
		return known, nil
	}
	x, err := f.reader.Parse(encoded)
	if err != nil {
		return nil, shape.Info(shape.CodeBadChannel, "The channel's name is not valid: "+err.Error()+".")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.all[encoded]; known != nil {
		return known, nil
	}
	if f.all == nil || len(f.all) >= maxFilters {
		f.all = map[string]*filter.Filter{}
	}
	f.all[encoded] = x
	return x, nil
}

// wireOf returns the wire of channels whose names have a qualifier. The error is for the client.
func (s *session) wireOf(qualifier string) (w wire, err error) {
	w = s.wire()
	w.qualifier = qualifier
	if qualifier == "" {
		return w, nil
	}
	n := 0
	for kind := range s.sides {
		if strings.HasPrefix(kind, "[") {
			n++
		}
	}
	if n >= maxQualifiers && s.sides[w.kind()] == nil {
		return w, shape.Info(shape.CodeRate, "This connection has used too many different qualifiers of channels' names; connect anew.")
	}
	if encoded, ok := shape.Filter(qualifier); ok {
		w.filter, err = s.srv.filters.parse(encoded)
	}
	return w, err
}
