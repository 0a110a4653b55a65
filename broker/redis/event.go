package redis

import (
	"fmt"
	"time"

	"madang"
)

// firstKind is the character that stands for kind 0. An event is written as the character of its kind, by which scripts
// select, and a block with the rest. Its channel and position are not in it: they stand beside it.
const firstKind = '0'

// encode writes an event.
func encode(e *madang.Event) []byte {
	size := 64
	if m := e.Message; m != nil {
		size += len(m.Data) + len(m.Extras)
	}
	w := wire{out: true, b: append(make([]byte, 0, size), firstKind+byte(e.Kind))}
	event(&w, e)
	return w.b
}

// decode reads an event of a channel. What it holds shares the memory of b.
func decode(b []byte, c madang.Channel) (*madang.Event, error) {
	if len(b) == 0 || b[0] < firstKind || b[0] > firstKind+9 {
		return nil, fmt.Errorf("kind of event: %w", errWire)
	}
	e := &madang.Event{Kind: madang.Kind(b[0] - firstKind), Channel: c}
	w := wire{b: b[1:]}
	event(&w, e)
	return e, w.done("event")
}

func event(w *wire, e *madang.Event) {
	flag(w, &e.First)
	flag(w, &e.Last)
	option(w, &e.Message, func(w *wire, m *madang.Message) { message(w, m, e.Channel) })
	option(w, &e.Member, member)
	option(w, &e.Control, control)
	option(w, &e.Audience, audience)
}

// message reads or writes a message of an event of a channel. As a rule it is the message's own, which need not be written.
func message(w *wire, m *madang.Message, of madang.Channel) {
	other := m.Channel != of
	flag(w, &other)
	if other {
		channel(w, &m.Channel)
	} else {
		m.Channel = of
	}
	text(w, &m.ID)
	text(w, &m.Name)
	w.bytes(&m.Data)
	small(w, &m.Type)
	text(w, &m.Encoding)
	list(w, &m.Attachments, (*wire).bytes)
	w.bytes(&m.Extras)
	text(w, &m.Sender.Conn)
	text(w, &m.Sender.User)
	moment(w, &m.Time)
	flag(w, &m.Volatile)
	flag(w, &m.Transient)
	text(w, &m.Skip)
}

func member(w *wire, m *madang.Member) {
	text(w, &m.User)
	text(w, &m.Conn)
	text(w, &m.Node)
	memberRest(w, m)
}

// memberRest is what is kept of an entry beside its connection, user and node.
func memberRest(w *wire, m *madang.Member) {
	w.bytes(&m.Data)
	small(w, &m.Type)
	moment(w, &m.Since)
	w.bytes(&m.RawUser)
	w.bytes(&m.Extras)
}

func control(w *wire, c *madang.Control) {
	small(w, &c.Op)
	text(w, &c.From)
	w.number(&c.ID)
	w.block(func(w *wire) { audience(w, &c.Audience) })
	option(w, &c.Message, func(w *wire, m *madang.Message) { message(w, m, madang.Channel{}) })
	list(w, &c.Channels, channel)
	small(w, &c.Reason)
	integer(w, &c.Wait)
	integer(w, &c.Count)
	text(w, &c.Answer.Conn)
	w.bytes(&c.Answer.Data)
	list(w, &c.Answer.Attachments, (*wire).bytes)
	flag(w, &c.Prefix)
	list(w, &c.Counts, integer)
}

func audience(w *wire, a *madang.Audience) {
	list(w, &a.In, channel)
	list(w, &a.Conns, text)
	list(w, &a.Except, channel)
	list(w, &a.Without, text)
}

func channel(w *wire, c *madang.Channel) {
	text(w, &c.App)
	text(w, &c.Name)
}

// moment reads or writes a time in whole milliseconds; zero stays zero.
func moment(w *wire, t *time.Time) {
	var ms int64
	if w.out && !t.IsZero() {
		ms = t.UnixMilli()
	}
	integer(w, &ms)
	if w.out {
		return
	}
	if *t = (time.Time{}); ms != 0 {
		*t = time.UnixMilli(ms)
	}
}
