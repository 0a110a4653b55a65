package pusher

import (
	"encoding/json"
	"strings"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/convention"
	"madang/internal/ws"
)

// headerRoom is the longest WebSocket header of a server.
const headerRoom = 10

// A dialect is protocol 7 as all links speak it: nothing that a client says at its handshake changes the bytes.
type dialect struct{}

// Encode implements madang.Dialect: the event as one text frame.
func (dialect) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	o, ok := out(e)
	if !ok {
		return dst, nil
	}
	return appendFrame(dst, o), nil
}

// unit is a frame of its own.
func unit(o frame.Out) []byte { return appendFrame(nil, o) }

// appendFrame appends a text as a WebSocket frame, whose header is as long as what follows it makes it.
func appendFrame(dst []byte, o frame.Out) []byte {
	start := len(dst)
	dst = o.Append(append(dst, make([]byte, headerRoom)...))
	body := dst[start+headerRoom:]
	n := len(ws.AppendHeader(dst[start:start:start+headerRoom], ws.Text, false, len(body)))
	return dst[:start+n+copy(dst[start+n:], body)]
}

// out says how an event looks; ok is false if the protocol has no word for it.
func out(e *madang.Event) (o frame.Out, ok bool) {
	if id, watched := strings.CutPrefix(e.Channel.Name, watchPrefix); watched {
		return watchEvent(e, id)
	}
	switch {
	case e.Message != nil && foreign(e.Message):
	case e.Message != nil:
		return message(e.Message), true
	case e.Member == nil || e.Member.User == "" || e.Channel.Reserved():
	case e.Kind == madang.EnterEvent && e.First:
		return frame.Out{Event: eventMemberAdded, Channel: e.Channel.Name, Text: memberText(e.Member, true)}, true
	case e.Kind == madang.LeaveEvent && e.Last:
		return frame.Out{Event: eventMemberRemoved, Channel: e.Channel.Name, Text: memberText(e.Member, false)}, true
	}
	return o, false
}

// foreign reports whether a message has the name of an event that this protocol keeps for itself and is not this dialect's own.
// Other protocols let their clients choose any name; here such an event would be taken for word of the server's, of members
// who are none, for example. What the dialect says itself has neither sender nor id.
func foreign(m *madang.Message) bool {
	own := m.Name == eventCount && m.Sender == (madang.Sender{}) && m.ID == ""
	return convention.ReservedEvent(m.Name) && !own
}

// message is an event of a channel.
func message(m *madang.Message) frame.Out {
	o := frame.Out{Event: m.Name, Channel: wireName(m.Channel.Name)}
	if !convention.ClientEvent(m.Name) {
		o.Text = convention.ToText(m)
		return o
	}
	switch { // an event of another client keeps its JSON value
	case len(m.Data) == 0 && m.Type == madang.JSON:
		o.NoData = true
	case m.Type != madang.Text && m.Type != madang.Binary && json.Valid(m.Data):
		o.Value = m.Data
	default:
		o.Text = convention.ToText(m)
	}
	if convention.KindOf(m.Channel.Name) == convention.Presence {
		o.UserID = publisher(m)
	}
	return o
}

// publisher returns the id, as JSON, of the member who has published a client event: what the dialect noted, or the
// sender's user if it came in another way.
func publisher(m *madang.Message) []byte {
	var x extras
	if len(m.Extras) > 0 && json.Unmarshal(m.Extras, &x) == nil && len(x.UserID) > 0 {
		return x.UserID
	}
	if m.Sender.User != "" {
		return frame.AppendString(nil, m.Sender.User)
	}
	return nil
}

// extras are what a client event of a presence channel carries along.
type extras struct {
	UserID json.RawMessage `json:"user_id"`
}

// userPrefix begins the names of users' own channels in the core.
const userPrefix = "$user/"

// wireName is what a channel is called on the wire.
func wireName(name string) string {
	if user, ok := strings.CutPrefix(name, userPrefix); ok {
		return convention.UserChannel(user)
	}
	return name
}

// Events of the protocol itself.
const (
	eventEstablished   = "pusher:connection_established"
	eventError         = "pusher:error"
	eventPing          = "pusher:ping"
	eventPong          = "pusher:pong"
	eventSubscribe     = "pusher:subscribe"
	eventUnsubscribe   = "pusher:unsubscribe"
	eventSignin        = "pusher:signin"
	eventSigninSuccess = "pusher:signin_success"
	eventCacheMiss     = "pusher:cache_miss"
	eventRefused       = "pusher:subscription_error"
	eventSubscribed    = "pusher_internal:subscription_succeeded"
	eventCount         = "pusher_internal:subscription_count"
	eventMemberAdded   = "pusher_internal:member_added"
	eventMemberRemoved = "pusher_internal:member_removed"
	eventWatchlist     = "pusher_internal:watchlist_events"
)
