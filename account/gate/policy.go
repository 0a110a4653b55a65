package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"madang"
)

// A ChannelRule opens channels to those who have one of its roles, or may do one of its permissions. A channel that a rule
// covers is closed to everybody whom no rule lets in, for every action.
type ChannelRule struct {
	// Channels are patterns of names. A * stands for one or more characters other than a dot.
	Channels []string `yaml:"channels"`
	// Guard is whose users it is about; empty: any guard's.
	Guard string `yaml:"guard"`
	// Roles are some of which one is enough.
	Roles []string `yaml:"roles"`
	// Permissions are some of which one is enough.
	Permissions []string `yaml:"permissions"`
	// Actions are what it allows: subscribe, publish, enter, history, members, occupancy, change; none: all of them.
	Actions []string `yaml:"actions"`
}

func (r ChannelRule) validate(c Config) error {
	if len(r.Channels) == 0 {
		return fmt.Errorf("a rule needs channels")
	}
	for _, p := range r.Channels {
		if err := validPattern(p); err != nil {
			return err
		}
	}
	for _, a := range r.Actions {
		if !slices.ContainsFunc(actions(), func(x madang.Action) bool { return x.String() == a }) {
			return fmt.Errorf("the action %q is none of %v", a, actions())
		}
	}
	return c.validateWho(r.Guard, r.Roles, r.Permissions)
}

// validateWho reports what is wrong with whom a rule names.
func (c Config) validateWho(guard string, roles, permissions []string) error {
	if len(roles)+len(permissions) == 0 {
		return fmt.Errorf("a rule needs roles or permissions to let in")
	}
	guards := c.Guards
	if guard != "" {
		if err := c.knowsGuard(guard); err != nil {
			return err
		}
		guards = []string{guard}
	}
	for _, p := range permissions {
		if !slices.ContainsFunc(guards, func(g string) bool { return c.knows(g, []string{p}) == nil }) {
			return fmt.Errorf("the permission %q is not listed under permissions", p)
		}
	}
	for _, name := range roles {
		if !nameable(name) {
			return fmt.Errorf("%q is no name of a role", name)
		}
	}
	return nil
}

// actions are those that are about channels.
func actions() []madang.Action {
	return []madang.Action{
		madang.ActSubscribe, madang.ActPublish, madang.ActEnter, madang.ActHistory, madang.ActMembers, madang.ActOccupancy, madang.ActChange,
	}
}

// Authorize implements [madang.Policy]. It has no opinion on channels that no rule covers, and on procedures that it does not
// refuse; but what an API token does not cover it refuses everywhere.
func (g *Gate) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if err := g.scope(r); err != nil {
		return nil, err
	}
	if r.Action == madang.ActCall {
		return nil, g.AdmitCall(ctx, r.Principal, r.Channel.Name)
	}
	if !g.covers(r.Channel) {
		return nil, nil
	}
	ok, err := g.opens(ctx, r.Principal, r.Channel, r.Action)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("gate: no rule lets them in: %w", madang.ErrForbidden)
	}
	if r.Action != madang.ActSubscribe && r.Action != madang.ActEnter {
		return &madang.Grant{}, nil
	}
	return g.grant(ctx, r)
}

// grant is a yes to a subscription or an entry. That it names the member is the right to enter and to see the others, which
// is therefore for those alone who may do that.
func (g *Gate) grant(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	for _, a := range []madang.Action{madang.ActEnter, madang.ActMembers} {
		ok, err := g.opens(ctx, r.Principal, r.Channel, a)
		if err != nil {
			return nil, err
		}
		if !ok && r.Action == madang.ActSubscribe {
			return &madang.Grant{}, nil
		}
	}
	data, err := json.Marshal(struct {
		ID   string `json:"id"`
		Name string `json:"name,omitempty"`
	}{r.Principal.User, r.Principal.Name})
	if err != nil {
		return nil, fmt.Errorf("gate: show a member: %w", err)
	}
	return &madang.Grant{Member: &madang.Member{User: r.Principal.User, Data: data, Type: madang.JSON}}, nil
}

// covers reports whether a channel is the rules' matter.
func (g *Gate) covers(c madang.Channel) bool {
	return !c.Reserved() && slices.ContainsFunc(g.config.Channels, func(r ChannelRule) bool { return r.covers(c) })
}

func (r ChannelRule) covers(c madang.Channel) bool {
	return slices.ContainsFunc(r.Channels, func(p string) bool { return fits(p, c.Name) })
}

// opens reports whether a rule lets a principal do something in a channel of its own app.
func (g *Gate) opens(ctx context.Context, p *madang.Principal, c madang.Channel, a madang.Action) (bool, error) {
	if p == nil || p.App != c.App || !letsAct(p, a) {
		return false, nil
	}
	for _, r := range g.config.Channels {
		if r.Guard != "" && r.Guard != p.Guard || len(r.Actions) > 0 && !slices.Contains(r.Actions, a.String()) || !r.covers(c) {
			continue
		}
		if ok, err := g.hasSome(ctx, p, r.Roles, r.Permissions); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// hasSome reports whether a principal has one of some roles or permissions.
func (g *Gate) hasSome(ctx context.Context, p *madang.Principal, roles, permissions []string) (bool, error) {
	if ok, err := g.HasRole(ctx, p, roles...); ok || err != nil {
		return ok, err
	}
	for _, ability := range permissions {
		if ok, err := g.Allows(ctx, p, ability); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
