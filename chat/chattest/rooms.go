package chattest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"madang/chat"
)

func (s suite) rooms(t *testing.T) {
	f := s.fixture(t)
	at := start().Add(1234567 * time.Nanosecond) // stores keep milliseconds
	n := chat.NewRoom{
		Ref: ref("r1"), Kind: chat.RoomPrivate, Name: "회의실", At: at,
		Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}, {User: "lee", Role: chat.RoleMember}},
	}
	want := chat.Room{
		Ref: n.Ref, Kind: n.Kind, Name: n.Name, LastRev: 1, Members: 2,
		LastAt: start().Add(time.Millisecond), CreatedAt: start().Add(time.Millisecond),
	}
	got, created, err := f.EnsureRoom(f.ctx, n)
	if err != nil || !created {
		t.Fatalf("EnsureRoom = %v, %v", created, err)
	}
	same(t, "created room", got, want)
	same(t, "room", must(f.Room(f.ctx, n.Ref)).or(t), want)
	m := must(f.Member(f.ctx, n.Ref, "kim")).or(t)
	same(t, "owner", m, chat.Member{
		Room: n.Ref, User: "kim", Role: chat.RoleOwner, JoinedAt: want.CreatedAt, Rev: 1,
	})

	n.Name, n.Kind, n.Members = "other", chat.RoomPublic, nil
	got, created, err = f.EnsureRoom(f.ctx, n)
	if err != nil || created {
		t.Fatalf("second EnsureRoom = %v, %v", created, err)
	}
	same(t, "room that existed", got, want)

	if _, err := f.Room(f.ctx, ref("none")); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Room(none): %v", err)
	}
	for _, bad := range []chat.NewRoom{
		{Ref: ref(""), Kind: chat.RoomPublic},
		{Ref: chat.RoomRef{ID: "x"}, Kind: chat.RoomPublic},
		{Ref: ref("x"), Kind: "yard"},
		{Ref: ref("x"), Kind: chat.RoomDirect},
		{Ref: ref("x"), Kind: chat.RoomPublic, DirectKey: "k"},
		{Ref: ref("x"), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "", Role: chat.RoleOwner}}},
		{Ref: ref("x"), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "kim", Role: "king"}}},
		{Ref: ref("x"), Kind: chat.RoomPublic, Members: slices.Repeat([]chat.NewMember{{User: "kim", Role: chat.RoleOwner}}, 2)},
	} {
		if _, _, err := f.EnsureRoom(f.ctx, bad); !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("EnsureRoom(%+v): %v", bad, err)
		}
	}
	if _, err := f.Room(f.ctx, ref("x")); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a refused room is there: %v", err)
	}
}

// direct describes the direct room of two users.
func direct(appID, id, a, b string) chat.NewRoom {
	return chat.NewRoom{
		Ref: chat.RoomRef{App: appID, ID: id}, Kind: chat.RoomDirect, DirectKey: chat.DirectKey(a, b), At: start(),
		Members: []chat.NewMember{{User: a, Role: chat.RoleMember}, {User: b, Role: chat.RoleMember}},
	}
}

func (s suite) directRooms(t *testing.T) {
	f := s.fixture(t)
	first, created, err := f.EnsureRoom(f.ctx, direct(app, "d1", "kim", "lee"))
	if err != nil || !created {
		t.Fatalf("EnsureRoom = %v, %v", created, err)
	}
	same(t, "direct key", first.DirectKey, chat.DirectKey("lee", "kim"))
	again, created, err := f.EnsureRoom(f.ctx, direct(app, "d2", "lee", "kim"))
	if err != nil || created {
		t.Fatalf("EnsureRoom of the same pair = %v, %v", created, err)
	}
	same(t, "direct room of the same pair", again, first)
	for _, n := range []chat.NewRoom{direct(app, "d3", "kim", "park"), direct("app2", "d1", "kim", "lee")} {
		if r, created, err := f.EnsureRoom(f.ctx, n); err != nil || !created || r.Ref != n.Ref {
			t.Errorf("EnsureRoom(%v) = %+v, %v, %v", n.Ref, r, created, err)
		}
	}
	// A taken id decides before the pair does.
	taken, created, err := f.EnsureRoom(f.ctx, direct(app, "d3", "kim", "lee"))
	if err != nil || created || taken.Ref.ID != "d3" {
		t.Errorf("EnsureRoom with a taken id = %+v, %v, %v", taken, created, err)
	}
}

func (s suite) publicRooms(t *testing.T) {
	f := s.fixture(t)
	for _, id := range []string{"c", "a", "e", "b", "d"} {
		f.room(id, chat.RoomPublic)
	}
	f.room("aa", chat.RoomPrivate, "kim")
	var got []string
	q := chat.ListQuery{Limit: 2}
	for range 4 {
		for _, r := range must(f.PublicRooms(f.ctx, app, q)).or(t) {
			got = append(got, r.Ref.ID)
			q.After = r.Ref.ID
		}
	}
	if want := []string{"a", "b", "c", "d", "e"}; !slices.Equal(got, want) {
		t.Errorf("public rooms page by page: %v, want %v", got, want)
	}
	same(t, "public rooms of an unknown app", len(must(f.PublicRooms(f.ctx, "none", q)).or(t)), 0)
}

func (s suite) tenants(t *testing.T) {
	f := s.fixture(t)
	other := chat.RoomRef{App: "app2", ID: "lobby"}
	f.room("lobby", chat.RoomPublic, "kim")
	if _, created, err := f.EnsureRoom(f.ctx, chat.NewRoom{Ref: other, Kind: chat.RoomPublic, At: start()}); err != nil || !created {
		t.Fatalf("the same id in another app: %v, %v", created, err)
	}
	f.send("lobby", "kim", "n1", "안녕")
	n := text("lobby", "kim", "n1", "hello", start())
	n.Room = other
	if _, err := f.Append(f.ctx, n); !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("a member of another app's room sends: %v", err)
	}
	if _, _, err := f.Join(f.ctx, other, chat.NewMember{User: "kim", Role: chat.RoleMember}, start()); err != nil {
		t.Fatal(err)
	}
	a, err := f.Append(f.ctx, n)
	if err != nil || a.Duplicate || a.Message.Seq != 1 {
		t.Errorf("the same nonce in another app: %+v, %v", a, err)
	}
	for _, u := range []chat.UserRef{user("kim"), {App: "app2", ID: "kim"}} {
		list := must(f.Rooms(f.ctx, u, chat.RoomsQuery{})).or(t)
		if len(list) != 1 || list[0].Room.Ref.App != u.App {
			t.Errorf("rooms of %v: %+v", u, list)
		}
	}
}
