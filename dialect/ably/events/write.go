package events

import (
	"encoding/json"
	"strings"

	"madang/dialect/ably/protocol"
)

// ContentType is the stream's media type.
func (s *Stream) ContentType() string {
	if s.o.Lines {
		return "application/json"
	}
	return "text/event-stream"
}

// Here appends what tells a client where the stream stands, without an event: one that is cut off before the next comes back
// with that.
func (s *Stream) Here(dst []byte) []byte {
	if s.o.Lines {
		return append(dst, '\n')
	}
	return append(append(append(dst, "id: "...), s.ID()...), "\n\n"...)
}

// Error appends an error as an event.
func (s *Stream) Error(dst []byte, e *protocol.ErrorInfo) []byte {
	b, _ := json.Marshal(e) // numbers and a text always have a JSON form
	return s.event(dst, "", "error", string(b))
}

func (s *Stream) heartbeat(dst []byte) []byte {
	switch {
	case s.o.Heartbeats && s.o.Lines:
		return append(dst, `{"event":"heartbeat"}`+"\n"...)
	case s.o.Heartbeats:
		return s.event(dst, "", "heartbeat", "")
	case s.o.Lines:
		return append(dst, '\n')
	}
	return append(dst, ":keepalive\n\n"...)
}

// A line is an event as a line of JSON.
type line struct {
	ID    string `json:"id,omitempty"`
	Event string `json:"event"`
	Data  string `json:"data"`
}

func (s *Stream) event(dst []byte, id, kind, data string) []byte {
	if s.o.Lines {
		b, _ := json.Marshal(line{id, kind, data}) // texts always have a JSON form
		return append(append(dst, b...), '\n')
	}
	if id != "" {
		dst = append(append(append(dst, "id: "...), id...), '\n')
	}
	dst = append(append(append(dst, "event: "...), kind...), '\n')
	data = strings.ReplaceAll(strings.ReplaceAll(data, "\r\n", "\n"), "\r", "\n") // all of them end a line there
	for one := range strings.SplitSeq(data, "\n") {
		dst = append(append(append(dst, "data: "...), one...), '\n')
	}
	return append(dst, '\n')
}
