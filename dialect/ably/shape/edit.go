package shape

import (
	"bytes"
	"encoding/json"

	"madang"
	"madang/dialect/ably/protocol"
)

// Fields are those of a message that a change may set.
type Fields uint8

// Fields.
const (
	NameField Fields = 1 << iota
	DataField
	ExtrasField
)

// An Edit says that an entry of a channel's log changes a message before it. The entry itself has the whole message as its
// publisher knew it, so that it can be shown to subscribers as it is; only the fields that are Given count when a message is
// put together from several changes. The data of an append are what is to be appended.
//
// What the message had from its first publisher is in each edit: the first entry may no longer be kept.
type Edit struct {
	Action       int             `json:"action"` // MessageUpdate, MessageDelete, MessageAppend or MessageSummary
	Serial       string          `json:"serial"` // of the message
	Given        Fields          `json:"given,omitempty"`
	Time         int64           `json:"time,omitempty"` // when it was published; milliseconds since 1970
	ClientID     string          `json:"clientId,omitempty"`
	ConnectionID string          `json:"connectionId,omitempty"`
	Description  string          `json:"description,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`

	// Whole says of an append that the entry's data are all that the message has by now, of which the appended part
	// begins at From. Such an entry is shown as an update, and does without those before it.
	Whole bool `json:"whole,omitempty"`
	From  int  `json:"from,omitempty"`
}

// A Note says that an entry of a channel's log annotates a message before it, or takes an annotation back.
type Note struct {
	Action int    `json:"action"` // AnnotationCreate or AnnotationDelete
	Serial string `json:"serial"` // of the message
	Type   string `json:"type"`
	Count  int64  `json:"count,omitempty"`
}

// How the extras begin of an entry that changes or annotates a message. There are as many entries as a channel keeps, and in
// their extras as much as clients like: what an entry is about stands where it is found without reading all of it.
const (
	editHead = `{"ably":{"edit":{`
	noteHead = `{"ably":{"note":{`
	serialIn = 256 // bytes from the beginning within which the serial ends
)

// Changes reports whether the extras of an entry have an Edit or a Note.
func Changes(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte(editHead)) || bytes.HasPrefix(raw, []byte(noteHead))
}

// About reports whether the extras of an entry may have an Edit or Note of the message of a serial.
func About(raw []byte, serial string) bool {
	return Changes(raw) && bytes.Contains(raw[:min(len(raw), serialIn)], []byte(`"`+serial+`"`))
}

// edited puts what an edit says into a message as clients get it.
func edited(out *protocol.Message, m *madang.Message, e *Edit) {
	out.Action, out.Serial = e.Action, e.Serial
	if e.Action == protocol.MessageSummary {
		out.ClientID, out.ConnectionID = "", ""
		return
	}
	if e.Whole {
		out.Action = protocol.MessageUpdate
	}
	out.Timestamp, out.ClientID, out.ConnectionID = e.Time, e.ClientID, e.ConnectionID
	out.Version = &protocol.Version{
		Serial: MessageSerial(m.Pos), Timestamp: m.Time.UnixMilli(), ClientID: m.Sender.User, Description: e.Description, Metadata: e.Metadata,
	}
}

// Annotation returns an entry that is an annotation as clients get it.
func Annotation(m *madang.Message) protocol.Message {
	x := ReadExtras(m.Extras)
	out := protocol.Message{
		ID: m.ID, Name: m.Name, ClientID: m.Sender.User, ConnectionID: publisher(m.Sender.Conn), Data: ToWire(m.Data, m.Type),
		Encoding: m.Encoding, Extras: x.Extras, Timestamp: m.Time.UnixMilli(), Serial: MessageSerial(m.Pos),
	}
	if n := x.Note; n != nil {
		out.Action, out.MessageSerial, out.Type, out.Count = n.Action, n.Serial, n.Type, n.Count
	}
	if out.ID == "" {
		out.ID = out.Serial
	}
	return out
}
