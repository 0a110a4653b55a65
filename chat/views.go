package chat

import "time"

// What clients are shown, in events, in replies of procedures and in the REST interface alike. Times are RFC 3339 in UTC
// to the millisecond.

// A MessageView is a message as clients see it.
type MessageView struct {
	Room       string      `json:"room" doc:"Id of the room"`
	Seq        int64       `json:"seq" minimum:"1" doc:"Number of the message in its room: 1, 2, 3, … without a gap"`
	Kind       MessageKind `json:"kind,omitempty" enum:"system" doc:"Absent for what people write"`
	Text       string      `json:"text"`
	Sender     string      `json:"sender" doc:"Id of the user who wrote it; empty for a system message"`
	SenderName string      `json:"sender_name,omitempty"`
	CreatedAt  time.Time   `json:"created_at"`
	Nonce      string      `json:"nonce,omitempty" doc:"The sender's own word for the message"`
}

// Sent is the answer to a send: the message as it is stored.
type Sent struct {
	MessageView
	Duplicate bool `json:"duplicate,omitempty" doc:"The nonce had been used before: this is the message of then"`
}

// A Person is a user by name.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A RoomView is a room as one user sees it.
type RoomView struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        RoomKind     `json:"type" enum:"public,private,direct"`
	LastSeq     int64        `json:"last_seq" doc:"Number of the newest message; 0: none yet"`
	ReadSeq     int64        `json:"read_seq" doc:"The user has read everything up to here"`
	Unread      int64        `json:"unread"`
	MemberCount int          `json:"member_count"`
	Role        Role         `json:"role,omitempty" enum:"owner,member" doc:"Absent if the user is not a member"`
	CreatedAt   time.Time    `json:"created_at"`
	LastMessage *MessageView `json:"last_message,omitempty"`
	Peer        *Person      `json:"peer,omitempty" doc:"The other person of a direct room"`
}

// A MemberView is a member as the others see them.
type MemberView struct {
	User     string     `json:"user"`
	Name     string     `json:"name"`
	Role     Role       `json:"role" enum:"owner,member"`
	ReadSeq  int64      `json:"read_seq"`
	Online   bool       `json:"online"`
	LastSeen *time.Time `json:"last_seen,omitempty" doc:"Absent while online, and if it is not known"`
}

// A PageView is a run of messages in ascending order.
type PageView struct {
	Messages []MessageView `json:"messages" nullable:"false"`
	HasMore  bool          `json:"has_more" doc:"There are more in the direction asked for (around: in any)"`
	HasOlder bool          `json:"has_older"`
	HasNewer bool          `json:"has_newer"`
}

// A ReadState is how far a user has read in a room.
type ReadState struct {
	ReadSeq int64 `json:"read_seq"`
	Unread  int64 `json:"unread"`
}

// An UnreadState is how much a user has not read.
type UnreadState struct {
	Total int64            `json:"total"`
	Rooms map[string]int64 `json:"rooms" nullable:"false" doc:"By room; rooms without unread messages are left out"`
}

// The payloads of events; see the constants for their names.
type (
	readEvent struct {
		Room string `json:"room"`
		User string `json:"user"`
		Seq  int64  `json:"seq"`
	}
	unreadEvent struct {
		Room   string `json:"room"`
		Unread int64  `json:"unread"`
		Total  int64  `json:"total"`
	}
	presenceEvent struct {
		User     string     `json:"user"`
		Online   bool       `json:"online"`
		LastSeen *time.Time `json:"last_seen,omitempty"`
	}
	memberEvent struct {
		Room string `json:"room"`
		User string `json:"user"`
		Name string `json:"name"`
	}
	roomGone struct {
		ID string `json:"id"`
	}
)

// viewMessage shows a message.
func viewMessage(m Message, sender string) MessageView {
	v := MessageView{
		Room: m.Room.ID, Seq: m.Seq, Text: m.Text, Sender: m.Sender, SenderName: sender, CreatedAt: m.CreatedAt, Nonce: m.Nonce,
	}
	if m.Kind != MessageText {
		v.Kind = m.Kind
	}
	return v
}
