package madang

import (
	"context"
	"fmt"
	"time"
)

// A Policy says what a principal may do in a channel. Policies are asked by the hub, never by a dialect, so that none
// can forget it.
type Policy interface {
	// Authorize grants, refuses with an error that wraps [ErrForbidden], or returns nil, nil: no opinion.
	Authorize(context.Context, AccessRequest) (*Grant, error)
}

// Action is what an AccessRequest asks for.
type Action uint8

// Actions.
const (
	ActSubscribe Action = iota
	ActPublish
	ActEnter     // the presence set
	ActHistory   // read it
	ActMembers   // see them
	ActCall      // a procedure; the channel's name is the procedure's
	ActOccupancy // learn how many are there
	ActChange    // change or annotate messages that were published there; which ones is the dialect's matter
)

// String names the action for errors and logs.
func (a Action) String() string {
	names := [...]string{"subscribe", "publish", "enter", "history", "members", "call", "occupancy", "change"}
	if int(a) < len(names) {
		return names[a]
	}
	return "unknown"
}

// An AccessRequest is one question to a Policy.
type AccessRequest struct {
	Action     Action
	Principal  *Principal
	Conn       ConnID
	Channel    Channel
	Name       string // event name of an ActPublish
	Proof      *Proof // what the client sent along with an ActSubscribe; nil: nothing
	Subscribed bool   // the connection subscribes to the channel now; of an ActPublish
}

// A Grant is a yes, and what comes with it.
type Grant struct {
	// Member is how to show the principal in the presence set, if the policy decides that. With an ActSubscribe it is also
	// the right to enter as that member, and no other, and to see the others.
	Member *Member
	// Expires is the end of the grant; zero: as long as the connection.
	Expires time.Time
	// By is whose right it is, if not the connection's principal's: of a token or a signature that came along. When the
	// subscription is asked for again, it is as By's.
	By *Principal
}

// PolicyFunc makes a Policy of a function.
type PolicyFunc func(context.Context, AccessRequest) (*Grant, error)

// Authorize calls f.
func (f PolicyFunc) Authorize(ctx context.Context, r AccessRequest) (*Grant, error) { return f(ctx, r) }

// Authorize asks the hub's policies about somebody who need not be connected: to sign a right that a client will show
// later, or to answer for a connection's principal with another one.
func (h *Hub) Authorize(ctx context.Context, r AccessRequest) (*Grant, error) {
	if r.Channel.App != r.Principal.App {
		return nil, fmt.Errorf("%s %s: the principal belongs to app %q: %w", r.Action, r.Channel, r.Principal.App, ErrForbidden)
	}
	return authorize(ctx, h.cfg.Policies, r)
}

// authorize asks the chain of policies. The first that grants or refuses decides; the end is refuse.
func authorize(ctx context.Context, chain []Policy, r AccessRequest) (*Grant, error) {
	for _, p := range chain {
		g, err := p.Authorize(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Action, r.Channel, err)
		}
		if g != nil {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%s %s: no policy grants it: %w", r.Action, r.Channel, ErrForbidden)
}
