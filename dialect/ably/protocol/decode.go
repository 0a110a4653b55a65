package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Decode reads one message in one of the two forms: MessagePack if binary is set, else JSON. Unknown fields are passed
// over. What it returns does not share memory with b.
func Decode(b []byte, binary bool) (*Frame, error) {
	if binary {
		r := reader{b: b}
		p := r.frame()
		if r.err == nil && len(r.b) > 0 {
			r.err = fmt.Errorf("%d bytes behind the message", len(r.b))
		}
		if r.err != nil {
			return nil, fmt.Errorf("read MessagePack: %w", r.err)
		}
		return p, nil
	}
	if err := bounded(b); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	var in struct {
		Frame
		Messages    []jsonMessage `json:"messages"`
		Presence    []jsonMessage `json:"presence"`
		Annotations []jsonMessage `json:"annotations"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	p := in.Frame
	p.Messages, p.Presence, p.Annotations = plain(in.Messages), plain(in.Presence), plain(in.Annotations)
	return &p, nil
}

// DecodeMessages reads the body of an HTTP request that publishes: one message, or a list.
func DecodeMessages(b []byte, binary bool) ([]Message, error) {
	if binary {
		r := reader{b: b}
		all := r.oneOrMore()
		if r.err == nil && len(r.b) > 0 {
			r.err = fmt.Errorf("%d bytes behind the messages", len(r.b))
		}
		if r.err != nil {
			return nil, fmt.Errorf("read MessagePack: %w", r.err)
		}
		return all, nil
	}
	if first := bytes.TrimLeft(b, " \t\r\n"); len(first) == 0 || first[0] != '[' {
		var one jsonMessage
		if err := json.Unmarshal(b, &one); err != nil {
			return nil, fmt.Errorf("read JSON: %w", err)
		}
		return plain([]jsonMessage{one}), nil
	}
	if err := bounded(b); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	var all []jsonMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return plain(all), nil
}

// A jsonMessage is a message whose data can be any value.
type jsonMessage struct {
	Message
	Data   json.RawMessage `json:"data"`
	Extras shallow         `json:"extras"`
}

func plain(in []jsonMessage) []Message {
	if len(in) == 0 {
		return nil
	}
	all := make([]Message, len(in))
	for i := range in {
		m := &all[i]
		*m = in[i].Message
		if extras := json.RawMessage(in[i].Extras); !isNull(extras) {
			m.Extras = extras
		}
		if m.Version != nil && isNull(m.Version.Metadata) {
			m.Version.Metadata = nil
		}
		raw := in[i].Data
		var s string
		switch {
		case isNull(raw):
		case raw[0] == '"' && json.Unmarshal(raw, &s) == nil:
			m.Data = Data{Text, []byte(s)}
		default:
			m.Data = Data{Value, raw}
		}
		m.normalize()
	}
	return all
}

func isNull(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// normalize undoes the steps of the encoding that say no more than Data can say itself.
func (m *Message) normalize() {
	if m.Data.Kind == Text && lastStep(m.Encoding) == "base64" {
		if b, err := base64.StdEncoding.DecodeString(string(m.Data.Bytes)); err == nil {
			m.Data = Data{Binary, b}
			m.Encoding = m.Encoding[:max(0, len(m.Encoding)-len("/base64"))]
		}
	}
	if m.Data.Kind == Text && m.Encoding == "json" && json.Valid(m.Data.Bytes) {
		m.Data.Kind, m.Encoding = Value, ""
	}
	if m.Data.Kind == Text && !utf8.Valid(m.Data.Bytes) {
		m.Data.Kind = Binary
	}
}

func lastStep(encoding string) string { return encoding[strings.LastIndexByte(encoding, '/')+1:] }

// UnmarshalJSON implements json.Unmarshaler: values that are no strings are taken as they are written.
func (p *Params) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if len(raw) == 0 {
		return nil
	}
	*p = make(Params, len(raw))
	for k, v := range raw {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		(*p)[k] = s
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler: what is no object, as earlier clients have it, says nothing.
func (v *Version) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	type fields Version
	if err := json.Unmarshal(b, (*fields)(v)); err != nil {
		return err
	}
	if tooDeep(v.Metadata) {
		return errDeep
	}
	return nil
}
