package echo

import (
	"context"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/internal/convention"
)

// clientEvent handles the event of that name: it goes to the others in the channel, if the policies let it. Nothing is
// said to a client whose event is dropped, as in laravel-echo-server.
func (b *binding) clientEvent(s *socketio.Socket, e *socketio.Event) error {
	want, ok := parseClientEvent(e.Raw(0))
	if !ok || !convention.ClientEvent(want.event) {
		return nil
	}
	conn := s.Conn()
	parts := e.Attachments()
	if n := want.size(parts); b.rules.MaxEvent > 0 && n > b.rules.MaxEvent {
		b.log.Debug("a client event is too large and was dropped", "conn", s.ID(), "channel", want.channel, "bytes", n, "most", b.rules.MaxEvent)
		return nil
	}
	if !b.afford(s) {
		return nil
	}
	m := &madang.Message{
		Name: want.event, Channel: b.channel(want.channel), Data: want.data, Type: madang.JSON, Transient: true, Skip: conn.ID(),
	}
	if len(parts) > 0 && !want.quoted { // data has placeholders
		m.Data, m.Type, m.Attachments = append(append([]byte{'['}, want.data...), ']'), madang.Args, parts
	}
	m.Extras = speaker(conn, m.Channel)
	ctx := context.Background() // not the socket's: that would be made for it, and stay
	if b.take != nil {
		if taken, err := b.take(ctx, conn, m); taken {
			if err != nil {
				b.log.Debug("a client event was not accepted", "conn", s.ID(), "channel", want.channel, "event", want.event, "error", err)
			}
			return nil
		}
	}
	if _, err := conn.Publish(ctx, m); err != nil {
		b.log.Debug("a client event was dropped", "conn", s.ID(), "channel", want.channel, "event", want.event, "error", err)
		return nil
	}
	if b.hooks != nil {
		t := b.seat(s)
		b.hooks.ClientEvent(ctx, t.said(m.Channel, want))
	}
	return nil
}

// size is how much the event weighs for the others: its data and what is attached to it.
func (e clientEvent) size(attachments [][]byte) int {
	n := len(e.data)
	for _, part := range attachments {
		n += len(part)
	}
	return n
}

// speaker returns what a client event in a presence channel carries along for those who tell who has published it, as
// clients of Pusher and webhooks do: {"user_id": …}. It is nil in other channels.
func speaker(conn *madang.Conn, c madang.Channel) []byte {
	if convention.KindOf(c.Name) != convention.Presence {
		return nil
	}
	for _, sub := range conn.Subscriptions() {
		if m := memberOf(sub); m != nil && sub.Channel() == c {
			return append(appendUser([]byte(`{"user_id":`), m), '}')
		}
	}
	return nil
}

// said is a client event as a HookEvent.
func (t *seat) said(c madang.Channel, want clientEvent) HookEvent {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := stay{channel: c}
	for _, s := range t.stays {
		if s.channel == c {
			at = s
		}
	}
	if at.proof == nil {
		at.proof = t.plain()
	}
	e := t.event(at)
	e.Event, e.Data = want.event, want.data
	return e
}

// afford charges a socket for a client event; false if it has sent too many in a second.
func (b *binding) afford(s *socketio.Socket) bool {
	rate := b.rules.ClientEventRate
	if rate <= 0 {
		return true
	}
	t := b.seat(s)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent.take(s.Conn().Hub().Now(), rate)
}

// A bucket is an allowance of so many a second, all of which may be used at once. The zero value is full.
type bucket struct {
	last time.Time
	used float64
}

func (k *bucket) take(now time.Time, rate int) bool {
	if d := now.Sub(k.last); d > 0 { // a clock that was set back gives nothing and takes nothing
		k.used = max(0, k.used-d.Seconds()*float64(rate))
		k.last = now
	}
	if k.used+1 > float64(rate) {
		return false
	}
	k.used++
	return true
}
