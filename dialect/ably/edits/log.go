package edits

import (
	"cmp"
	"slices"

	"madang"
	"madang/dialect/ably/shape"
)

// A Log is what is known of a channel's messages from the entries that were added. The zero value is empty.
type Log struct {
	messages map[string]*Message // by serial
}

// A Message is one message of a channel with all that has happened to it.
type Message struct {
	serial  string
	place   madang.Position
	entries []entry // that made it what it is, in their order; the first stands for itself
	notes   []entry // that annotate it
}

// An entry is one of the log's, with what this dialect keeps in its extras.
type entry struct {
	*madang.Message
	x shape.Extras
}

// Add takes in the next entry of the log. Those that are no messages are passed over.
func (l *Log) Add(e *madang.Event) {
	m := e.Message
	if m == nil {
		return
	}
	if l.messages == nil {
		l.messages = map[string]*Message{}
	}
	x := readExtras(m.Extras)
	switch {
	case x.Note != nil && e.Kind == madang.NoteEvent:
		if of := l.at(x.Note.Serial); of != nil {
			of.notes = append(of.notes, entry{m, x})
		}
	case x.Edit != nil && e.Kind != madang.NoteEvent:
		if of := l.at(x.Edit.Serial); of != nil && x.Summary == nil {
			of.add(entry{m, x})
		}
	case e.Kind == madang.MessageEvent:
		l.at(shape.MessageSerial(m.Pos)).add(entry{m, x})
	}
}

// readExtras reads what changes and annotations have; other messages' need no reading here.
func readExtras(raw []byte) shape.Extras {
	if !shape.Changes(raw) {
		return shape.Extras{}
	}
	return shape.ReadExtras(raw)
}

// at returns the message of a serial, making it; nil if that is no serial.
func (l *Log) at(serial string) *Message {
	if m := l.messages[serial]; m != nil {
		return m
	}
	place, ok := shape.ParseSerial(serial)
	if !ok {
		return nil
	}
	m := &Message{serial: serial, place: place}
	l.messages[serial] = m
	return m
}

// add takes in an entry. What is to be appended to something that is no longer known is of no use.
func (m *Message) add(e entry) {
	if len(m.entries) > 0 || stands(e) {
		m.entries = append(m.entries, e)
	}
}

// stands reports whether a message is known from this entry alone.
func stands(e entry) bool { return !appends(e) || e.x.Edit.Whole }

// Message returns the message of a serial; nil if it is not known, or no longer.
func (l *Log) Message(serial string) *Message {
	if m := l.messages[serial]; m != nil && len(m.entries) > 0 {
		return m
	}
	return nil
}

// Messages returns all messages that are known, in the order in which they were published first.
func (l *Log) Messages() []*Message {
	all := make([]*Message, 0, len(l.messages))
	for _, m := range l.messages {
		if len(m.entries) > 0 {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *Message) int { return cmp.Compare(a.place.Offset, b.place.Offset) })
	return all
}

// About reports whether an entry may be about the message of a serial. It is quicker than to read the entry.
func About(e *madang.Event, serial string) bool {
	return e.Message != nil && shape.About(e.Message.Extras, serial)
}
