package echo

import (
	"context"
	"encoding/json"

	"madang"
)

// Hooks are told what clients do: that they have come into a channel, have left it (also because their connection
// ended), and have sent an event to the others in it. Methods are called on goroutines that clients wait for, so an
// implementation that asks somebody else must do so on its own. The context ends with the call.
type Hooks interface {
	Joined(context.Context, HookEvent)
	Left(context.Context, HookEvent)
	ClientEvent(context.Context, HookEvent)
}

// A HookEvent is one of these.
type HookEvent struct {
	Channel madang.Channel
	Conn    madang.ConnID
	// User and Info are who it is in a presence channel: the id as text, and what is shown of the user as raw JSON.
	User string
	Info json.RawMessage
	// Event and Data are those of a client event.
	Event string
	Data  json.RawMessage
	// Header are those with which the client had asked for the channel: its own over those of the handshake, cookies
	// among them. Keys are in canonical form. It must not be changed.
	Header map[string][]string
	Remote string // the client's address
}

// A stay is a channel that a socket is in, as hooks want to know when it ends.
type stay struct {
	channel madang.Channel
	proof   *madang.Proof
	member  *madang.Member
}

// event is a stay as a HookEvent.
func (t *seat) event(s stay) HookEvent {
	e := HookEvent{Channel: s.channel, Conn: t.s.Conn().ID(), Header: s.proof.Header, Remote: s.proof.Remote}
	if s.member != nil {
		e.User, e.Info = s.member.User, s.member.Data
	}
	return e
}

// came notes a stay and tells, unless it has been noted before or the socket has ended.
func (t *seat) came(ctx context.Context, s stay) {
	if t.b.hooks == nil {
		return
	}
	t.telling.Lock()
	defer t.telling.Unlock()
	t.mu.Lock()
	known := t.ended
	for _, o := range t.stays {
		known = known || o.channel == s.channel
	}
	if !known {
		if s.proof == nil {
			s.proof = t.plain()
		}
		t.stays = append(t.stays, s)
	}
	t.mu.Unlock()
	if !known {
		t.b.hooks.Joined(ctx, t.event(s))
	}
}

// went ends a stay and tells, if it had been noted.
func (t *seat) went(ctx context.Context, c madang.Channel) {
	t.telling.Lock()
	defer t.telling.Unlock()
	t.mu.Lock()
	var over []stay
	for i, s := range t.stays {
		if s.channel == c {
			over = []stay{s}
			t.stays = append(t.stays[:i:i], t.stays[i+1:]...)
			break
		}
	}
	t.mu.Unlock()
	for _, s := range over {
		t.b.hooks.Left(ctx, t.event(s))
	}
}
