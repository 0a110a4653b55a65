package ably

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/mutable"
)

// A policy decides by capability for this dialect's principals, and has no opinion on others. It remembers capabilities that
// it has read: most connections have the same few.
type policy struct {
	mu   sync.RWMutex
	sets map[string]capability.Set // by the claims of principals
}

// maxSets is how many capabilities are remembered.
const maxSets = 4096

// NewPolicy returns the policy of this dialect's clients. It always decides for them, so that policies behind it are not
// asked about them; whoever has more rules asks it from a policy of its own. A Server is such a policy itself.
func NewPolicy() madang.Policy { return &policy{} }

// Authorize implements madang.Policy.
func (p *policy) Authorize(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Principal.Guard != GuardName {
		return nil, nil
	}
	if r.Channel.App == r.Principal.App {
		have, ops := p.set(r.Principal).Ops(r.Channel.Name), needs(r.Action)
		if ops != 0 && have&ops == ops || r.Action == madang.ActChange && have&mutable.Rights != 0 {
			return &madang.Grant{}, nil
		}
	}
	return nil, fmt.Errorf("the capability does not allow to %v %s: %w", r.Action, r.Channel, madang.ErrForbidden)
}

// needs returns the operations that an action asks for; none: nobody may do it in this protocol.
func needs(a madang.Action) capability.Ops {
	switch a {
	case madang.ActSubscribe, madang.ActMembers:
		return capability.Subscribe
	case madang.ActPublish:
		return capability.Publish
	case madang.ActEnter:
		return capability.Presence
	case madang.ActHistory:
		return capability.History
	case madang.ActOccupancy:
		return capability.ChannelMetadata
	case madang.ActCall, madang.ActChange: // the latter is one of several rights, depending on the message
	}
	return 0
}

// set returns the capability of a principal. One that cannot be read allows nothing.
func (p *policy) set(who *madang.Principal) capability.Set {
	p.mu.RLock()
	set, ok := p.sets[string(who.Claims)]
	p.mu.RUnlock()
	if ok {
		return set
	}
	var c claims
	if json.Unmarshal(who.Claims, &c) == nil {
		set, _ = capability.Parse(c.Capability)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sets) >= maxSets || p.sets == nil {
		p.sets = map[string]capability.Set{}
	}
	p.sets[string(who.Claims)] = set
	return set
}
