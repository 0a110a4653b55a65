package shape

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"madang"
	"madang/dialect/ably/protocol"
)

// What this dialect keeps in a message's or member's Extras stands below one name, so that nobody takes it for theirs.
type extras struct {
	Ably *Extras `json:"ably"`
}

// Extras are what this dialect keeps of a message or member that the core has no place for.
type Extras struct {
	Edit     *Edit           `json:"edit,omitempty"` // before what a client chooses; see [About]
	Note     *Note           `json:"note,omitempty"`
	ID       string          `json:"id,omitempty"`       // of the presence message with which a member entered
	LeaveID  string          `json:"leaveId,omitempty"`  // of the one with which it left; empty: it was not the client that said it
	Encoding string          `json:"encoding,omitempty"` // of a presence message's data
	Summary  json.RawMessage `json:"summary,omitempty"`  // what a message's annotations come to: a JSON object by their types
	Extras   json.RawMessage `json:"extras,omitempty"`   // the client's
}

// Raw returns them for the core; nil if there are none.
func (x Extras) Raw() []byte {
	if len(x.Extras)+len(x.Summary) == 0 && x.ID == "" && x.LeaveID == "" && x.Encoding == "" && x.Edit == nil && x.Note == nil {
		return nil
	}
	b, err := json.Marshal(extras{&x})
	if err != nil { // the client's extras are no JSON, which its codec has seen to
		return nil
	}
	return b
}

// ReadExtras returns what Raw wrote; raw may be anybody's.
func ReadExtras(raw []byte) Extras {
	var x extras
	if len(raw) == 0 || json.Unmarshal(raw, &x) != nil || x.Ably == nil {
		return Extras{}
	}
	return *x.Ably
}

// ToCore returns a message's data as the core has it.
func ToCore(d protocol.Data) ([]byte, madang.DataType) {
	switch d.Kind {
	case protocol.Text:
		return d.Bytes, madang.Text
	case protocol.Binary:
		return d.Bytes, madang.Binary
	case protocol.None, protocol.Value:
	}
	return d.Bytes, madang.JSON
}

// ToWire returns data of the core as clients get it.
func ToWire(b []byte, t madang.DataType) protocol.Data {
	switch {
	case t == madang.Binary:
		return protocol.Data{Kind: protocol.Binary, Bytes: b}
	case t == madang.Text && utf8.Valid(b):
		return protocol.Data{Kind: protocol.Text, Bytes: b}
	case t == madang.Text:
		return protocol.Data{Kind: protocol.Binary, Bytes: b}
	case len(b) == 0:
		return protocol.Data{}
	}
	return protocol.Data{Kind: protocol.Value, Bytes: b}
}

// Message returns a message as clients get it.
func Message(m *madang.Message) protocol.Message {
	out := protocol.Message{
		ID: m.ID, Name: m.Name, ClientID: m.Sender.User, ConnectionID: publisher(m.Sender.Conn), Data: ToWire(m.Data, m.Type),
		Encoding: m.Encoding, Timestamp: m.Time.UnixMilli(), Serial: MessageSerial(m.Pos),
	}
	if m.Type == madang.Args && len(m.Attachments) == 1 && onlyBinary(m.Data) {
		out.Data = protocol.Data{Kind: protocol.Binary, Bytes: m.Attachments[0]}
	}
	if out.ID == "" {
		out.ID = out.Serial
	}
	if len(m.Extras) > 0 {
		x := ReadExtras(m.Extras)
		out.Extras, out.Summary = x.Extras, x.Summary
		if x.Edit != nil {
			edited(&out, m, x.Edit)
		}
	}
	return out
}

// onlyBinary reports whether arguments are one binary one: a placeholder for the first attachment.
func onlyBinary(args []byte) bool {
	var all []struct {
		Placeholder bool `json:"_placeholder"`
		Num         int  `json:"num"`
	}
	return json.Unmarshal(args, &all) == nil && len(all) == 1 && all[0].Placeholder && all[0].Num == 0
}

// Presence returns a member's entry as clients get it, with one of the actions of presence messages.
func Presence(m *madang.Member, action int) protocol.Message {
	x := ReadExtras(m.Extras)
	id := x.ID
	if action == protocol.PresenceLeave { // clients take one without an id for the server's word, and go by the time
		id = x.LeaveID
	}
	return protocol.Message{
		ID: id, Action: action, ClientID: m.User, ConnectionID: ConnectionID(m.Conn), Data: ToWire(m.Data, m.Type),
		Encoding: x.Encoding, Extras: x.Extras, Timestamp: m.Since.UnixMilli(),
	}
}

// Names of this dialect's connections in the core have a third number: 0 for the connection itself, others for what it does
// under other client ids and in channels with a qualifier. On the wire there is one connection, without that number.

// OwnID returns the wire's id of one of this dialect's connections; ok is false for those of others.
func OwnID(id madang.ConnID) (wire string, ok bool) {
	i := strings.LastIndexByte(string(id), '.')
	if i < 0 || strings.IndexByte(string(id), '.') == i {
		return "", false
	}
	return string(id[:i]), true
}

// publisher is the connection id shown of who has published a message; those of other dialects have none.
func publisher(id madang.ConnID) string {
	wire, _ := OwnID(id)
	return wire
}

// ConnectionID is the connection id shown of a member. Those of other dialects have an alias, because a connection's name
// may be its client's secret.
func ConnectionID(id madang.ConnID) string {
	if wire, ok := OwnID(id); ok {
		return wire
	}
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// ConnID returns the core's name of the nth connection of a wire's id.
func ConnID(wire string, n int) madang.ConnID { return madang.ConnID(fmt.Sprintf("%s.%d", wire, n)) }

// Ephemeral reports whether a client's extras say that the message is of interest only now.
func Ephemeral(extras []byte) bool {
	var x struct {
		Ephemeral bool `json:"ephemeral"`
	}
	return len(extras) > 0 && json.Unmarshal(extras, &x) == nil && x.Ephemeral
}

// PresenceAction returns how a change of a presence set looks in a presence message.
func PresenceAction(k madang.Kind) int {
	switch k {
	case madang.EnterEvent:
		return protocol.PresenceEnter
	case madang.LeaveEvent:
		return protocol.PresenceLeave
	}
	return protocol.PresenceUpdate
}
