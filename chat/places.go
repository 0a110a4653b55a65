package chat

import (
	"cmp"
	"encoding/json"
	"strings"

	"madang"
)

// The beginnings of names by which Pusher's clients and Laravel Echo know that a channel is not everybody's, and that its
// subscribers see each other.
const (
	privatePrefix  = "private-"
	presencePrefix = "presence-"
)

// A place is a channel, besides the room's own, in which a room's messages are heard: as ordinary messages, in the words
// of clients that know nothing of this package. What else happens in a room is not told there.
type place struct {
	prefix string // of the channel's name, which ends with the room's id
	open   bool   // a name like that is everybody's to those who don't know chat: only a refusal keeps them out
	say    func(said) *madang.Message
}

// said is a message with what places need of it.
type said struct {
	Message
	name string          // the sender's; may be empty
	view json.RawMessage // a MessageView
}

// places returns where messages are heard.
func (c Config) places() []place {
	var all []place
	if c.Echo.Enabled {
		all = append(all, place{prefix: privatePrefix + c.Echo.Prefix, say: c.Echo.say})
	}
	if c.Ably.Enabled {
		all = append(all, place{open: true, say: sayText})
	}
	return all
}

// hears reports whether a room's messages come here. A room whose id looks like another room's channel is not heard where
// ids alone are the names, or its members could speak there.
func (p place) hears(room string) bool {
	return !p.open || !strings.HasPrefix(room, privatePrefix) && !strings.HasPrefix(room, presencePrefix)
}

func (p place) channel(ref RoomRef) madang.Channel {
	return madang.Channel{App: ref.App, Name: p.prefix + ref.ID}
}

// An EchoEvent is the data of the event by which Laravel Echo and Pusher clients hear a message, as if an event of a
// Laravel app with these three public properties had been broadcast:
//
//	Echo.private('chat.7').listen('ChatMessageSent', (e) => show(e.user.name, e.message.text))
type EchoEvent struct {
	Message json.RawMessage `json:"message"` // a MessageView, the same as everywhere
	Room    string          `json:"room"`
	User    *Person         `json:"user"` // who wrote it; null for a system message
}

func (c EchoConfig) say(s said) *madang.Message {
	e := EchoEvent{Message: s.view, Room: s.Room.ID}
	if s.Sender != "" {
		e.User = &Person{ID: s.Sender, Name: cmp.Or(s.name, s.Sender)}
	}
	return &madang.Message{Name: c.Event, Data: encode(e), Type: madang.JSON}
}

// sayText is a message in the fewest words: the sender is the event's name, the text its data. System messages, which have
// no sender, are named after their kind.
func sayText(s said) *madang.Message {
	return &madang.Message{Name: cmp.Or(s.Sender, string(s.Kind)), ID: idIn(s.Message), Data: []byte(s.Text), Type: madang.Text}
}

// presence returns the presence set of who is in a room now. Without Echo there is none.
func (f *Feature) presence(ref RoomRef) (madang.Channel, bool) {
	e := f.rules.config.Echo
	return madang.Channel{App: ref.App, Name: presencePrefix + e.Prefix + ref.ID}, e.Enabled
}

// shows returns the channels in whose presence sets people are who are in a room.
func (f *Feature) shows(ref RoomRef) []madang.Channel {
	var all []madang.Channel
	if ch, ok := f.presence(ref); ok {
		all = append(all, ch)
	}
	for _, p := range f.places {
		if p.open && p.hears(ref.ID) {
			all = append(all, p.channel(ref))
		}
	}
	return all
}

// mirrors returns the channels by which others than chat's own clients are in a room.
func (f *Feature) mirrors(ref RoomRef) []madang.Channel {
	var all []madang.Channel
	for _, p := range f.places {
		if p.hears(ref.ID) {
			all = append(all, p.channel(ref))
		}
	}
	if ch, ok := f.presence(ref); ok {
		all = append(all, ch)
	}
	return all
}

// mirrored returns the room of which a channel is one of the mirrors. Whether there is such a room is not known. Open says
// that the channel's name alone would let everybody in.
func (f *Feature) mirrored(ch madang.Channel) (ref RoomRef, open, ok bool) {
	at := func(prefix string) bool {
		id, found := strings.CutPrefix(ch.Name, prefix)
		ref = RoomRef{App: ch.App, ID: id}
		return found && checkRoomID(id) == nil
	}
	if e := f.rules.config.Echo; e.Enabled && at(presencePrefix+e.Prefix) {
		return ref, false, true
	}
	for _, p := range f.places {
		if at(p.prefix) && p.hears(ref.ID) {
			return ref, p.open, true
		}
	}
	return RoomRef{}, false, false
}
