package ably

import (
	"fmt"
	"strings"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// presence does what presence messages ask for: entering, changing, leaving.
func (s *session) presence(ch madang.Channel, p *protocol.Frame) error {
	a := s.attached[p.Channel]
	switch {
	case a == nil:
		return shape.Info(codeNotAttached, "The channel is not attached.")
	case a.modes&protocol.ModePresence == 0:
		return shape.Info(shape.CodeDenied, "The channel was attached without the mode presence, or the capability does not allow it.")
	}
	if len(p.Presence) > shape.MaxMessages {
		return shape.Info(shape.CodeBadRequest, fmt.Sprintf("There are more than %d presence messages.", shape.MaxMessages))
	}
	for i := range p.Presence {
		m := &p.Presence[i]
		clientID, err := s.details.Present(m.ClientID)
		if err != nil {
			return err
		}
		if len(m.ID) > shape.MaxID || !strings.HasPrefix(m.ID, s.id+":") {
			m.ID = fmt.Sprintf("%s:%d:%d", s.id, p.MsgSerial, i)
		}
		if m.Size() > s.srv.cfg.MaxMessage {
			return shape.Info(shape.CodeTooLong, fmt.Sprintf("The presence data is larger than %d bytes.", s.srv.cfg.MaxMessage))
		}
		switch m.Action {
		case protocol.PresenceEnter, protocol.PresenceUpdate, protocol.PresencePresent:
			err = s.patiently(func() error { return s.enter(membership{ch, clientID}, m) })
		case protocol.PresenceLeave:
			err = s.leave(membership{ch, clientID}, m)
		default:
			err = shape.Info(shape.CodeBadRequest, "There is no such presence action.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enter enters or changes a presence set.
func (s *session) enter(x membership, m *protocol.Message) error {
	who := s.conn.Principal()
	if who.User != x.clientID { // who may act for others enters as them, and they must be welcome
		as := *who
		as.User, who = x.clientID, &as
	}
	grant, err := s.ask(madang.AccessRequest{Action: madang.ActEnter, Principal: who, Channel: x.channel})
	if err != nil {
		return err
	}
	conn := s.members[x]
	if conn == nil {
		if len(s.members) >= s.most() {
			return fmt.Errorf("another entry of a client that has %d: %w", len(s.members), madang.ErrTooMany)
		}
		if err := s.roomFor(x); err != nil {
			return err
		}
		if conn, err = s.connFor(x.clientID); err != nil {
			return err
		}
	}
	member := madang.Member{User: x.clientID, Extras: shape.Extras{Extras: m.Extras, ID: m.ID, Encoding: m.Encoding}.Raw()}
	member.Data, member.Type = shape.ToCore(m.Data)
	if grant.Member != nil { // a policy says how to show them
		member.Data, member.Type = grant.Member.Data, grant.Member.Type
		member.Extras = shape.Extras{Extras: m.Extras, ID: m.ID}.Raw()
	}
	if err := s.srv.hub.EnterAs(background(), conn, x.channel, member); err != nil {
		return err
	}
	if s.members == nil {
		s.members = map[membership]*madang.Conn{}
	}
	s.members[x] = conn
	s.srv.watches.changed(x.channel)
	return nil
}

// connFor returns the connection that enters under a client id: a presence set has one entry for each connection.
func (s *session) connFor(clientID string) (*madang.Conn, error) {
	if clientID == s.details.ClientID {
		return s.conn, nil
	}
	return s.side("as "+clientID, s.events)
}

// roomFor reports whether the app lets one more user in.
func (s *session) roomFor(x membership) error {
	app := s.srv.o.Apps.ByID(s.app)
	if app == nil || app.Rules.MaxMembers <= 0 {
		return nil
	}
	all, err := s.srv.hub.Members(background(), x.channel)
	if err != nil {
		return err
	}
	users := map[string]bool{}
	for i := range all {
		users[all[i].User] = true
	}
	if len(users) < app.Rules.MaxMembers || users[x.clientID] {
		return nil
	}
	return shape.Info(codeNoMembers, "The channel has as many members as its app allows.")
}

// leave leaves a presence set with a client's parting words. To leave without being there is no mistake.
func (s *session) leave(x membership, m *protocol.Message) error {
	conn := s.members[x]
	if conn == nil {
		return nil
	}
	delete(s.members, x)
	defer s.srv.watches.changed(x.channel)
	return s.srv.hub.LeaveAs(background(), conn, x.channel, func(was *madang.Member) {
		before := shape.ReadExtras(was.Extras)
		words := shape.Extras{Extras: m.Extras, LeaveID: m.ID, Encoding: before.Encoding}
		if m.Data.Kind != protocol.None {
			was.Data, was.Type = shape.ToCore(m.Data)
			words.Encoding = m.Encoding
		}
		was.Extras, was.Since = words.Raw(), s.srv.hub.Now()
	})
}

// leaveAll leaves the presence sets that are meant, because the client is gone or has no right to be there.
func (s *session) leaveAll(meant func(membership) bool) {
	for x, conn := range s.members {
		if !meant(x) {
			continue
		}
		delete(s.members, x)
		s.srv.watches.changed(x.channel)
		if err := s.srv.hub.LeaveAs(background(), conn, x.channel, func(was *madang.Member) { was.Since = s.srv.hub.Now() }); err != nil {
			s.srv.log.Warn("leaving a presence set failed", "conn", conn.ID(), "channel", x.channel.String(), "error", err)
		}
	}
}
