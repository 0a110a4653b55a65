package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"madang"
	"madang/dialect/socketio/packet"
)

// event runs the handler of an event.
func (s *Socket) event(m packet.Message) error {
	var room [8][]byte
	args, err := packet.Split(m.Packet.Data, room[:0])
	if err != nil {
		return err
	}
	name, err := packet.Name(args[0])
	if err != nil {
		return err
	}
	e := &Event{Name: name, socket: s, args: args[1:], parts: m.Parts, id: m.Packet.ID, wants: m.Packet.HasID}
	if err := s.handle(e); err != nil {
		s.Exception(e, err)
	}
	return nil
}

func (s *Socket) handle(e *Event) error {
	if err := s.afford(); err != nil {
		return err
	}
	if e.Name == renewEvent && s.ns.config().Guard != "" {
		return s.renew(e)
	}
	if r := s.refusal(); r != nil {
		return r
	}
	s.mu.Lock()
	f := s.handlers[e.Name]
	s.mu.Unlock()
	if f == nil {
		f = s.ns.handler(e.Name)
	}
	if f == nil {
		return nil // as the original: an event that nobody takes is nobody's business
	}
	return f(s, e)
}

// throttle is how long an event waits at a time that its connection cannot afford.
const throttle = 20 * time.Millisecond

// afford charges the connection for an event. One that has used up its allowance is not refused but made to wait: the
// events behind wait too, and when enough of them do the connection is no longer read.
func (s *Socket) afford() error {
	for {
		err := s.conn.Spend()
		if !errors.Is(err, madang.ErrTooMany) {
			return err
		}
		select {
		case <-time.After(throttle):
		case <-s.conn.Done():
			return fmt.Errorf("socket %s: %w", s.id, madang.ErrClosed)
		}
	}
}

// Exception tells the client that its event failed: an acknowledgement {"error":{"code","message"}} if it waits for one
// and is not refused by the guard, else the event exception in the shape of Nest's gateways. Of errors other than a
// [*madang.Refusal] and the core's sentinels it learns no more than that there was one.
func (s *Socket) Exception(e *Event, err error) {
	c, text := code(err)
	refusal, refused := errors.AsType[*madang.Refusal](err)
	if refused {
		c, text = refusal.Code, refusal.Text
	}
	if c == "internal" && !(errors.Is(err, context.Canceled) && s.Context().Err() != nil) { // else it has only left
		s.ns.srv.log.Error("an event's handler failed", "conn", s.id, "namespace", s.ns.name, "event", e.Name, "error", err)
	}
	if e.wants && (s.ns.config().Mode != PerEvent || !refused) {
		answer, _ := json.Marshal(ackError{ackErrorText{c, text}}) // strings always have a JSON form
		_ = e.Ack(json.RawMessage(ascii(answer)))
		return
	}
	x := exception{Status: "error", Message: text}
	if cfg := s.ns.config(); cfg.IncludeCause {
		x.Cause = &exceptionCause{Pattern: e.Name, Data: slices.Clone(e.Raw(0))}
	} else if cfg.Mode != PerEvent {
		x.Code = c
	}
	b, err := json.Marshal(x)
	if err == nil {
		err = s.Emit("exception", json.RawMessage(ascii(b)))
	}
	if err != nil {
		s.ns.srv.log.Warn("an exception could not be told", "conn", s.id, "error", err)
	}
}
