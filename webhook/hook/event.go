package hook

import (
	"bytes"
	"encoding/json"

	"madang"
)

// An Event is what happened. What is empty is not told.
type Event struct {
	Channel madang.Channel
	Conn    madang.ConnID
	// User, RawUser and Info are who it is in a presence channel: the id as text, the same as JSON if its origin does not
	// write it as a text, and what is shown of the user as raw JSON.
	User    string
	RawUser json.RawMessage
	Info    json.RawMessage
	// Event and Data are those of a client event.
	Event string
	Data  json.RawMessage
	// Header are the client's, as in [madang.Proof].
	Header map[string][]string
	Remote string // the client's address
}

// payload is what is told of an event besides its kind and channel.
type payload struct {
	SocketID madang.ConnID   `json:"socket_id,omitempty"`
	UserID   json.RawMessage `json:"user_id,omitempty"`
	UserInfo json.RawMessage `json:"user_info,omitempty"`
	Event    string          `json:"event,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// payload returns the event's payload as JSON.
func (e *Event) payload() (string, error) {
	p := payload{SocketID: e.Conn, UserID: e.RawUser, UserInfo: e.Info, Event: e.Event, Data: e.Data}
	if len(p.UserID) == 0 && e.User != "" {
		id, err := json.Marshal(e.User)
		if err != nil {
			return "", err
		}
		p.UserID = id
	}
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	err := j.Encode(p)
	return string(bytes.TrimSpace(b.Bytes())), err
}

// size is about what an event takes in memory.
func (e *Event) size() int {
	n := 512 + len(e.Info) + len(e.Data)
	for name, values := range e.Header {
		n += len(name)
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}
