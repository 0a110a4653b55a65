package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"madang/chat"
)

func (s suite) cursor(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPrivate, "kim", "lee", "gone")
	for range 5 {
		f.send("r", "kim", "", "x")
	}
	if _, _, err := f.Leave(f.ctx, ref("r"), "gone", start()); err != nil {
		t.Fatal(err)
	}
	rev := must(f.Room(f.ctx, ref("r"))).or(t).LastRev
	at := start()
	for _, c := range []struct {
		seq, want int64
		moved     bool
	}{{2, 2, true}, {2, 2, false}, {1, 2, false}, {-3, 2, false}, {4, 4, true}, {99, 5, true}, {99, 5, false}} {
		at = at.Add(time.Second)
		m, moved, err := f.MarkRead(f.ctx, ref("r"), "lee", c.seq, at)
		if err != nil || moved != c.moved || m.ReadSeq != c.want || moved && m.ReadAt != at {
			t.Errorf("MarkRead(%d) = %+v, %v, %v; want %d, %v", c.seq, m, moved, err, c.want, c.moved)
		}
		same(t, "stored member", must(f.Member(f.ctx, ref("r"), "lee")).or(t), m)
	}
	same(t, "rev after reading", must(f.Room(f.ctx, ref("r"))).or(t).LastRev, rev)
	for _, c := range []struct {
		room, user string
		want       error
	}{{"none", "lee", chat.ErrNotFound}, {"r", "park", chat.ErrForbidden}, {"r", "gone", chat.ErrForbidden}} {
		if _, _, err := f.MarkRead(f.ctx, ref(c.room), c.user, 1, at); !errors.Is(err, c.want) {
			t.Errorf("MarkRead by %s in %s: %v, want %v", c.user, c.room, err, c.want)
		}
	}
}

func (s suite) unreadAndRooms(t *testing.T) {
	f := s.fixture(t)
	for i, id := range []string{"a", "b", "c", "quiet"} {
		f.room(id, chat.RoomPrivate, "kim", "lee")
		for range i { // a: 0, b: 1, c: 2, quiet: 3
			f.send(id, "kim", "", "x")
		}
	}
	f.system("a", "not counted")
	f.system("c", "not counted")
	if _, _, err := f.Leave(f.ctx, ref("quiet"), "lee", start()); err != nil {
		t.Fatal(err)
	}
	lee := user("lee")
	want := []chat.Unread{{Room: ref("b"), Count: 1}, {Room: ref("c"), Count: 2}}
	if got := must(f.Unread(f.ctx, lee)).or(t); !slices.Equal(got, want) {
		t.Errorf("unread: %+v, want %+v", got, want)
	}
	same(t, "total", must(f.UnreadTotal(f.ctx, lee)).or(t), 3)
	same(t, "total of the sender", must(f.UnreadTotal(f.ctx, user("kim"))).or(t), 0)
	same(t, "total of nobody", must(f.UnreadTotal(f.ctx, user("nobody"))).or(t), 0)

	at := start().Add(time.Hour)
	if _, err := f.Append(f.ctx, text("b", "kim", "", "news", at)); err != nil {
		t.Fatal(err)
	}
	var got []string
	q := chat.RoomsQuery{Limit: 2}
	for range 3 {
		for _, e := range must(f.Rooms(f.ctx, lee, q)).or(t) {
			got = append(got, fmt.Sprintf("%s %d/%d", e.Room.Ref.ID, e.Unread, e.Room.LastSeq))
			same(t, "member of the entry", e.Member, must(f.Member(f.ctx, e.Room.Ref, "lee")).or(t))
			same(t, "room of the entry", e.Room, must(f.Room(f.ctx, e.Room.Ref)).or(t))
			same(t, "last of the entry", *e.Last, must(f.Message(f.ctx, e.Room.Ref, e.Room.LastSeq)).or(t))
			q.At, q.ID = e.Room.LastAt, e.Room.Ref.ID
		}
	}
	if want := []string{"b 2/2", "c 2/3", "a 0/1"}; !slices.Equal(got, want) {
		t.Errorf("rooms page by page: %q, want %q", got, want)
	}
}

func (s suite) unreadBy(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPrivate, "kim", "lee", "park")
	count := func(seq int64, want int) {
		t.Helper()
		list := must(f.Members(f.ctx, ref("r"), chat.ListQuery{})).or(t)
		same(t, fmt.Sprint("people who have not read ", seq), chat.UnreadBy(list, seq), want)
	}
	f.send("r", "kim", "", "one")
	count(1, 2)
	f.send("r", "lee", "", "two") // lee has read what lee answers to
	count(1, 1)
	count(2, 2)
	if _, _, err := f.Join(f.ctx, ref("r"), chat.NewMember{User: "late", Role: chat.RoleMember}, start()); err != nil {
		t.Fatal(err)
	}
	count(2, 2) // late does not count for what came before
	f.send("r", "kim", "", "three")
	count(3, 3)
	if _, _, err := f.Leave(f.ctx, ref("r"), "park", start()); err != nil {
		t.Fatal(err)
	}
	count(3, 2)
	count(1, 0)
}
