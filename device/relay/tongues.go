package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"madang"
	"madang/device"
)

// A tongue is a kind of channel by which clients of other protocols than this package's procedures are part of it. Its name ends
// with a serial or the id of a place; a colon, which some protocols do not allow there, is written as "=".
type tongue string

// Tongues. Names that begin so are private channels to all protocols that know any.
const (
	homeTongue  tongue = "private-home."  // what happens at a hub, and commands for what is behind it
	hubTongue   tongue = "private-hub."   // the hub's own: what it hears, and what it says
	placeTongue tongue = "private-place." // what happens in a place
)

func (t tongue) channel(app, name string) madang.Channel {
	return madang.Channel{App: app, Name: string(t) + strings.ReplaceAll(name, ":", "=")}
}

// tongueOf returns of which kind a channel is, and of which hub or place.
func tongueOf(ch madang.Channel) (t tongue, name string, ok bool) {
	for _, t := range []tongue{homeTongue, hubTongue, placeTongue} {
		if rest, found := strings.CutPrefix(ch.Name, string(t)); found && !strings.Contains(rest, ":") {
			name := strings.ReplaceAll(rest, "=", ":")
			return t, name, device.CheckSerial(name) == nil
		}
	}
	return "", "", false
}

// IsTongue reports whether a channel is one of those by which clients of other protocols are part of this. Policies are to leave
// it to Admit alone.
func IsTongue(ch madang.Channel) bool {
	_, _, ok := tongueOf(ch)
	return ok
}

// Speaker returns who somebody is by the name under which Admit lets them in: a hub, who shows a token of a pairing, or a person.
func Speaker(app, user string) *madang.Principal {
	p := &madang.Principal{App: app, User: user}
	switch kind, name, _ := strings.Cut(user, ":"); kind {
	case "hub":
		p.Guard = GuardHub
	case "token":
		p.Guard, p.Claims = GuardToken, fmt.Appendf(nil, `{"jti":%q}`, name)
	}
	return p
}

// posing reports whether a person's id would pass for one of those that are no people.
func posing(p *madang.Principal) bool {
	kind, _, is := strings.Cut(p.User, ":")
	if !is {
		return false
	}
	switch kind {
	case "hub":
		return p.Guard != GuardHub
	case "token":
		return p.Guard != GuardToken
	case "display":
		return p.Guard != GuardDisplay
	}
	return false
}

// Admit says whether somebody may do something in a channel of other protocols: hear it, and publish there, which is a call (see
// Take). A hub's own channel is the hub's alone; that of what happens at it is for members of its place and who shows a token of a
// pairing with it; that of a place is for its members, and for hearing. Nothing else is granted: nobody is seen there, and nothing
// is kept. There is no opinion on other channels.
//
// The grant names the member, so that the subscription can be ended with their right; by it, a protocol that carries no more than a
// name along can say who they are: see Speaker.
func (f *Feature) Admit(ctx context.Context, p *madang.Principal, a madang.Action, ch madang.Channel) (*madang.Grant, error) {
	t, name, ok := tongueOf(ch)
	if !ok {
		return nil, nil
	}
	if a != madang.ActSubscribe && (a != madang.ActPublish || t == placeTongue) {
		return nil, fmt.Errorf("relay: %v %s: only what happens now is heard here: %w", a, ch, device.ErrForbidden)
	}
	until, err := f.may(ctx, p, t, name)
	if err != nil {
		return nil, fmt.Errorf("relay: %v %s: %w", a, ch, err)
	}
	return &madang.Grant{Member: &madang.Member{User: p.User}, Expires: until}, nil
}

// may refuses, as ErrForbidden, who has no part in a channel; until is when their right ends, if that is known.
func (f *Feature) may(ctx context.Context, p *madang.Principal, t tongue, name string) (until time.Time, err error) {
	switch {
	case p == nil || p.User == "" || posing(p):
		return until, fmt.Errorf("who asks must say who they are: %w", device.ErrForbidden)
	case t == hubTongue:
		if p.Guard != GuardHub || serialOf(p) != name {
			return until, fmt.Errorf("this is the hub's own: %w", device.ErrForbidden)
		}
		_, err = f.store.Hub(ctx, p.App, name)
	case p.Guard == GuardToken && t == homeTongue:
		var a device.Actor
		if a, err = f.actor(ctx, p); err == nil {
			var token device.Token
			if _, token, err = f.rules.ByToken(ctx, p.App, a.Token); err == nil {
				until = token.ExpiresAt
				_, err = f.rules.Hub(ctx, a, name)
			}
		}
	case serialOf(p) != "" || p.Guard == GuardToken:
		err = device.ErrForbidden
	case t == homeTongue:
		_, err = f.rules.Hub(ctx, device.Actor{App: p.App, Person: p.User}, name)
	default:
		_, err = f.rules.OfPlace(ctx, device.Actor{App: p.App, Person: p.User}, name)
	}
	if errors.Is(err, device.ErrNotFound) || errors.Is(err, device.ErrUnauthenticated) {
		// Of what is not theirs nobody learns whether it exists.
		err = fmt.Errorf("%w: %w", device.ErrForbidden, err)
	}
	return until, err
}

// speaks returns who is in a channel by a subscription.
func speaks(s *madang.Subscription) *madang.Principal {
	switch g := s.Grant; {
	case g != nil && g.By != nil:
		return g.By
	case g != nil && g.Member != nil:
		return Speaker(s.Channel().App, g.Member.User)
	}
	return s.Conn().Principal()
}

// in returns the subscription of a connection to a channel; nil: it has none.
func in(c *madang.Conn, ch madang.Channel) *madang.Subscription {
	for _, s := range c.Subscriptions() {
		if s.Channel() == ch {
			return s
		}
	}
	return nil
}
