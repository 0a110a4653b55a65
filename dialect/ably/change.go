package ably

import (
	"fmt"

	"madang"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// change updates, deletes or appends to a message, and returns the serial of its new version.
func (s *session) change(ch madang.Channel, p *protocol.Frame) ([]string, error) {
	if len(p.Messages) != 1 {
		return nil, shape.Info(shape.CodeBadRequest, "Messages are updated, deleted and appended to one by one.")
	}
	by, err := s.by(p, 0)
	if err != nil {
		return nil, err
	}
	version, err := s.srv.changes.Change(background(), ch, &p.Messages[0], by)
	if err != nil {
		return nil, err
	}
	return []string{version}, nil
}

// annotate publishes annotations, or takes some back, in their order until one is refused.
func (s *session) annotate(ch madang.Channel, p *protocol.Frame) (serials []string, err error) {
	if a := s.attached[p.Channel]; a != nil && a.modes&protocol.ModeAnnotate == 0 {
		return nil, shape.Info(shape.CodeDenied, "The channel was attached without the mode annotation_publish, or the capability does not allow it.")
	}
	if len(p.Annotations) == 0 || len(p.Annotations) > mutable.MaxAnnotations {
		return nil, shape.Info(shape.CodeBadRequest, fmt.Sprintf("There must be from 1 to %d annotations.", mutable.MaxAnnotations))
	}
	for i := range p.Annotations {
		by, err := s.by(p, i)
		if err != nil {
			return nil, err
		}
		serial, err := s.srv.changes.Annotate(background(), ch, &p.Annotations[i], by)
		if err != nil {
			return nil, err
		}
		serials = append(serials, serial)
	}
	return serials, nil
}

// by says who asks for the nth thing in a frame.
func (s *session) by(p *protocol.Frame, n int) (mutable.By, error) {
	if s.conn.Expired() {
		return mutable.By{}, shape.Info(token.CodeExpired, "The token has expired.")
	}
	by := mutable.By{Details: s.details, Principal: s.conn.Principal(), Conn: s.conn.ID(), ID: fmt.Sprintf("%s:%d:%d", s.id, p.MsgSerial, n)}
	if !s.echo {
		by.Skip = s.conn.ID()
	}
	return by, nil
}
