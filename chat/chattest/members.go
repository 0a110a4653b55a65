package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"madang/chat"
)

func (s suite) membership(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim")
	f.send("r", "kim", "", "one")
	f.send("r", "kim", "", "two")

	at := start().Add(time.Minute)
	want := chat.Member{
		Room: ref("r"), User: "lee", Role: chat.RoleOwner, JoinedSeq: 2, JoinedAt: at, ReadSeq: 2, Rev: 4,
	}
	m, joined, err := f.Join(f.ctx, ref("r"), chat.NewMember{User: "lee", Role: chat.RoleOwner}, at)
	if err != nil || !joined {
		t.Fatalf("Join = %v, %v", joined, err)
	}
	same(t, "joined", m, want)
	m, joined, err = f.Join(f.ctx, ref("r"), chat.NewMember{User: "lee", Role: chat.RoleMember, HideHistory: true}, at.Add(time.Hour))
	if err != nil || joined {
		t.Fatalf("second Join = %v, %v", joined, err)
	}
	same(t, "joined again", m, want)
	same(t, "members", must(f.Room(f.ctx, ref("r"))).or(t).Members, 2)
	same(t, "rev", must(f.Room(f.ctx, ref("r"))).or(t).LastRev, 4)

	m, left, err := f.Leave(f.ctx, ref("r"), "lee", at.Add(time.Minute))
	if err != nil || !left {
		t.Fatalf("Leave = %v, %v", left, err)
	}
	want.LeftAt, want.Rev = at.Add(time.Minute), 5
	same(t, "left", m, want)
	same(t, "left, asked for", must(f.Member(f.ctx, ref("r"), "lee")).or(t), want)
	if _, left, err := f.Leave(f.ctx, ref("r"), "lee", at); err != nil || left {
		t.Errorf("second Leave = %v, %v", left, err)
	}
	same(t, "members after leaving", must(f.Room(f.ctx, ref("r"))).or(t).Members, 1)
	same(t, "rev after leaving", must(f.Room(f.ctx, ref("r"))).or(t).LastRev, 5)

	f.send("r", "kim", "", "three")
	m, joined, err = f.Join(f.ctx, ref("r"), chat.NewMember{User: "lee", Role: chat.RoleMember}, at.Add(time.Hour))
	if err != nil || !joined {
		t.Fatalf("Join after leaving = %v, %v", joined, err)
	}
	same(t, "back", m, chat.Member{
		Room: ref("r"), User: "lee", Role: chat.RoleMember, JoinedSeq: 3, JoinedAt: at.Add(time.Hour), ReadSeq: 3, Rev: 7,
	})
	s.membershipRefused(t, f)
}

func (s suite) membershipRefused(t *testing.T, f fixture) {
	if _, _, err := f.Join(f.ctx, ref("none"), chat.NewMember{User: "kim", Role: chat.RoleMember}, start()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Join of no room: %v", err)
	}
	if _, _, err := f.Join(f.ctx, ref("r"), chat.NewMember{User: "kim", Role: "king"}, start()); !errors.Is(err, chat.ErrInvalid) {
		t.Errorf("Join with an unknown role: %v", err)
	}
	if _, _, err := f.Leave(f.ctx, ref("none"), "kim", start()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Leave of no room: %v", err)
	}
	if _, _, err := f.Leave(f.ctx, ref("r"), "park", start()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Leave of a stranger: %v", err)
	}
	if _, err := f.Member(f.ctx, ref("none"), "kim"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Member of no room: %v", err)
	}
	if _, err := f.Member(f.ctx, ref("r"), "park"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Member of a stranger: %v", err)
	}
	if _, err := f.Members(f.ctx, ref("none"), chat.ListQuery{}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Members of no room: %v", err)
	}
}

func (s suite) hiddenHistory(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPrivate, "kim")
	f.send("r", "kim", "", "secret")
	hidden := chat.NewMember{User: "lee", Role: chat.RoleMember, HideHistory: true}
	m, _, err := f.Join(f.ctx, ref("r"), hidden, start())
	same(t, "hidden before", must(m, err).or(t).HiddenBeforeSeq, 2)
	if e := must(f.Rooms(f.ctx, user("lee"), chat.RoomsQuery{})).or(t)[0]; e.Last != nil {
		t.Errorf("a hidden message is shown as the last one: %+v", e.Last)
	}
	f.send("r", "kim", "", "open")
	if e := must(f.Rooms(f.ctx, user("lee"), chat.RoomsQuery{})).or(t)[0]; e.Last == nil || e.Last.Text != "open" || e.Unread != 1 {
		t.Errorf("entry after the first visible message: %+v", e)
	}

	// Coming back without HideHistory does not reveal what was hidden.
	if _, _, err := f.Leave(f.ctx, ref("r"), "lee", start()); err != nil {
		t.Fatal(err)
	}
	m, _, err = f.Join(f.ctx, ref("r"), chat.NewMember{User: "lee", Role: chat.RoleMember}, start())
	same(t, "hidden before, after coming back", must(m, err).or(t).HiddenBeforeSeq, 2)

	// Coming back with it hides more.
	if _, _, err := f.Leave(f.ctx, ref("r"), "lee", start()); err != nil {
		t.Fatal(err)
	}
	m, _, err = f.Join(f.ctx, ref("r"), hidden, start())
	same(t, "hidden before, after coming back hidden", must(m, err).or(t).HiddenBeforeSeq, 3)
}

func (s suite) membersPages(t *testing.T) {
	f := s.fixture(t)
	var want []string
	for i := range 7 {
		want = append(want, fmt.Sprint("user", i))
	}
	f.room("r", chat.RoomPrivate, append([]string{"gone"}, want...)...)
	if _, _, err := f.Leave(f.ctx, ref("r"), "gone", start()); err != nil {
		t.Fatal(err)
	}
	var got []string
	q := chat.ListQuery{Limit: 3}
	for range 4 {
		for _, m := range must(f.Members(f.ctx, ref("r"), q)).or(t) {
			got = append(got, m.User)
			q.After = m.User
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("members page by page: %v, want %v", got, want)
	}
}
