package ably

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/repeats"
	"madang/dialect/ably/shape"
)

// acknowledge does what a message that wants an answer asks for, and answers. What was asked for already, by a client that
// did not hear the answer before it was cut off, is only answered again.
func (s *session) acknowledge(p *protocol.Frame) {
	if known, ok := s.done.find(p.MsgSerial); ok {
		s.send(known.frame(p.MsgSerial))
		return
	}
	serials, err := s.perform(p)
	done := answer{serials: serials}
	if err != nil {
		if errors.Is(err, madang.ErrClosed) {
			return // nobody is there to hear it
		}
		if p.Action == protocol.Presence && errors.Is(err, madang.ErrUnavailable) {
			s.comeBack(err)
			return
		}
		if internal(err) {
			s.srv.log.Error("what a client asked for failed", "conn", s.conn.ID(), "channel", p.Channel, "error", err)
		}
		done = answer{refused: shape.InfoOf(err)}
	}
	s.done.add(p.MsgSerial, done)
	s.send(done.frame(p.MsgSerial))
}

func (s *session) perform(p *protocol.Frame) (serials []string, err error) {
	n, err := parseName(p.Channel)
	if err != nil {
		return nil, err
	}
	ch := madang.Channel{App: s.app, Name: n.name}
	switch p.Action {
	case protocol.Messages:
		return s.publish(ch, p)
	case protocol.Presence:
		return nil, s.presence(ch, p)
	case protocol.Objects:
		return nil, noObjects()
	}
	return s.annotate(ch, p)
}

// publish publishes messages, all or none.
func (s *session) publish(ch madang.Channel, p *protocol.Frame) ([]string, error) {
	if slices.ContainsFunc(p.Messages, func(m protocol.Message) bool { return m.Action != protocol.MessageCreate }) {
		return s.change(ch, p)
	}
	if a := s.attached[p.Channel]; a != nil && a.modes&protocol.ModePublish == 0 {
		return nil, shape.Info(shape.CodeDenied, "The channel was attached without the mode publish, or the capability does not allow it.")
	}
	if n := len(p.Messages); n == 0 || n > shape.MaxMessages {
		return nil, shape.Info(shape.CodeBadRequest, fmt.Sprintf("There must be from 1 to %d messages.", shape.MaxMessages))
	}
	batch := batch{channel: ch, limit: s.srv.cfg.MaxMessage}
	for i := range p.Messages {
		m := &p.Messages[i]
		clientID, err := s.details.As(m.ClientID)
		if err != nil {
			return nil, err
		}
		if m.ID == "" {
			m.ID = batch.freshID(i)
		} else {
			batch.chosen = true
		}
		out, err := batch.add(m)
		if err != nil {
			return nil, err
		}
		out.Sender = madang.Sender{Conn: s.conn.ID(), User: clientID}
		if !s.echo {
			out.Skip = s.conn.ID()
		}
		if err := s.allow(madang.ActPublish, ch, m.Name); err != nil {
			return nil, err
		}
	}
	return s.srv.publish(&batch, s.conn.Principal())
}

// A batch is what one request publishes.
type batch struct {
	channel  madang.Channel
	messages []*madang.Message
	base     string // of the ids that the client has not chosen; empty: it is not made yet
	chosen   bool   // the client has chosen ids
	size     int
	limit    int
}

// freshID returns an id for the ith message.
func (b *batch) freshID(i int) string {
	if b.base == "" {
		b.base = shape.NewID()
	}
	return b.base + ":" + strconv.Itoa(i)
}

// add adds a message as the core has it, without its sender.
func (b *batch) add(m *protocol.Message) (*madang.Message, error) {
	switch {
	case len(m.ID) > shape.MaxID:
		return nil, shape.Info(shape.CodeBadID, "The id of the message is too long.")
	case len(m.Extras) > 0 && m.Extras[0] != '{':
		return nil, shape.Info(shape.CodeBadRequest, "The extras of the message are no object.")
	}
	b.size += m.Size()
	if b.size > b.limit {
		return nil, shape.Info(shape.CodeTooLong, fmt.Sprintf("The message is larger than %d bytes.", b.limit))
	}
	out := &madang.Message{ID: m.ID, Name: m.Name, Channel: b.channel, Encoding: m.Encoding, Extras: shape.Extras{Extras: m.Extras}.Raw()}
	out.Data, out.Type = shape.ToCore(m.Data)
	out.Transient = shape.Ephemeral(m.Extras)
	b.messages = append(b.messages, out)
	return out, nil
}

// publish publishes a batch and returns the serials of its messages. One with ids that was published already is not
// published again: clients repeat what they did not hear an answer to.
func (s *Server) publish(b *batch, who *madang.Principal) (serials []string, err error) {
	key := ""
	if b.chosen {
		key = repeats.Key(b.messages[0])
	}
	return s.repeats.Once(key, s.hub.Now, func() ([]string, error) {
		return s.o.Publish.Publish(background(), s.hub, who, b.messages)
	})
}
