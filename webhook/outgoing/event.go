package outgoing

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"madang"
	"madang/internal/convention"
)

// Kinds of events.
const (
	channelOccupied   = "channel_occupied"
	channelVacated    = "channel_vacated"
	memberAdded       = "member_added"
	memberRemoved     = "member_removed"
	clientEvent       = "client_event"
	cacheMiss         = "cache_miss"
	subscriptionCount = "subscription_count"
)

// Kinds returns the kinds of events that there are.
func Kinds() []string {
	return []string{channelOccupied, channelVacated, memberAdded, memberRemoved, clientEvent, cacheMiss, subscriptionCount}
}

// A fact is what an endpoint is told of one event: the JSON object, with what it takes to choose.
type fact struct {
	kind    string
	channel madang.Channel
	json    []byte
}

// wire is the form of every kind; fields that a kind does not have are left out.
type wire struct {
	Name              string  `json:"name"`
	Channel           string  `json:"channel"`
	UserID            string  `json:"user_id,omitempty"`
	Event             string  `json:"event,omitempty"`
	Data              *string `json:"data,omitempty"`
	SocketID          string  `json:"socket_id,omitempty"`
	SubscriptionCount *int    `json:"subscription_count,omitempty"`
}

// newFact encodes a fact.
func newFact(c madang.Channel, w wire) fact {
	w.Channel = c.Name
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(w) // texts and numbers always can
	return fact{kind: w.Name, channel: c, json: bytes.TrimSuffix(b.Bytes(), []byte("\n"))}
}

// clientFact is what is told of a client event. Its data is a text, as Pusher's server libraries have it; the user is
// told in presence channels only.
func clientFact(m *madang.Message) fact {
	data := convention.ToText(m)
	w := wire{Name: clientEvent, Event: m.Name, Data: &data, SocketID: string(m.Sender.Conn)}
	if convention.KindOf(m.Channel.Name) == convention.Presence {
		w.UserID = publisher(m)
	}
	return newFact(m.Channel, w)
}

// publisher returns the id of the member who has published a client event: what its dialect noted as user_id in Extras,
// which may be a number there, or else the sender's user.
func publisher(m *madang.Message) string {
	var noted struct {
		UserID json.RawMessage `json:"user_id"`
	}
	if len(m.Extras) == 0 || json.Unmarshal(m.Extras, &noted) != nil || len(noted.UserID) == 0 {
		return m.Sender.User
	}
	var id string
	if json.Unmarshal(noted.UserID, &id) == nil {
		return id
	}
	return string(noted.UserID)
}

// encodeBatch makes the body of a request.
func encodeBatch(now time.Time, facts [][]byte) []byte {
	b := append([]byte(`{"time_ms":`), strconv.FormatInt(now.UnixMilli(), 10)...)
	b = append(b, `,"events":[`...)
	b = append(b, bytes.Join(facts, []byte(","))...)
	return append(b, `]}`...)
}
