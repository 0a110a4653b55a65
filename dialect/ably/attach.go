package ably

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// An attachment is a channel that a client is attached to.
type attachment struct {
	name    string // as the client writes it
	channel madang.Channel
	wire    wire
	conn    *madang.Conn         // that subscribes: the session's own, or one for the name's qualifier
	sub     *madang.Subscription // nil: it hears nothing there
	wish    wish                 // what the client asked for last; of the past it wants no more
	modes   int64                // of those that it wants, the ones that it may have
	watches bool                 // it is told of the channel's occupancy
	metric  string               // which of it; empty: all
}

// A wish is what an ATTACH asks for.
type wish struct {
	name   channelName
	modes  int64
	params protocol.Params
	rewind rewind
	since  string // the serial of what the client has seen
}

// wishOf reads an ATTACH.
func wishOf(p *protocol.Frame) (w wish, err error) {
	if w.name, err = parseName(p.Channel); err != nil {
		return w, err
	}
	w.since, w.params = p.ChannelSerial, protocol.Params{}
	for _, from := range []protocol.Params{w.name.params, p.Params} {
		maps.Copy(w.params, from)
	}
	if w.modes, err = modesOf(p.Flags, w.params); err != nil {
		return w, err
	}
	if text, ok := w.params["occupancy"]; ok {
		if _, err = parseOccupancy(text); err != nil {
			return w, err
		}
	}
	if text, ok := w.params["rewind"]; ok {
		w.rewind, err = parseRewind(text)
	}
	if p.Flags&protocol.AttachResume != 0 { // it has been attached before, and had the past then
		w.rewind = rewind{}
	}
	return w, err
}

// granted returns the part of some modes that the client may have in a channel.
func (s *session) granted(ch madang.Channel, modes int64) int64 {
	for _, m := range [...]struct {
		flag int64
		act  madang.Action
	}{
		{protocol.ModeSubscribe, madang.ActSubscribe}, {protocol.ModePublish, madang.ActPublish},
		{protocol.ModePresence, madang.ActEnter}, {protocol.ModePresenceSub, madang.ActMembers},
	} {
		if modes&m.flag != 0 && s.allow(m.act, ch, "") != nil {
			modes &^= m.flag
		}
	}
	for flag, op := range map[int64]capability.Ops{
		protocol.ModeAnnotate: capability.AnnotationPublish, protocol.ModeAnnotationSub: capability.AnnotationSubscribe,
	} {
		if modes&flag != 0 && (s.conn.Expired() || !s.details.Capability.Allows(op, ch.Name)) {
			modes &^= flag
		}
	}
	return modes
}

// allow asks the policies about something that the client wants to do in a channel.
func (s *session) allow(act madang.Action, ch madang.Channel, name string) error {
	_, err := s.ask(madang.AccessRequest{Action: act, Principal: s.conn.Principal(), Channel: ch, Name: name})
	return err
}

// ask asks the policies.
func (s *session) ask(r madang.AccessRequest) (*madang.Grant, error) {
	if s.conn.Expired() {
		return nil, shape.Info(token.CodeExpired, "The token has expired.")
	}
	r.Conn = s.conn.ID()
	return s.srv.hub.Authorize(background(), r)
}

// attach answers ATTACH. A client that is attached already changes its wishes.
func (s *session) attach(p *protocol.Frame) {
	w, err := wishOf(p)
	if err != nil {
		s.refuse(p.Channel, shape.InfoOf(err))
		return
	}
	ch := madang.Channel{App: s.app, Name: w.name.name}
	if err := s.srv.changes.Check(ch); err != nil && w.modes&protocol.ModeAnnotationSub != 0 {
		s.refuse(p.Channel, shape.InfoOf(err))
		return
	}
	modes := s.granted(ch, w.modes)
	if modes == 0 {
		s.refuse(p.Channel, shape.Info(shape.CodeDenied, "The capability allows none of the modes that were asked for."))
		return
	}
	a := s.attached[p.Channel]
	again := a != nil
	if !again {
		a = &attachment{name: p.Channel, channel: ch}
		if a.wire, err = s.wireOf(w.name.qualifier); err != nil {
			s.refuse(p.Channel, shape.InfoOf(err))
			return
		}
	}
	had := a.sub != nil
	a.wish, a.modes = w, modes
	a.wish.since, a.wish.rewind = "", rewind{}
	if err := s.subscribe(a); err != nil {
		s.srv.log.Debug("an attachment was refused", "conn", s.conn.ID(), "channel", ch.String(), "error", err)
		s.refuse(p.Channel, shape.InfoOf(err))
		return
	}
	s.attached[p.Channel] = a
	s.letGo(ch)
	if again {
		s.greet(a, w, had)
	} else {
		s.begin(a, w)
	}
	s.watch(a, w)
}

