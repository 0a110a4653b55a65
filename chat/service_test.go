package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/chat"
	"madang/store/memory"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// service returns a Service in which it is noon and new rooms are called room1, room2, …
func service(t *testing.T) *chat.Service {
	t.Helper()
	n := 0
	s, err := chat.New(chat.Defaults(), memory.NewChat(),
		chat.WithClock(noon),
		chat.WithIDs(func() string { n++; return fmt.Sprint("room", n) }))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func user(id string) chat.UserRef { return chat.UserRef{App: "app1", ID: id} }

// want ends the test unless err is target.
func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) || (target == nil) != (err == nil) {
		t.Fatalf("%s: %v, want %v", what, err, target)
	}
}

// room makes a room of kim.
func room(t *testing.T, s *chat.Service, kind chat.RoomKind, members ...string) string {
	t.Helper()
	r, err := s.CreateRoom(t.Context(), user("kim"), chat.RoomSpec{Kind: kind, Members: members})
	want(t, "create room", err, nil)
	return r.Ref.ID
}

func TestCreateRoom(t *testing.T) {
	s := service(t)
	r, err := s.CreateRoom(t.Context(), user("kim"), chat.RoomSpec{
		ID: "team.1_a-B", Kind: chat.RoomPrivate, Name: "\u1112\u1161\u11ab 팀", Members: []string{"lee", "kim"},
	})
	want(t, "create", err, nil)
	if r.Name != "한 팀" || r.Members != 2 || !r.CreatedAt.Equal(noon()) {
		t.Errorf("room %+v", r)
	}
	list, err := s.Members(t.Context(), user("lee"), r.Ref.ID, chat.ListQuery{})
	if err != nil || len(list) != 2 || list[0].Role != chat.RoleOwner || list[1].Role != chat.RoleMember {
		t.Errorf("members %+v, %v", list, err)
	}
	_, err = s.CreateRoom(t.Context(), user("lee"), chat.RoomSpec{ID: r.Ref.ID, Kind: chat.RoomPrivate})
	want(t, "create again", err, chat.ErrConflict)

	for _, spec := range []chat.RoomSpec{
		{ID: "a/b"}, {ID: ".."}, {ID: "-a"}, {ID: "$sio"}, {ID: "방"}, {ID: "a b"}, {ID: strings.Repeat("a", 65)},
		{Kind: chat.RoomDirect}, {Kind: "x"},
		{Name: strings.Repeat("가", 101)}, {Name: "\x00"}, {Name: " "},
		{Members: []string{"lee", "lee"}}, {Members: []string{""}}, {Members: slices.Repeat([]string{"u"}, 101)},
	} {
		if spec.Kind == "" {
			spec.Kind = chat.RoomPublic
		}
		_, err := s.CreateRoom(t.Context(), user("kim"), spec)
		want(t, fmt.Sprintf("create %+v", spec), err, chat.ErrInvalid)
	}
	for _, u := range []chat.UserRef{user(""), {ID: "kim"}, user("a\x00"), user("\xff"), user(strings.Repeat("u", 129))} {
		_, err := s.CreateRoom(t.Context(), u, chat.RoomSpec{Kind: chat.RoomPublic})
		want(t, fmt.Sprintf("create by %q", u), err, chat.ErrInvalid)
	}
}

