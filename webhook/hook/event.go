package hook

import (
	"bytes"
	"encoding/json"

	"madang"
)

// An Event is what happened. What is empty is not told.
type Event struct {
	App      string
	Channel  string
	SocketID madang.ConnID
	User     string // id in a presence channel
	RawUser  []byte // the same as JSON, if its origin writes it as a number
	UserInfo []byte // JSON: what is shown of the user there
	Name     string // of a client event
	Data     []byte // JSON: of a client event

	Header map[string][]string // the client's, as in [madang.Proof]
	Remote string              // the client's address
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
	p := payload{SocketID: e.SocketID, UserID: e.RawUser, UserInfo: e.UserInfo, Event: e.Name, Data: e.Data}
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
	n := 512 + len(e.UserInfo) + len(e.Data)
	for name, values := range e.Header {
		n += len(name)
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}
