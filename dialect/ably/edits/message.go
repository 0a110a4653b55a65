package edits

import (
	"encoding/json"
	"slices"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// Serial returns the message's serial.
func (m *Message) Serial() string { return m.serial }

// Place returns where in the channel it was published first.
func (m *Message) Place() madang.Position { return m.place }

// Owner returns the client id of who published it first; empty: nobody in particular.
func (m *Message) Owner() string { return m.First().ClientID }

// Time returns when it was published first.
func (m *Message) Time() time.Time { return time.UnixMilli(m.First().Time) }

// Edited reports whether there is more to it than its first entry.
func (m *Message) Edited() bool { return len(m.entries)+len(m.notes) > 1 || m.entries[0].x.Edit != nil }

// Base returns the entry from which on the message is known even if nothing before it is kept.
func (m *Message) Base() *madang.Message {
	for i := len(m.entries) - 1; i > 0; i-- {
		if stands(m.entries[i]) {
			return m.entries[i].Message
		}
	}
	return m.entries[0].Message
}

// Annotations returns the entries that annotate it, in their order.
func (m *Message) Annotations() []*madang.Message {
	all := make([]*madang.Message, len(m.notes))
	for i, n := range m.notes {
		all[i] = n.Message
	}
	return all
}

// Annotated returns the position of the last entry that annotates it; zero: there is none.
func (m *Message) Annotated() madang.Position {
	if len(m.notes) == 0 {
		return madang.Position{}
	}
	return m.notes[len(m.notes)-1].Pos
}

// Latest returns the message as it is now, as an entry that stands for itself.
func (m *Message) Latest() *madang.Message { return m.fold().message(nil) }

// Summed is Latest with what its annotations come to; see [Message.Summary].
func (m *Message) Summed(limit int) *madang.Message { return m.fold().message(m.Summary(limit)) }

func (m *Message) fold() *state {
	s := m.state()
	for _, e := range m.entries {
		s.apply(e)
	}
	return s
}

// Versions returns what it was and is, the oldest first. What has its own position is the first version that is kept.
func (m *Message) Versions() []*madang.Message {
	s := m.state()
	all := make([]*madang.Message, 0, len(m.entries))
	for _, e := range m.entries {
		s.apply(e)
		s.data = slices.Clip(s.data) // the next version must not write behind this one
		all = append(all, s.message(nil))
	}
	return all
}

// First returns an edit of the message that has no more than what comes from its first publisher.
func (m *Message) First() shape.Edit {
	e := m.entries[0]
	if x := e.x.Edit; x != nil {
		return shape.Edit{Serial: m.serial, Time: x.Time, ClientID: x.ClientID, ConnectionID: x.ConnectionID}
	}
	out := shape.Message(e.Message)
	return shape.Edit{Serial: m.serial, Time: out.Timestamp, ClientID: out.ClientID, ConnectionID: out.ConnectionID}
}

// A state is a message between two of its entries.
type state struct {
	first  shape.Edit
	skip   madang.ConnID // of the first entry
	last   entry
	name   string
	data   []byte
	own    bool // data is no entry's, and may be appended to
	kind   madang.DataType
	parts  [][]byte
	coding string
	extras json.RawMessage
}

func (m *Message) state() *state { return &state{first: m.First(), skip: m.entries[0].Skip} }

// apply makes the state what it is after an entry.
func (s *state) apply(e entry) {
	fresh := s.last.Message == nil
	given := shape.NameField | shape.DataField | shape.ExtrasField
	if x := e.x.Edit; x != nil && !fresh {
		given = x.Given
	}
	s.last = e
	if given&shape.NameField != 0 {
		s.name = e.Name
	}
	if given&shape.ExtrasField != 0 {
		s.extras = e.x.Extras
		if e.x.Edit == nil {
			s.extras = shape.ReadExtras(e.Extras).Extras
		}
	}
	if given&shape.DataField == 0 {
		return
	}
	if appends(e) && !fresh {
		s.append(e)
		return
	}
	s.data, s.own, s.kind, s.parts, s.coding = e.Data, false, e.Type, e.Attachments, e.Encoding
}

func appends(e entry) bool { return e.x.Edit != nil && e.x.Edit.Action == protocol.MessageAppend }

// append adds an entry's data to the state's. What is of another kind takes their place: it can only have come from who did
// not know yet of a change in between.
func (s *state) append(e entry) {
	more := e.Data
	if e.x.Edit.Whole {
		more = more[min(max(e.x.Edit.From, 0), len(more)):]
	}
	if len(s.data) == 0 || s.kind != e.Type || s.coding != e.Encoding {
		s.data, s.own, s.kind, s.parts, s.coding = more, false, e.Type, nil, e.Encoding
		return
	}
	if !s.own {
		s.data, s.own = slices.Clip(s.data), true
	}
	s.data = append(s.data, more...)
}

// message returns the state as an entry that stands for itself.
func (s *state) message(summary json.RawMessage) *madang.Message {
	x := s.last.x.Edit
	if x == nil && summary == nil {
		return s.last.Message
	}
	m := *s.last.Message
	m.Name, m.Data, m.Type, m.Attachments, m.Encoding, m.Skip = s.name, s.data, s.kind, s.parts, s.coding, s.skip
	out := shape.Extras{Extras: s.extras, Summary: summary}
	if x != nil {
		edit := s.first
		edit.Action, edit.Description, edit.Metadata = protocol.MessageUpdate, x.Description, x.Metadata
		if x.Action == protocol.MessageDelete {
			edit.Action = protocol.MessageDelete
		}
		out.Edit = &edit
	}
	m.Extras = out.Raw()
	return &m
}
