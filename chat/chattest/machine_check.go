package chattest

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"madang/chat"
)

// check compares everything that can be asked for.
func (m *machine) check(rt *rapid.T) {
	for _, id := range m.model.ids() {
		m.checkRoom(rt, id, m.model.rooms[id])
	}
	for _, u := range []string{"kim", "lee", "park", "choi", "nobody"} {
		m.checkUser(rt, u)
	}
	same(rt, "outbox size", must(m.OutboxSize(m.ctx)).or(rt), int64(len(m.model.outbox)))
}

func (m *machine) checkRoom(rt *rapid.T, id string, r *modelRoom) {
	want := chat.Room{
		Ref: m.ref(id), Kind: r.kind, DirectKey: r.directKey, LastSeq: r.last(), LastRev: r.rev,
		LastAt: r.lastAt(), Members: len(r.active()), CreatedAt: r.created,
	}
	if r.kind != chat.RoomDirect {
		want.Name = id
	}
	same(rt, "room", must(m.Room(m.ctx, m.ref(id))).or(rt), want)
	list := must(m.Members(m.ctx, m.ref(id), chat.ListQuery{})).or(rt)
	var users []string
	for _, p := range list {
		users = append(users, p.User)
	}
	if !slices.Equal(users, r.active()) {
		rt.Fatalf("members of %s: %v, want %v", id, users, r.active())
	}
	for u, want := range r.members {
		got := must(m.Member(m.ctx, m.ref(id), u)).or(rt)
		same(rt, fmt.Sprintf("member %s of %s", u, id),
			modelMemberOf(got), modelView{want.active, want.role, want.cursor(), want.hidden})
		if got.JoinedSeq > got.ReadSeq || got.ReadSeq > r.last() || got.HiddenBeforeSeq > got.ReadSeq+1 || got.Rev > r.rev {
			rt.Fatalf("impossible member: %+v", got)
		}
	}
	for seq := range r.last() {
		unreadBy := 0
		for _, u := range r.active() {
			if !r.members[u].read[seq+1] {
				unreadBy++
			}
		}
		same(rt, fmt.Sprintf("people who have not read %d of %s", seq+1, id), chat.UnreadBy(list, seq+1), unreadBy)
	}
}

// A modelView is what of a member the model knows.
type modelView struct {
	active bool
	role   chat.Role
	cursor int64
	hidden int64
}

func modelMemberOf(p chat.Member) modelView {
	return modelView{p.Active(), p.Role, p.ReadSeq, p.HiddenBeforeSeq}
}

func (m *machine) checkUser(rt *rapid.T, u string) {
	rooms := m.model.of(u)
	list := must(m.Rooms(m.ctx, m.user(u), chat.RoomsQuery{})).or(rt)
	same(rt, "rooms of "+u, len(list), len(rooms))
	var total int64
	var unread []chat.Unread
	for i, id := range rooms {
		r := m.model.rooms[id]
		same(rt, "room in the list of "+u, list[i].Room.Ref.ID, id)
		same(rt, fmt.Sprintf("unread of %s in %s", u, id), list[i].Unread, r.unread(u))
		var last chat.Message
		if r.last() > 0 && r.last() >= r.members[u].hidden {
			last = r.messages[r.last()-1]
		}
		if list[i].Last == nil {
			list[i].Last = &chat.Message{}
		}
		same(rt, "last message", *list[i].Last, last)
		total += r.unread(u)
		if n := r.unread(u); n > 0 {
			unread = append(unread, chat.Unread{Room: m.ref(id), Count: n})
		}
	}
	m.checkPlaces(rt, u, rooms)
	slices.SortFunc(unread, byRoom)
	if got := must(m.Unread(m.ctx, m.user(u))).or(rt); !slices.Equal(got, unread) {
		rt.Fatalf("unread of %s: %+v, want %+v", u, got, unread)
	}
	same(rt, "total unread of "+u, must(m.UnreadTotal(m.ctx, m.user(u))).or(rt), total)
}

func (m *machine) checkPlaces(rt *rapid.T, u string, rooms []string) {
	got := must(m.RoomsOf(m.ctx, m.user(u), 2)).or(rt)
	var want []chat.Place
	for _, id := range rooms[:min(2, len(rooms))] {
		want = append(want, chat.Place{Room: id, Members: len(m.model.rooms[id].active())})
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("places of %s: %+v, want %+v", u, got, want)
	}
}
