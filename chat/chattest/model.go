package chattest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"madang/chat"
)

// A model is what the store should hold, kept so naively that it is plainly right: unread is counted message by message,
// a nonce is looked for in the whole history, and no number is stored that can be counted.
type model struct {
	rooms  map[string]*modelRoom
	outbox []*modelEntry
}

type modelRoom struct {
	kind      chat.RoomKind
	directKey string
	created   time.Time
	rev       int64
	messages  []chat.Message
	members   map[string]*modelMember
}

type modelMember struct {
	active bool
	role   chat.Role
	hidden int64
	joined time.Time
	read   map[int64]bool // seqs that have been read, or were there before the joining
}

type modelEntry struct {
	id       int64
	message  chat.Message
	attempts int
	by       string
	until    time.Time
}

func newModel() *model { return &model{rooms: make(map[string]*modelRoom)} }

// last returns the room's last seq.
func (r *modelRoom) last() int64 { return int64(len(r.messages)) }

// lastAt returns the time of the latest activity.
func (r *modelRoom) lastAt() time.Time {
	at := r.created
	for _, m := range r.messages {
		if m.CreatedAt.After(at) {
			at = m.CreatedAt
		}
	}
	return at
}

// active returns the users who are in the room, sorted.
func (r *modelRoom) active() []string {
	var list []string
	for id, m := range r.members {
		if m.active {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// join is the joining of somebody who is not an active member.
func (r *modelRoom) join(n chat.NewMember, at time.Time) {
	m := r.members[n.User]
	if m == nil {
		m = &modelMember{read: make(map[int64]bool)}
		r.members[n.User] = m
	}
	m.active, m.role, m.joined = true, n.Role, at
	m.readUpTo(r.last())
	if n.HideHistory {
		m.hidden = r.last() + 1
	}
}

// leave is the leaving of an active member: the oldest of the others owns the room if nobody does.
func (r *modelRoom) leave(user string) {
	m := r.members[user]
	m.active = false
	var heir *modelMember
	for _, id := range r.active() { // sorted, so that among equals the first id wins
		o := r.members[id]
		if o.role == chat.RoleOwner || m.role != chat.RoleOwner {
			return
		}
		if heir == nil || o.joined.Before(heir.joined) {
			heir = o
		}
	}
	if heir != nil {
		heir.role = chat.RoleOwner
	}
}

// readUpTo marks everything up to seq as read.
func (m *modelMember) readUpTo(seq int64) {
	for i := int64(1); i <= seq; i++ {
		m.read[i] = true
	}
}

// cursor returns the last seq of the run of read messages.
func (m *modelMember) cursor() int64 {
	var seq int64
	for m.read[seq+1] {
		seq++
	}
	return seq
}

// unread counts what a user has not read in a room.
func (r *modelRoom) unread(user string) (n int64) {
	for _, msg := range r.messages {
		if msg.Kind != chat.MessageSystem && !r.members[user].read[msg.Seq] {
			n++
		}
	}
	return n
}

// sent returns the message with a nonce.
func (r *modelRoom) sent(sender, nonce string) (chat.Message, bool) {
	for _, m := range r.messages {
		if nonce != "" && m.Sender == sender && m.Nonce == nonce {
			return m, true
		}
	}
	return chat.Message{}, false
}

// of returns the ids of the rooms in which a user is active, latest activity first.
func (m *model) of(user string) []string {
	var list []string
	for id, r := range m.rooms {
		if p := r.members[user]; p != nil && p.active {
			list = append(list, id)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(m.rooms[b].lastAt().Compare(m.rooms[a].lastAt()), cmp.Compare(b, a))
	})
	return list
}

// ids returns the ids of all rooms, sorted.
func (m *model) ids() []string { return slices.Sorted(maps.Keys(m.rooms)) }

// claim returns the entries that a claim gets: those whose room has no older one that is out.
func (m *model) claim(c chat.Claim) []*modelEntry {
	var list []*modelEntry
	blocked := make(map[chat.RoomRef]bool)
	for _, e := range m.outbox {
		if e.until.After(c.Now) {
			blocked[e.message.Room] = true
		}
		if !blocked[e.message.Room] && len(list) < c.Limit {
			list = append(list, e)
		}
	}
	for _, e := range list {
		e.by, e.until, e.attempts = c.By, c.Until, e.attempts+1
	}
	return list
}

// drop removes an entry.
func (m *model) drop(id int64) {
	m.outbox = slices.DeleteFunc(m.outbox, func(e *modelEntry) bool { return e.id == id })
}

// waits reports whether a room has something in the outbox.
func (m *model) waits(ref chat.RoomRef) bool {
	return slices.ContainsFunc(m.outbox, func(e *modelEntry) bool { return e.message.Room == ref })
}
