package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"madang/dialect/ably/protocol"
)

// Limits of what a client asks for.
const (
	MaxChannels = 50
	maxSerial   = 128 // bytes
)

// Options are how a client wants its events.
type Options struct {
	Lines      bool // lines of JSON, else Server-Sent Events
	Bare       bool // the data of messages alone
	Heartbeats bool // as events, else as what clients pass over
}

// A Stream turns messages of the protocol into events. It is for one goroutine.
type Stream struct {
	o        Options
	channels []string
	serials  []string // where the stream stands in each
	asked    []bool   // the channel's answer to ATTACH has come
}

// New returns a stream of some channels, which goes on behind the event of an id; empty: from now on. The error is for the
// client.
func New(channels []string, lastID string, o Options) (*Stream, error) {
	switch {
	case len(channels) == 0 || slices.Contains(channels, ""):
		return nil, fmt.Errorf("the parameter channels names no channel")
	case len(channels) > MaxChannels:
		return nil, fmt.Errorf("the parameter channels names more than %d channels", MaxChannels)
	}
	for i, name := range channels {
		if slices.Contains(channels[:i], name) {
			return nil, fmt.Errorf("the parameter channels names a channel twice")
		}
	}
	s := &Stream{o: o, channels: channels, serials: make([]string, len(channels)), asked: make([]bool, len(channels))}
	if lastID == "" {
		return s, nil
	}
	serials := strings.Split(lastID, ",")
	if len(serials) != len(channels) || slices.ContainsFunc(serials, func(x string) bool { return len(x) > maxSerial }) {
		return nil, fmt.Errorf("the id of the last event is not one of a stream of these channels")
	}
	s.serials = serials
	return s, nil
}

// Attach returns the messages with which a connection begins to hear the channels. params are those of each; they may be nil.
func (s *Stream) Attach(params protocol.Params) []*protocol.Frame {
	var all []*protocol.Frame
	for i, name := range s.channels {
		all = append(all, &protocol.Frame{
			Action: protocol.Attach, Channel: name, ChannelSerial: s.serials[i], Params: params,
			Flags: protocol.ModeSubscribe | protocol.ModePresenceSub,
		})
	}
	return all
}

// Open reports whether the client hears all channels.
func (s *Stream) Open() bool { return !slices.Contains(s.asked, false) }

// ID is where the stream stands.
func (s *Stream) ID() string { return strings.Join(s.serials, ",") }

// A frame is a message of the protocol as far as events show it.
type frame struct {
	Action        protocol.Action     `json:"action"`
	ID            string              `json:"id"` // of which those of messages that bring none are made
	Channel       string              `json:"channel"`
	ChannelSerial string              `json:"channelSerial"`
	Error         *protocol.ErrorInfo `json:"error"`
	Messages      []json.RawMessage   `json:"messages"`
	Presence      []json.RawMessage   `json:"presence"`
}

// Take appends the events that a JSON list of messages is for the client. If end is not nil, the stream ends with that error.
func (s *Stream) Take(dst, list []byte) (out []byte, end *protocol.ErrorInfo, err error) {
	var all []frame
	if err := json.Unmarshal(list, &all); err != nil {
		return dst, nil, fmt.Errorf("read a list of messages: %w", err)
	}
	for i := range all {
		if dst, end = s.take(dst, &all[i]); end != nil {
			break
		}
	}
	return dst, end, nil
}

func (s *Stream) take(dst []byte, p *frame) (out []byte, end *protocol.ErrorInfo) {
	at := slices.Index(s.channels, p.Channel)
	if at >= 0 && p.ChannelSerial != "" && p.Action != protocol.Sync {
		s.serials[at] = p.ChannelSerial
	}
	switch p.Action {
	case protocol.Attached:
		if at >= 0 {
			s.asked[at] = true
		}
		if p.Error != nil { // something was missed; it goes on behind that
			dst = s.Error(dst, p.Error)
		}
	case protocol.Messages:
		for i := range p.Messages {
			p.Messages[i] = withID(p.Messages[i], p.ID, i)
		}
		dst = s.all(dst, "message", p.Channel, p.Messages)
	case protocol.Presence:
		dst = s.all(dst, "presence", p.Channel, p.Presence)
	case protocol.Heartbeat:
		dst = s.heartbeat(dst)
	case protocol.Error, protocol.Detached, protocol.Disconnected, protocol.Closed:
		if end = p.Error; end == nil {
			end = &protocol.ErrorInfo{Code: 80003, StatusCode: 400, Message: "The connection has ended."}
		}
	}
	return dst, end
}

// withID returns the ith message of a frame with the id that it has by the frame's, unless it brings one.
func withID(m json.RawMessage, base string, i int) json.RawMessage {
	var x struct {
		ID string `json:"id"`
	}
	if base == "" || !strings.HasPrefix(string(m), "{") || json.Unmarshal(m, &x) != nil || x.ID != "" {
		return m
	}
	id, _ := json.Marshal(base + ":" + strconv.Itoa(i)) // a text always has a JSON form
	return insert("id", id, m)
}

// insert returns a JSON object with a field before its own.
func insert(name string, value, object []byte) json.RawMessage {
	rest := strings.TrimSpace(strings.TrimPrefix(string(object), "{"))
	if rest != "}" {
		rest = "," + rest
	}
	return json.RawMessage(`{"` + name + `":` + string(value) + rest)
}

// all appends messages. The id stands at the last of those that came together: the client stands there when it has got all.
// Before all channels are heard there is none: it would say nothing of the others.
func (s *Stream) all(dst []byte, kind, channel string, messages []json.RawMessage) []byte {
	for i, m := range messages {
		id := ""
		if i == len(messages)-1 && s.Open() {
			id = s.ID()
		}
		dst = s.event(dst, id, kind, s.payload(channel, m))
	}
	return dst
}

// payload is what a message is as data.
func (s *Stream) payload(channel string, m json.RawMessage) string {
	if s.o.Bare {
		var x struct {
			Data json.RawMessage `json:"data"`
		}
		var text string
		if json.Unmarshal(m, &x) != nil || len(x.Data) == 0 {
			return ""
		}
		if json.Unmarshal(x.Data, &text) == nil {
			return text
		}
		return string(x.Data)
	}
	name, _ := json.Marshal(channel) // a text always has a JSON form
	return string(insert("channel", name, m))
}
