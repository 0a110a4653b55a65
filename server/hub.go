package server

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"madang"
)

// council is those whom the hub asks. The hub is made when half of them are not open yet, so it gets these fields at
// once, and they fill up until it starts; afterwards they do not change.
type council struct {
	guards    map[string]madang.Guard
	from      map[string]*Part // who brought a guard, for messages
	policies  []madang.Policy
	retainers []Retainer
	watchers  []Watcher
	observers []*madang.Observer // a slot for each part in the list, all functions nil until taken
	taken     int
	broker    madang.Broker
	presence  madang.Presence
	brokerOf  *Part
}

func newCouncil(parts int) *council {
	p := &council{guards: map[string]madang.Guard{}, from: map[string]*Part{}}
	for range parts {
		p.observers = append(p.observers, &madang.Observer{})
	}
	return p
}

// config returns what the hub is made of.
func (p *council) config(s *Site) madang.Config {
	return madang.Config{
		Guards: p.guards, Policies: []madang.Policy{p}, Broker: p.broker, Presence: p.presence, Retention: p.retain,
		Watch: p.watch, Observers: p.observers, Limits: s.Config.Limits.Core(), Log: s.Log,
	}
}

// add takes from an opened part what the hub may ask it.
func (p *council) add(o *opened) error {
	if g, ok := o.value.(madang.Guard); ok && o.part.Role == RoleGuard {
		if err := p.addGuard(o.part, o.part.Name, g); err != nil {
			return err
		}
	}
	if g, ok := o.value.(interface {
		Guards() map[string]madang.Guard
	}); ok {
		for name, guard := range maps.All(g.Guards()) {
			if err := p.addGuard(o.part, name, guard); err != nil {
				return err
			}
		}
	}
	if b, ok := o.value.(madang.Broker); ok && o.part.Role == RoleBroker {
		if p.broker != nil {
			return fmt.Errorf("%v and %v are both configured; one server has one broker, remove the settings of the other", p.brokerOf, o.part)
		}
		p.broker, p.brokerOf = b, o.part
		p.presence, _ = o.value.(madang.Presence)
	}
	if x, ok := o.value.(madang.Policy); ok {
		p.policies = append(p.policies, x)
	}
	if x, ok := o.value.(Retainer); ok {
		p.retainers = append(p.retainers, x)
	}
	if x, ok := o.value.(Watcher); ok {
		p.watchers = append(p.watchers, x)
	}
	if x, ok := o.value.(Observer); ok {
		*p.observers[p.taken] = *x.Observer()
		p.taken++
	}
	return nil
}

func (p *council) addGuard(part *Part, name string, g madang.Guard) error {
	if other := p.from[name]; other != nil {
		return fmt.Errorf("%v and %v both bring the guard %q", other, part, name)
	}
	p.guards[name], p.from[name] = g, part
	return nil
}

// Authorize is the chain of the parts' policies: the first that grants or refuses decides.
func (p *council) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	for _, x := range p.policies {
		if g, err := x.Authorize(ctx, r); g != nil || err != nil {
			return g, err
		}
	}
	return nil, nil
}

func (p *council) retain(c madang.Channel) madang.Retention {
	for _, x := range p.retainers {
		if r := x.Retain(c); r != (madang.Retention{}) {
			return r
		}
	}
	return madang.Retention{}
}

func (p *council) watch(c madang.Channel) bool {
	return slices.ContainsFunc(p.watchers, func(w Watcher) bool { return w.Watch(c) })
}
