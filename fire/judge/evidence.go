package judge

import (
	"slices"
	"strconv"
)

// A Family is what protocol a client speaks, and so what it is promised.
type Family string

// The families.
const (
	Chat   Family = "Socket.IO (chat)"
	Pusher Family = "Pusher"
	Ably   Family = "Ably"
)

// Families are all of them, in the order of reports.
func Families() []Family { return []Family{Chat, Pusher, Ably} }

// A Client is one of the crowd.
type Client struct {
	Name   string
	Family Family
	Room   string
	Log    []Entry // in the order of time
}

// Evidence is what is judged.
type Evidence struct {
	Clients []*Client
	Stored  map[string][]string // the texts of each chat room's messages in the end: that of number 1 is first
	Calm    int64               // Unix time in ms when the last fault was over: everybody hears something after it
}

// A message is one that was sent.
type message struct {
	id     string
	sender string
	n      int // the sender's how manieth
	room   string
	sent   int64
	acked  int64 // 0: never
	seq    int   // that the acknowledgement told, in chat
}

// room is what is known of one.
type room struct {
	name     string
	family   Family
	clients  []*Client
	messages map[string]*message
}

// rooms sorts the evidence.
func rooms(e *Evidence) []*room {
	byName := map[string]*room{}
	var all []*room
	for _, c := range e.Clients {
		r := byName[c.Room]
		if r == nil {
			r = &room{name: c.Room, family: c.Family, messages: map[string]*message{}}
			byName[c.Room] = r
			all = append(all, r)
		}
		r.clients = append(r.clients, c)
		r.sendings(c)
	}
	return all
}

// sendings notes what a client has sent and what was acknowledged.
func (r *room) sendings(c *Client) {
	n := 0
	for _, e := range c.Log {
		switch e.Kind {
		case Sends:
			n++
			r.messages[e.ID] = &message{id: e.ID, sender: c.Name, n: n, room: r.name, sent: e.At}
		case Acked:
			if m := r.messages[e.ID]; m != nil {
				m.acked = e.At
				m.seq, _ = strconv.Atoi(e.Rest) // 0 where there are no numbers
			}
		}
	}
}

// acked returns the acknowledged messages in the order in which they were sent.
func (r *room) acked() []*message {
	var all []*message
	for _, m := range r.messages {
		if m.acked != 0 {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *message) int { return int(a.sent - b.sent) })
	return all
}