// greet tells a client how it is attached now that was attached before; heard is whether it had a subscription then.
func (s *session) greet(a *attachment, w wish, heard bool) {
	if heard == (a.sub != nil) {
		s.welcome(a, w, past{resumed: true})
	} else {
		s.begin(a, w)
	}
}

// watch begins or ends to tell a client of a channel's occupancy, as it wishes.
func (s *session) watch(a *attachment, w wish) {
	text, wanted := w.params["occupancy"]
	if a.watches {
		s.srv.watches.remove(a)
	}
	if a.watches = wanted && a.modes&protocol.ModeSubscribe != 0; a.watches {
		a.metric, _ = parseOccupancy(text) // it has been read once
		s.srv.watches.add(s, a)
	}
	s.srv.watches.changed(a.channel)
}

// drop forgets an attachment whose subscription has ended.
func (s *session) drop(a *attachment) {
	delete(s.attached, a.name)
	if a.watches {
		s.srv.watches.remove(a)
	}
	s.srv.watches.changed(a.channel)
}

// maskOf returns the kinds of events that modes let a client hear.
func maskOf(modes int64) (m madang.Mask) {
	if modes&protocol.ModeSubscribe != 0 {
		m |= madang.Messages | madang.Asides
	}
	if modes&protocol.ModeAnnotationSub != 0 {
		m |= madang.Notes
	}
	if modes&protocol.ModePresenceSub != 0 {
		m |= madang.Presences
	}
	return m
}

// subscribe makes an attachment's subscription be what its modes say.
func (s *session) subscribe(a *attachment) error {
	mask := maskOf(a.modes)
	switch {
	case mask == 0 && a.sub != nil:
		a.conn.Unsubscribe(a.channel)
		a.sub = nil
		return nil
	case mask == 0:
		return nil
	case a.sub != nil:
		a.sub.SetMask(mask)
		return nil
	}
	var err error
	if a.wire == s.events {
		a.conn = s.conn
		a.sub, err = s.conn.Subscribe(background(), a.channel, madang.SubscribeOptions{Mask: mask})
		return err
	}
	// The right to it is the session's, who was asked; the bytes are others.
	if a.conn, err = s.side(a.wire.kind(), a.wire); err == nil {
		a.sub, err = s.srv.hub.Subscribe(background(), a.conn, a.channel, mask)
	}
	return err
}

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
func (s *session) begin(a *attachment, w wish) {
	ps := s.past(a, w)
	s.welcome(a, w, ps)
	if a.sub != nil {
		a.sub.OpenAfter(ps.at.Offset)
	}
}

// past finds what an attachment begins with.
func (s *session) past(a *attachment, w wish) past {
	hub, ctx := s.srv.hub, background()
	if w.since != "" {
		if since, ok := shape.ParseSerial(w.since); ok {
			page, err := hub.History(ctx, a.channel, madang.HistoryQuery{Since: since, Mask: mutable.Kinds})
			if err == nil && len(s.fitting(page.Events)) < len(page.Events) {
				err = fmt.Errorf("it is more than a client is sent at once: %w", madang.ErrLost)
			}
			if err == nil {
				// Whoever is cut off before the replay has come must ask for all of it again: the serial is the old one.
				return past{events: page.Events, at: page.Top, shown: w.since, resumed: true}
			}
			s.srv.log.Debug("what a client has missed is not kept", "conn", s.conn.ID(), "channel", a.channel.String(), "error", err)
		}
		return past{at: s.top(a.channel), err: shape.InfoOf(madang.ErrLost)}
	}
	if w.rewind != (rewind{}) {
		return s.rewound(a, w.rewind)
	}
	return past{at: s.top(a.channel)}
}

