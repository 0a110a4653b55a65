package madang

// Kind is what an Event tells.
type Kind uint8

// Kinds of events. Subscriptions select among them with a [Mask].
const (
	MessageEvent Kind = iota // a message was published
	EnterEvent               // a member entered the presence set
	UpdateEvent              // a member changed its data
	LeaveEvent               // a member left
	controlEvent             // between hubs; never reaches a dialect

	// Two kinds carry a Message that only the dialect which publishes it has words for, so that it is no message to
	// clients of others; see [Hub.PublishAs]. What they are for is that dialect's matter.
	AsideEvent // for all who hear messages in that dialect: one was deleted, or is thought of otherwise
	NoteEvent  // for those who ask for each one: somebody has made a note to a message
)

// A Mask is a set of kinds.
type Mask uint8

// Masks for subscriptions.
const (
	Messages   Mask = 1 << MessageEvent
	Asides     Mask = 1 << AsideEvent
	Notes      Mask = 1 << NoteEvent
	Presences  Mask = 1<<EnterEvent | 1<<UpdateEvent | 1<<LeaveEvent
	Everything Mask = Messages | Presences

	spoken = Messages | Asides | Notes // the kinds that carry a Message

	// Others leaves out what the connection itself does in the presence set. It goes with others.
	Others Mask = 1 << 7
)

func (m Mask) has(k Kind) bool { return m&(1<<k) != 0 }

// An Event is one entry of a channel's stream: a message or a change of its presence set. It is what brokers carry and
// dialects encode.
type Event struct {
	Kind    Kind
	Channel Channel
	Pos     Position // set by the Broker

	Message *Message // of a MessageEvent, AsideEvent or NoteEvent
	Member  *Member  // of a presence event

	// First and Last say that the event's member is the first, or was the last, connection of its user in the
	// channel. Dialects that show users rather than connections tell only these.
	First, Last bool

	// Ask is not zero when an answer is wanted: the dialect gives the number to the client, and what comes back to
	// [Conn.Answer]. It is set on the node that encodes.
	Ask uint64

	// Stamp is the node's own running number of the encoded unit. On one link, units leave in the order of their
	// stamps. It is set on the node that encodes.
	Stamp uint64

	// Audience is set on events that were emitted to more than one channel. Message.Channel is then the first.
	Audience *Audience

	// Order is by what an event with an Audience came. It is set on the node that encodes.
	Order Order

	Control *Control // of an event between hubs
}

// skip is the connection that must not get a message, or that a presence event is about.
func (e *Event) skip() ConnID {
	switch {
	case e.Message != nil:
		return e.Message.Skip
	case e.Member != nil:
		return e.Member.Conn
	}
	return ""
}
