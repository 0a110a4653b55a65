package ably

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"madang"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// A past is how an attachment begins: with what was published before, or just now.
type past struct {
	events  []*madang.Event
	at      madang.Position // everything up to here is among the events, or before the attachment; zero: where the client knows itself to be
	shown   string          // the serial for the client; empty: that of at
	resumed bool
	err     *protocol.ErrorInfo
}

// begin opens a new subscription: the client is told that it is attached, sent what it has missed or wants of the past, and
// who is there; what was published meanwhile follows.
func (s *session) begin(a *attachment, w wish) error {
	var ps past
	err := s.patiently(func() (err error) {
		ps, err = s.past(a, w)
		return err
	})
	if err == nil {
		err = s.welcome(a, w, ps)
	}
	if err == nil && a.sub != nil {
		a.sub.OpenAfter(ps.at.Offset)
	}
	return err
}

// past finds what an attachment begins with. It fails if that cannot be known now.
func (s *session) past(a *attachment, w wish) (past, error) {
	hub, ctx := s.srv.hub, background()
	if w.since != "" {
		if since, ok := shape.ParseSerial(w.since); ok {
			page, err := hub.History(ctx, a.channel, madang.HistoryQuery{Since: since, Mask: mutable.Kinds})
			if err == nil && len(s.fitting(page.Events)) < len(page.Events) {
				err = fmt.Errorf("it is more than a client is sent at once: %w", madang.ErrLost)
			}
			if err == nil {
				// Whoever is cut off before the replay has come must ask for all of it again: the serial is the old one.
				return past{events: page.Events, at: page.Top, shown: w.since, resumed: true}, nil
			}
			if !errors.Is(err, madang.ErrLost) {
				return past{}, err
			}
			s.srv.log.Debug("what a client has missed is not kept", "conn", s.conn.ID(), "channel", a.channel.String(), "error", err)
		}
		at, err := s.top(a.channel)
		return past{at: at, err: shape.InfoOf(madang.ErrLost)}, err
	}
	if w.rewind != (rewind{}) {
		return s.rewound(a, w.rewind)
	}
	at, err := s.top(a.channel)
	return past{at: at}, err
}

// rewound is the past of who wants to begin with the last messages. They are shown as they are now. What has become of them
// since they were published is in them already: then the client stands where the channel does when it has got them, so that
// it is not told again when it is cut off and comes back.
func (s *session) rewound(a *attachment, r rewind) (past, error) {
	all, top, err := s.srv.changes.Messages(background(), a.channel)
	if err != nil {
		return past{}, err
	}
	most, from := r.count, time.Time{}
	if most == 0 {
		most, from = maxRewindCount, s.srv.hub.Now().Add(-r.since)
	}
	ps, edited := past{at: top}, false
	for i := len(all) - 1; i >= 0 && len(ps.events) < most; i-- {
		if m := all[i]; !m.Time().Before(from.Truncate(time.Millisecond)) {
			edited = edited || m.Edited()
			now := s.srv.changes.Latest(m)
			ps.events = append(ps.events, &madang.Event{Kind: madang.MessageEvent, Channel: a.channel, Message: now, Pos: now.Pos})
		}
	}
	ps.events = s.fitting(ps.events)
	slices.Reverse(ps.events)
	for _, e := range ps.events {
		if edited {
			e.Pos = top
		}
	}
	return ps, nil
}

// fitting returns as many of some events, from the first, as a client may be sent at once: one that lags too much is closed.
func (s *session) fitting(events []*madang.Event) []*madang.Event {
	left := int64(s.srv.hub.Limits().HardLag / 8) // written as JSON it may be six times as large
	for i, e := range events {
		if e.Message != nil {
			left -= int64(len(e.Message.Data) + len(e.Message.Extras) + 256)
		}
		if left < 0 {
			return events[:i]
		}
	}
	return events
}

// top returns where a channel stands.
func (s *session) top(ch madang.Channel) (madang.Position, error) {
	page, err := s.srv.hub.History(background(), ch, madang.HistoryQuery{Limit: 1, Reverse: true})
	return page.Top, err
}

// welcome sends ATTACHED and what belongs to it. If it is not known who is there nothing is sent: a client that is told of
// nobody lets go of all whom it knows.
func (s *session) welcome(a *attachment, w wish, ps past) error {
	var there []madang.Member
	if a.modes&protocol.ModePresenceSub != 0 {
		var err error
		if there, err = s.membersOf(a); err != nil {
			return err
		}
	}
	// Who goes on in an attachment is told no serial: the channel may be further than what the client has been sent, and with
	// that serial it would pass over the rest when it is cut off now.
	out := &protocol.Frame{
		Action: protocol.Attached, Channel: a.name, ChannelSerial: ps.shown, Flags: a.modes, Params: answered(w, a.modes), Error: ps.err,
	}
	if out.ChannelSerial == "" {
		out.ChannelSerial = shape.Serial(ps.at)
	}
	if ps.resumed {
		out.Flags |= protocol.Resumed
	}
	replay := s.replay(a, ps)
	if len(replay) > 0 {
		out.Flags |= protocol.HasBacklog
	}
	if len(there) > 0 {
		out.Flags |= protocol.HasPresence
	}
	s.send(out)
	if len(replay) > 0 {
		s.line.Send(replay)
	}
	if len(there) > 0 {
		s.sync(a, there)
	}
	return nil
}

// replay returns events as the client gets them, those aside that it does not get. What annotations come to is not among
// them: it follows, for the messages that were annotated meanwhile.
func (s *session) replay(a *attachment, ps past) (out []byte) {
	events := ps.events
	if ps.resumed && a.modes&protocol.ModeSubscribe != 0 {
		for _, m := range s.srv.changes.Missed(background(), a.channel, events) {
			m.Pos = ps.at
			events = append(events, &madang.Event{Kind: madang.AsideEvent, Channel: a.channel, Message: m, Pos: ps.at})
		}
	}
	mask := maskOf(a.modes)
	for _, e := range events {
		if mask&(1<<e.Kind) == 0 || e.Message == nil || e.Message.Skip != "" && e.Message.Skip == s.conn.ID() {
			continue
		}
		b, err := a.wire.Encode(out, e)
		if err != nil {
			s.srv.log.Error("a message could not be replayed", "channel", a.channel.String(), "error", err)
			continue
		}
		out = b
	}
	return out
}

// answered are the parameters of a channel that are in force. A client that asks for differences between messages must take
// whole ones as well, as the server likes; this one sends only such.
func answered(w wish, modes int64) protocol.Params {
	out := protocol.Params{}
	for k, v := range w.params {
		switch k {
		case "rewind", "occupancy":
			out[k] = v
		case "delta":
			if v == "vcdiff" {
				out[k] = v
			}
		case "modes":
			out[k] = modeNames(modes)
		}
	}
	return out
}
