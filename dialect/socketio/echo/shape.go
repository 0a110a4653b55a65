package echo

import (
	"encoding/base64"
	"encoding/json"

	"madang"
	"madang/dialect/socketio"
	"madang/internal/convention"
)

// Events that the server sends of its own.
const (
	subscribedEvent = "presence:subscribed"
	joiningEvent    = "presence:joining"
	leavingEvent    = "presence:leaving"
	errorEvent      = "subscription_error"
)

// Shape returns the look of channels: the name of each event is followed by the channel's, then by the data. It tells of
// users who come and go, not of connections.
func Shape() socketio.Shape { return shape{} }

type shape struct{}

// Message implements socketio.Shape. Without data there is null, as JavaScript writes undefined in an array. What Pusher's
// protocol says itself, such as how many subscribe, means nothing here; what this one says itself nobody else can say.
func (shape) Message(dst []byte, m *madang.Message) []byte {
	switch m.Name {
	case subscribedEvent, joiningEvent, leavingEvent, errorEvent:
		return dst
	}
	if convention.ReservedEvent(m.Name) {
		return dst
	}
	dst = appendHead(dst, m.Name, m.Channel)
	before := len(dst)
	if dst = socketio.AppendData(dst, m); len(dst) == before {
		dst = append(dst, ",null"...)
	}
	return dst
}

// Presence implements socketio.Shape.
func (shape) Presence(dst []byte, e *madang.Event) []byte {
	switch {
	case e.Kind == madang.EnterEvent && e.First:
		return appendMember(append(appendHead(dst, joiningEvent, e.Channel), ','), e.Member, true)
	case e.Kind == madang.LeaveEvent && e.Last:
		return appendMember(append(appendHead(dst, leavingEvent, e.Channel), ','), e.Member, false)
	}
	return dst
}

// appendHead appends what all events begin with.
func appendHead(dst []byte, event string, c madang.Channel) []byte {
	dst = append(socketio.AppendString(dst, event), ',')
	return socketio.AppendString(dst, c.Name)
}

// appendMember appends a member as the app's backend described it. The id keeps the type that it has there. The
// socket's id is an alias: the true one is as good as a password.
func appendMember(dst []byte, m *madang.Member, socket bool) []byte {
	dst = appendUser(append(dst, `{"user_id":`...), m)
	if len(m.Data) > 0 {
		dst = appendInfo(append(dst, `,"user_info":`...), m)
	}
	if socket {
		dst = socketio.AppendString(append(dst, `,"socketId":`...), convention.Alias(m.Conn))
	}
	return append(dst, '}')
}

// appendUser appends a member's id as its origin writes it.
func appendUser(dst []byte, m *madang.Member) []byte {
	if json.Valid(m.RawUser) {
		return append(dst, m.RawUser...)
	}
	return socketio.AppendString(dst, m.User)
}

// appendInfo appends what is known of a member, as one JSON value: members may come from other dialects, and what is not
// JSON would end the connection of everybody who is told.
func appendInfo(dst []byte, m *madang.Member) []byte {
	switch {
	case m.Type == madang.Binary:
		return socketio.AppendString(dst, base64.StdEncoding.EncodeToString(m.Data))
	case m.Type == madang.Text, !json.Valid(m.Data):
		return socketio.AppendString(dst, string(m.Data))
	}
	return append(dst, m.Data...)
}