func TestRandomRoomIDs(t *testing.T) {
	s, err := chat.New(chat.Defaults(), memory.NewChat())
	want(t, "new", err, nil)
	seen := make(map[string]bool)
	for range 100 {
		seen[room(t, s, chat.RoomPublic)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d ids of 100 rooms", len(seen))
	}
}

func TestEnsureRoom(t *testing.T) {
	s := service(t)
	for range 2 { // as a server does that starts again
		r, err := s.EnsureRoom(t.Context(), "app1", chat.RoomSpec{ID: "lobby", Kind: chat.RoomPublic, Name: "마당"})
		if err != nil || r.Members != 0 || r.LastRev != 1 {
			t.Fatalf("ensure: %+v, %v", r, err)
		}
	}
	_, err := s.EnsureRoom(t.Context(), "app1", chat.RoomSpec{ID: "lobby", Kind: chat.RoomPrivate})
	want(t, "ensure as private", err, chat.ErrConflict)
	_, err = s.EnsureRoom(t.Context(), "app1", chat.RoomSpec{Kind: chat.RoomPublic})
	want(t, "ensure without an id", err, chat.ErrInvalid)
	_, err = s.EnsureRoom(t.Context(), "", chat.RoomSpec{ID: "lobby", Kind: chat.RoomPublic})
	want(t, "ensure without an app", err, chat.ErrInvalid)
	list, err := s.PublicRooms(t.Context(), "app1", chat.ListQuery{})
	if err != nil || len(list) != 1 || list[0].Name != "마당" {
		t.Errorf("public rooms %+v, %v", list, err)
	}
}

func TestPublicRoom(t *testing.T) {
	s := service(t)
	id := room(t, s, chat.RoomPublic)
	_, err := s.Send(t.Context(), user("kim"), id, chat.Draft{Text: "환영합니다"})
	want(t, "send", err, nil)

	// A stranger reads, and must join to send.
	p, err := s.History(t.Context(), user("lee"), id, chat.HistoryQuery{})
	if err != nil || len(p.Messages) != 1 {
		t.Errorf("history for a stranger: %+v, %v", p, err)
	}
	_, err = s.Message(t.Context(), user("lee"), id, 1)
	want(t, "message for a stranger", err, nil)
	_, err = s.Room(t.Context(), user("lee"), id)
	want(t, "room for a stranger", err, nil)
	_, err = s.Send(t.Context(), user("lee"), id, chat.Draft{Text: "hi"})
	want(t, "send by a stranger", err, chat.ErrForbidden)
	_, _, err = s.MarkRead(t.Context(), user("lee"), id, 1)
	want(t, "read by a stranger", err, chat.ErrForbidden)
	_, err = s.Member(t.Context(), user("lee"), id)
	want(t, "membership of a stranger", err, chat.ErrForbidden)
	_, _, err = s.Leave(t.Context(), user("lee"), id)
	want(t, "leaving of a stranger", err, chat.ErrForbidden)

	m, joined, err := s.Join(t.Context(), user("lee"), id)
	if err != nil || !joined || m.Role != chat.RoleMember || m.ReadSeq != 1 {
		t.Errorf("join: %+v, %v, %v", m, joined, err)
	}
	a, err := s.Send(t.Context(), user("lee"), id, chat.Draft{Text: "hi"})
	if err != nil || a.Message.Seq != 2 || !a.Message.CreatedAt.Equal(noon()) {
		t.Errorf("send: %+v, %v", a, err)
	}
	_, left, err := s.Leave(t.Context(), user("lee"), id)
	if err != nil || !left {
		t.Errorf("leave: %v, %v", left, err)
	}
	_, err = s.Send(t.Context(), user("lee"), id, chat.Draft{Text: "hi"})
	want(t, "send after leaving", err, chat.ErrForbidden)
}

func TestPrivateRoom(t *testing.T) {
	s := service(t)
	id := room(t, s, chat.RoomPrivate, "lee")
	_, err := s.Send(t.Context(), user("kim"), id, chat.Draft{Text: "비밀"})
	want(t, "send", err, nil)

	_, err = s.Room(t.Context(), user("park"), id)
	want(t, "room for a stranger", err, chat.ErrForbidden)
	_, err = s.History(t.Context(), user("park"), id, chat.HistoryQuery{})
	want(t, "history for a stranger", err, chat.ErrForbidden)
	_, err = s.Message(t.Context(), user("park"), id, 1)
	want(t, "message for a stranger", err, chat.ErrForbidden)
	_, err = s.Members(t.Context(), user("park"), id, chat.ListQuery{})
	want(t, "members for a stranger", err, chat.ErrForbidden)
	_, _, err = s.Join(t.Context(), user("park"), id)
	want(t, "joining of a stranger", err, chat.ErrForbidden)
	_, _, err = s.AddMember(t.Context(), user("park"), id, "park", false)
	want(t, "adding oneself", err, chat.ErrForbidden)
	_, _, err = s.RemoveMember(t.Context(), user("lee"), id, "kim")
	want(t, "removing by a member", err, chat.ErrForbidden)
	_, _, err = s.AddMember(t.Context(), user("lee"), id, "", false)
	want(t, "adding nobody", err, chat.ErrInvalid)

	// Any member adds; a member joins again without effect.
	_, joined, err := s.AddMember(t.Context(), user("lee"), id, "park", true)
	if err != nil || !joined {
		t.Fatalf("add: %v, %v", joined, err)
	}
	if _, joined, err := s.Join(t.Context(), user("park"), id); err != nil || joined {
		t.Errorf("joining of a member: %v, %v", joined, err)
	}
	_, err = s.Send(t.Context(), user("kim"), id, chat.Draft{Text: "어서 와요"})
	want(t, "send", err, nil)

	// The history of the one who was added with it hidden begins with the second message, ask as they may.
	p, err := s.History(t.Context(), user("park"), id, chat.HistoryQuery{Direction: chat.After})
	if err != nil || len(p.Messages) != 1 || p.Messages[0].Seq != 2 || p.HasOlder {
		t.Errorf("history: %+v, %v", p, err)
	}
	_, err = s.Message(t.Context(), user("park"), id, 1)
	want(t, "hidden message", err, chat.ErrNotFound)
	_, err = s.Message(t.Context(), user("park"), id, 2)
	want(t, "visible message", err, nil)

	if _, left, err := s.RemoveMember(t.Context(), user("kim"), id, "park"); err != nil || !left {
		t.Errorf("remove: %v, %v", left, err)
	}
	_, err = s.History(t.Context(), user("park"), id, chat.HistoryQuery{})
	want(t, "history after removal", err, chat.ErrForbidden)
	_, _, err = s.RemoveMember(t.Context(), user("kim"), id, "nobody")
	want(t, "removing a stranger", err, chat.ErrNotFound)
}

func TestDirectRoom(t *testing.T) {
	s := service(t)
	r, created, err := s.OpenDirect(t.Context(), user("kim"), "lee")
	if err != nil || !created || r.Kind != chat.RoomDirect || r.Members != 2 {
		t.Fatalf("open: %+v, %v, %v", r, created, err)
	}
	again, created, err := s.OpenDirect(t.Context(), user("lee"), "kim")
	if err != nil || created || again != r {
		t.Errorf("open from the other side: %+v, %v, %v", again, created, err)
	}
	_, _, err = s.OpenDirect(t.Context(), user("kim"), "kim")
	want(t, "with oneself", err, chat.ErrInvalid)
	_, _, err = s.OpenDirect(t.Context(), user("kim"), "")
	want(t, "with nobody", err, chat.ErrInvalid)
	_, _, err = s.AddMember(t.Context(), user("kim"), r.Ref.ID, "park", false)
	want(t, "adding a third", err, chat.ErrInvalid)
	_, _, err = s.Leave(t.Context(), user("kim"), r.Ref.ID)
	want(t, "leaving", err, chat.ErrInvalid)
	_, _, err = s.RemoveMember(t.Context(), user("kim"), r.Ref.ID, "lee")
	want(t, "removing the other", err, chat.ErrForbidden)
	_, err = s.Room(t.Context(), user("park"), r.Ref.ID)
	want(t, "room for a third", err, chat.ErrForbidden)
}

func TestSend(t *testing.T) {
	s := service(t)
	id := room(t, s, chat.RoomPrivate, "lee")
	first, err := s.Send(t.Context(), user("kim"), id, chat.Draft{Text: "\u1112\u1161\u11ab글", Nonce: "n1"})
	if err != nil || first.Message.Text != "한글" || first.Message.Sender != "kim" {
		t.Fatalf("send: %+v, %v", first, err)
	}
	again, err := s.Send(t.Context(), user("kim"), id, chat.Draft{Text: "다른 글", Nonce: "n1"})
	if err != nil || !again.Duplicate || again.Message != first.Message {
		t.Errorf("retry: %+v, %v", again, err)
	}
	longest := strings.Repeat("가", 5000)
	_, err = s.Send(t.Context(), user("kim"), id, chat.Draft{Text: longest})
	want(t, "the longest text", err, nil)
	for _, d := range []chat.Draft{
		{Text: ""}, {Text: longest + "가"}, {Text: "a\xff"}, {Text: "x", Nonce: strings.Repeat("n", 129)}, {Text: "x", Nonce: "\x00"},
	} {
		_, err := s.Send(t.Context(), user("kim"), id, d)
		want(t, fmt.Sprintf("send %.20q", d.Text), err, chat.ErrInvalid)
	}
	_, err = s.Send(t.Context(), user("kim"), "none", chat.Draft{Text: "x"})
	want(t, "send to no room", err, chat.ErrNotFound)
	_, err = s.History(t.Context(), user("kim"), "none", chat.HistoryQuery{})
	want(t, "history of no room", err, chat.ErrNotFound)

	said, err := s.Announce(t.Context(), user("").Room(id), chat.Draft{Text: "점검 안내"})
	if err != nil || said.Message.Kind != chat.MessageSystem || said.Message.Seq != 3 {
		t.Errorf("announce: %+v, %v", said, err)
	}
	rooms, total, err := s.Unread(t.Context(), user("lee"))
	if err != nil || total != 2 || len(rooms) != 1 || rooms[0].Count != 2 {
		t.Errorf("unread: %+v, %d, %v", rooms, total, err)
	}
	if _, moved, err := s.MarkRead(t.Context(), user("lee"), id, 1); err != nil || !moved {
		t.Errorf("read: %v, %v", moved, err)
	}
	if n, err := s.UnreadTotal(t.Context(), user("lee")); err != nil || n != 1 {
		t.Errorf("unread after reading: %d, %v", n, err)
	}
	list, err := s.Rooms(t.Context(), user("lee"), chat.RoomsQuery{})
	if err != nil || len(list) != 1 || list[0].Last.Text != "점검 안내" || list[0].Unread != 1 {
		t.Errorf("rooms: %+v, %v", list, err)
	}
}

func TestConfig(t *testing.T) {
	_, err := chat.New(chat.Config{MaxTextRunes: 1, MaxTextBytes: -1}, memory.NewChat())
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"max_text_bytes is -1", "max_name_runes", "max_first_members"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
	if strings.Contains(err.Error(), "max_text_runes") {
		t.Errorf("error %q names what is right", err)
	}
}
