package ably

import (
	"errors"

	"madang"
	"madang/dialect/ably/capability"
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
		for k, v := range from {
			if !parameter(k) {
				continue // it would only be kept
			}
			if len(v) > maxParam {
				return w, shape.Info(shape.CodeBadRequest, "The parameter "+k+" is too long.")
			}
			w.params[k] = v
		}
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

// maxParam is how long a parameter of a channel may be, in bytes.
const maxParam = 256

// parameter reports whether a channel has a parameter of this name.
func parameter(name string) bool {
	switch name {
	case "rewind", "occupancy", "delta", "modes":
		return true
	}
	return false
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
		if modes&m.flag != 0 && s.patiently(func() error { return s.allow(m.act, ch, "") }) != nil {
			modes &^= m.flag
		}
	}
	for _, m := range [...]struct {
		flag int64
		op   capability.Ops
		act  madang.Action // a channel may have rules besides the capability
	}{
		{protocol.ModeAnnotate, capability.AnnotationPublish, madang.ActChange},
		{protocol.ModeAnnotationSub, capability.AnnotationSubscribe, madang.ActSubscribe},
	} {
		if modes&m.flag != 0 && (!s.details.Capability.Allows(m.op, ch.Name) || s.allow(m.act, ch, "") != nil) {
			modes &^= m.flag
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
		if len(s.attached) >= s.most() { // one that hears nothing is no subscription, which the hub would count
			s.refuse(p.Channel, shape.InfoOf(madang.ErrTooMany))
			return
		}
		a = &attachment{name: p.Channel, channel: ch}
		if a.wire, err = s.wireOf(w.name.qualifier); err != nil {
			s.refuse(p.Channel, shape.InfoOf(err))
			return
		}
	}
	had := a.sub != nil
	a.wish, a.modes = w, modes
	a.wish.since, a.wish.rewind = "", rewind{}
	err = s.patiently(func() error { return s.subscribe(a) })
	if errors.Is(err, madang.ErrUnavailable) {
		s.comeBack(err)
		return
	}
	if err != nil {
		s.srv.log.Debug("an attachment was refused", "conn", s.conn.ID(), "channel", ch.String(), "error", err)
		s.refuse(p.Channel, shape.InfoOf(err))
		return
	}
	s.attached[p.Channel] = a
	s.letGo(ch)
	if again {
		err = s.greet(a, w, had)
	} else {
		err = s.begin(a, w)
	}
	if err != nil {
		s.comeBack(err)
		return
	}
	s.watch(a, w)
}

// greet tells a client how it is attached now that was attached before; heard is whether it had a subscription then.
func (s *session) greet(a *attachment, w wish, heard bool) error {
	if heard == (a.sub != nil) {
		return s.welcome(a, w, past{resumed: true})
	}
	return s.begin(a, w)
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
		changed := a.modes ^ modes
		a.modes = modes
		heard := a.sub != nil
		if modes != 0 && s.subscribe(a) == nil {
			if err := s.greet(a, a.wish, heard); err != nil {
				s.comeBack(err)
				return
			}
			if changed&protocol.ModeSubscribe != 0 {
				s.watch(a, a.wish)
			}
			continue
		}
		if a.sub != nil {
			a.conn.Unsubscribe(a.channel)
		}
		s.drop(a)
		s.refuse(name, shape.Info(shape.CodeDenied, "The capability does not allow this channel any more."))
	}
}
