package chat

import (
	"context"
	"errors"
	"fmt"

	"madang"
)

// Send stores a message of the principal in a room and publishes it; without a room, in the default room. It returns when
// the message is stored for good and, if nothing older of the room waits, published.
func (f *Feature) Send(ctx context.Context, p *madang.Principal, room string, d Draft) (Sent, error) {
	return f.send(ctx, p, room, d, nil)
}

// send is Send, and calls stored, unless that is nil, between the two.
func (f *Feature) send(ctx context.Context, p *madang.Principal, room string, d Draft, stored func(Appended)) (Sent, error) {
	by := UserOf(p)
	to := room
	if to == "" {
		to = f.rules.config.DefaultRoom.ID
	}
	if to == "" {
		return Sent{}, fmt.Errorf("chat: send: no room is named, and there is no default room: %w", ErrInvalid)
	}
	d.ClaimedBy, d.ClaimedUntil = f.rules.node, f.rules.now().Add(f.rules.lease)
	a, err := f.rules.Send(ctx, by, to, d)
	if room == "" && (errors.Is(err, ErrForbidden) || errors.Is(err, ErrNotFound)) {
		// Not everybody comes by Welcome, but everybody is in the default room who has not left it.
		if err := f.enterLobby(ctx, p); err != nil {
			return Sent{}, err
		}
		a, err = f.rules.Send(ctx, by, to, d)
	}
	if err != nil {
		return Sent{}, err
	}
	if stored != nil {
		stored(a)
	}
	sent := Sent{MessageView: viewMessage(a.Message, p.Name), Duplicate: a.Duplicate}
	f.publish(ctx, a, d.Skip, map[UserRef]User{by: {Ref: by, Name: p.Name}})
	return sent, nil
}

// Announce stores and publishes a system message, on the server's own authority.
func (f *Feature) Announce(ctx context.Context, ref RoomRef, d Draft) (Message, error) {
	d.ClaimedBy, d.ClaimedUntil = f.rules.node, f.rules.now().Add(f.rules.lease)
	a, err := f.rules.Announce(ctx, ref, d)
	if err != nil {
		return Message{}, err
	}
	f.publish(ctx, a, d.Skip, nil)
	return a.Message, nil
}

// publish publishes what was stored, or leaves it to the dispatcher. The message is safe in either case: a broker that
// fails now is no failure of the send.
func (f *Feature) publish(ctx context.Context, a Appended, skip madang.ConnID, names map[UserRef]User) {
	if a.Duplicate {
		return
	}
	if a.Claimed {
		e := OutboxEntry{
			ID: a.Outbox, Type: EventMessageCreated, Rev: a.Message.Rev, Message: a.Message, Members: a.Members, Skip: skip,
		}
		if err := f.outbox.publish(ctx, []OutboxEntry{e}, names); err != nil {
			f.log.Warn("chat: a message is stored and will be published later", "room", a.Message.Room.String(), "error", err)
		}
	}
	f.outbox.nudge()
}

// History returns a page of a room that the principal may read.
func (f *Feature) History(ctx context.Context, p *madang.Principal, room string, q HistoryQuery) (PageView, error) {
	page, err := f.rules.History(ctx, UserOf(p), f.roomOr(room), q)
	if err != nil {
		return PageView{}, err
	}
	more := page.HasOlder
	if q.Direction == After {
		more = page.HasNewer
	}
	return f.viewPage(ctx, p.App, page, more)
}

// Around returns a page of a room that the principal may read with the message seq in its middle, or where it would be.
func (f *Feature) Around(ctx context.Context, p *madang.Principal, room string, seq int64, limit int) (PageView, error) {
	if limit <= 0 {
		limit = DefaultHistory
	}
	limit = min(limit, MaxHistory)
	seq = max(seq, 1)
	by, room := UserOf(p), f.roomOr(room)
	older, err := f.rules.History(ctx, by, room, HistoryQuery{Direction: Before, Seq: seq, Limit: limit / 2})
	if err != nil {
		return PageView{}, err
	}
	if limit < 2 {
		older = Page{HasOlder: older.HasOlder || len(older.Messages) > 0}
	}
	newer, err := f.rules.History(ctx, by, room, HistoryQuery{Direction: After, Seq: seq - 1, Limit: limit - len(older.Messages)})
	if err != nil {
		return PageView{}, err
	}
	page := Page{
		Messages: append(older.Messages, newer.Messages...), HasOlder: older.HasOlder, HasNewer: newer.HasNewer,
	}
	return f.viewPage(ctx, p.App, page, page.HasOlder || page.HasNewer)
}

func (f *Feature) viewPage(ctx context.Context, app string, page Page, more bool) (PageView, error) {
	ids := make([]string, 0, len(page.Messages))
	for _, m := range page.Messages {
		ids = append(ids, m.Sender)
	}
	names, err := f.names(ctx, app, ids...)
	if err != nil {
		return PageView{}, err
	}
	v := PageView{Messages: []MessageView{}, HasMore: more, HasOlder: page.HasOlder, HasNewer: page.HasNewer}
	for _, m := range page.Messages {
		v.Messages = append(v.Messages, viewMessage(m, names[m.Sender].Name))
	}
	return v, nil
}

// roomOr returns the room, or the default room if none is named.
func (f *Feature) roomOr(room string) string {
	if room == "" {
		return f.rules.config.DefaultRoom.ID
	}
	return room
}

// Message returns one message of a room that the principal may read.
func (f *Feature) Message(ctx context.Context, p *madang.Principal, room string, seq int64) (MessageView, error) {
	m, err := f.rules.Message(ctx, UserOf(p), f.roomOr(room), seq)
	if err != nil {
		return MessageView{}, err
	}
	names, err := f.names(ctx, p.App, m.Sender)
	if err != nil {
		return MessageView{}, err
	}
	return viewMessage(m, names[m.Sender].Name), nil
}