// rewound is the past of who wants to begin with the last messages. They are shown as they are now. What has become of them
// since they were published is in them already: then the client stands where the channel does when it has got them, so that
// it is not told again when it is cut off and comes back.
func (s *session) rewound(a *attachment, r rewind) past {
	all, top, err := s.srv.changes.Messages(background(), a.channel)
	if err != nil {
		s.srv.log.Error("the history of a channel could not be read", "channel", a.channel.String(), "error", err)
		return past{err: shape.InfoOf(err)}
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
	return ps
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
func (s *session) top(ch madang.Channel) madang.Position {
	page, err := s.srv.hub.History(background(), ch, madang.HistoryQuery{Limit: 1, Reverse: true})
	if err != nil {
		s.srv.log.Warn("where a channel stands could not be read", "channel", ch.String(), "error", err)
	}
	return page.Top
}

// welcome sends ATTACHED and what belongs to it.
func (s *session) welcome(a *attachment, w wish, ps past) {
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
	var there []madang.Member
	if a.modes&protocol.ModePresenceSub != 0 {
		if there = s.membersOf(a); len(there) > 0 {
			out.Flags |= protocol.HasPresence
		}
	}
	s.send(out)
	if len(replay) > 0 {
		s.line.Send(replay)
	}
	if len(there) > 0 {
		s.sync(a, there)
	}
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

// detach answers DETACH.
func (s *session) detach(name string) {
	n, err := parseName(name)
	if err != nil {
		s.refuse(name, shape.InfoOf(err))
		return
	}
	ch := madang.Channel{App: s.app, Name: n.name}
	if a := s.attached[name]; a != nil {
		if a.sub != nil {
			a.conn.Unsubscribe(ch) // first, so that it is not told of its own leaving
		}
		s.drop(a)
	}
	s.letGo(ch)
	if !s.inside(ch) {
		s.leaveAll(func(m membership) bool { return m.channel == ch })
	}
	s.send(&protocol.Frame{Action: protocol.Detached, Channel: name})
}

// inside reports whether the client is attached to a channel, under whatever name.
func (s *session) inside(ch madang.Channel) bool {
	for _, a := range s.attached {
		if a.channel == ch {
			return true
		}
	}
	return false
}

// recheck applies new rights to what the client is attached to: it is told which of the modes that it wants it has now. Where
// there is none, the attachment ends.
func (s *session) recheck() {
	for name, a := range s.attached {
		modes := s.granted(a.channel, a.wish.modes)
		if modes == a.modes {
			continue
		}
		if modes&protocol.ModePresence == 0 {
			s.leaveAll(func(m membership) bool { return m.channel == a.channel })
		}
		a.modes = modes
		heard := a.sub != nil
		if modes != 0 && s.subscribe(a) == nil {
			s.greet(a, a.wish, heard)
			continue
		}
		if a.sub != nil {
			a.conn.Unsubscribe(a.channel)
		}
		s.drop(a)
		s.refuse(name, shape.Info(shape.CodeDenied, "The capability does not allow this channel any more."))
	}
}

// side returns the session's further connection of a kind, making it if there is none.
func (s *session) side(kind string, w wire) (*madang.Conn, error) {
	if c := s.sides[kind]; c != nil {
		return c, nil
	}
	s.sideNo++
	who := &madang.Principal{App: s.app, Guard: GuardName, User: s.details.ClientID} // by which what it hears is found
	c, err := s.line.Connect(background(), madang.ConnRequest{
		Dialect: w, Owner: side{s}, ID: shape.ConnID(s.id, s.sideNo), Principal: who, With: s.conn,
	})
	if err != nil {
		return nil, err
	}
	if s.sides == nil {
		s.sides = map[string]*madang.Conn{}
	}
	s.sides[kind] = c
	return c, nil
}

// A side is the owner of a further connection: whoever wants to end that ends the session.
type side struct{ s *session }

// Disconnect implements madang.Owner.
func (x side) Disconnect(r madang.CloseReason) { x.s.Disconnect(r) }

// Closed implements madang.Owner.
func (side) Closed(madang.CloseReason) {}

// Revoked implements madang.Revoker.
func (x side) Revoked(ch madang.Channel) { x.s.Revoked(ch) }

// syncPage is how many members one SYNC holds.
const syncPage = 100

// membersOf returns who is in an attachment's channel.
func (s *session) membersOf(a *attachment) []madang.Member {
	all, err := s.srv.hub.Members(background(), a.channel)
	if err != nil {
		s.srv.log.Error("the members of a channel could not be read", "channel", a.channel.String(), "error", err)
	}
	return slices.DeleteFunc(all, func(m madang.Member) bool { return m.User == "" })
}

// sync sends who is there, in pages of which the last has no cursor.
func (s *session) sync(a *attachment, all []madang.Member) {
	s.syncNo++
	id := "s" + strconv.Itoa(s.syncNo)
	for page := 0; page == 0 || len(all) > 0; page++ {
		n := min(len(all), syncPage)
		out := &protocol.Frame{Action: protocol.Sync, Channel: a.name, ChannelSerial: id + ":"}
		for i := range all[:n] {
			out.Presence = append(out.Presence, shape.Presence(&all[i], protocol.PresencePresent))
		}
		if all = all[n:]; len(all) > 0 {
			out.ChannelSerial += strconv.Itoa(page + 1)
		}
		s.send(out)
	}
}
