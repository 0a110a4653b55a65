package chat

import (
	"fmt"
	"time"

	"madang"
)

// A MessageKind says what a message is. The values are stored and part of the interface to clients.
type MessageKind string

// The kinds of messages.
const (
	MessageText   MessageKind = "text"   // written by a member
	MessageSystem MessageKind = "system" // said by the room itself; has no sender and is never unread
)

// A Message is one entry of a room's conversation.
type Message struct {
	Room      RoomRef
	Seq       int64 // 1, 2, 3, … in its room
	Rev       int64 // the room's rev of the message's last change
	Sender    string
	Nonce     string // the sender's own mark, empty if none was given
	Kind      MessageKind
	Text      string
	CreatedAt time.Time
}

// A NewMessage describes a message to a Store.
type NewMessage struct {
	Room   RoomRef
	Sender string // empty for MessageSystem, and only for it
	Nonce  string // empty: every append is a new message
	Kind   MessageKind
	Text   string
	At     time.Time

	// Skip is a connection that is not told of the message: the sender's own, which knows. It is kept with the outbox entry,
	// because another node than the one that stored the message may publish it.
	Skip madang.ConnID

	// ClaimedBy and ClaimedUntil let the caller publish the message itself: its outbox entry is born claimed, as if by
	// OutboxStore.Claim, unless an older entry of its room still waits or is out. Then, and with an empty ClaimedBy, the
	// entry is free for whoever claims it first. So the messages of a room are published in their order.
	ClaimedBy    string
	ClaimedUntil time.Time
}

// Validate reports, as ErrInvalid, what no Store may accept. The text itself is the Service's business.
func (n NewMessage) Validate() error {
	switch {
	case n.Kind != MessageText && n.Kind != MessageSystem:
		return fmt.Errorf("message for room %v: unknown kind %q: %w", n.Room, n.Kind, ErrInvalid)
	case (n.Kind == MessageSystem) != (n.Sender == ""):
		return fmt.Errorf("message for room %v: system messages, and only they, have no sender: %w", n.Room, ErrInvalid)
	}
	return nil
}

// Appended is what became of a NewMessage.
type Appended struct {
	Message Message
	// Duplicate says that the nonce had been used: nothing was stored, and Message is the one stored then.
	Duplicate bool
	// Outbox is the id of the outbox entry written with the message; 0 if Duplicate.
	Outbox int64
	// Claimed says that the entry was born claimed: the caller publishes the message.
	Claimed bool
	// Members is how many active members the room has.
	Members int
}
