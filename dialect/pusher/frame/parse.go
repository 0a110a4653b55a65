package frame

import (
	"encoding/json"
	"unicode/utf8"
)

// A Fault is what is wrong with a text, in words that its sender may read.
type Fault string

// Error returns the words.
func (f Fault) Error() string { return string(f) }

// Faults. They never repeat what the client has sent.
const (
	FaultJSON    Fault = "the message is no JSON object"
	FaultEvent   Fault = "event must be a string that is not empty"
	FaultChannel Fault = "channel must be a string"
	FaultData    Fault = "data must be a JSON object with the fields that this event needs"
)

// A Frame is one text of a client.
type Frame struct {
	Event   string
	Channel string // of a client event
	Data    []byte // the raw JSON value; nil if there is none
}

// Parse reads a text. What it returns does not share memory with b.
func Parse(b []byte) (Frame, error) {
	var raw struct {
		Event   json.RawMessage `json:"event"`
		Channel json.RawMessage `json:"channel"`
		Data    json.RawMessage `json:"data"`
	}
	if !utf8.Valid(b) || len(b) == 0 || json.Unmarshal(b, &raw) != nil || !object(b) {
		return Frame{}, FaultJSON
	}
	var f Frame
	if !text(raw.Event, &f.Event) || f.Event == "" {
		return Frame{}, FaultEvent
	}
	if raw.Channel != nil && string(raw.Channel) != "null" && !text(raw.Channel, &f.Channel) {
		return Frame{}, FaultChannel
	}
	f.Data = raw.Data
	return f, nil
}

// object reports whether valid JSON is an object.
func object(b []byte) bool {
	for _, c := range b {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return c == '{'
	}
	return false
}

// text reads a JSON string; false for anything else.
func text(raw json.RawMessage, to *string) bool {
	return len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, to) == nil
}

// fields reads an object, which may also stand in a string, as some client libraries write it.
func fields(data []byte, to any) error {
	var s string
	if text(data, &s) {
		data = []byte(s)
	}
	if len(data) == 0 || !object(data) || json.Unmarshal(data, to) != nil {
		return FaultData
	}
	return nil
}

// A Subscribe is the data of pusher:subscribe.
type Subscribe struct {
	Channel     string `json:"channel"`
	Auth        string `json:"auth"`         // key:signature; empty: none
	ChannelData string `json:"channel_data"` // the text that is signed, byte for byte
}

// Subscribe reads the data as that of pusher:subscribe.
func (f Frame) Subscribe() (s Subscribe, err error) {
	if err = fields(f.Data, &s); err == nil && s.Channel == "" {
		err = FaultChannel
	}
	return s, err
}

// Unsubscribe reads the data as that of pusher:unsubscribe: a channel's name.
func (f Frame) Unsubscribe() (channel string, err error) {
	s, err := f.Subscribe()
	return s.Channel, err
}

// A Signin is the data of pusher:signin.
type Signin struct {
	Auth     string `json:"auth"`
	UserData string `json:"user_data"` // the text that is signed, byte for byte
}

// Signin reads the data as that of pusher:signin.
func (f Frame) Signin() (s Signin, err error) {
	if err = fields(f.Data, &s); err == nil && (s.Auth == "" || s.UserData == "") {
		err = FaultData
	}
	return s, err
}
