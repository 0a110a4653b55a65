package chattest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"madang/chat"
)

func (s suite) users(t *testing.T) {
	f := s.fixture(t)
	put := func(id, name string, at time.Time) {
		t.Helper()
		if err := f.PutUser(f.ctx, chat.User{Ref: user(id), Name: name, SeenAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	later := start().Add(time.Hour)
	put("kim", "김마당", start())
	put("lee", "", later)
	put("kim", "", later)      // a guard without names does not take one away
	put("lee", "Lee", start()) // nobody was seen earlier than that
	want := []chat.User{{Ref: user("kim"), Name: "김마당", SeenAt: later}, {Ref: user("lee"), Name: "Lee", SeenAt: later}}
	if got := must(f.Users(f.ctx, app, "lee", "nobody", "kim", "kim", `"`)).or(t); !slices.Equal(got, want) {
		t.Errorf("users %+v, want %+v", got, want)
	}
	same(t, "users without ids", len(must(f.Users(f.ctx, app)).or(t)), 0)
	same(t, "users of another app", len(must(f.Users(f.ctx, "app2", "kim")).or(t)), 0)
	for _, bad := range []chat.UserRef{{App: app}, {ID: "kim"}} {
		if err := f.PutUser(f.ctx, chat.User{Ref: bad}); !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("PutUser of %v: %v", bad, err)
		}
	}
}

// heirs checks that a room without its last owner is not without one.
func (s suite) heirs(t *testing.T) {
	f := s.fixture(t)
	n := chat.NewRoom{
		Ref: ref("r"), Kind: chat.RoomPrivate, At: start(),
		Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}, {User: "park", Role: chat.RoleMember}},
	}
	if _, _, err := f.EnsureRoom(f.ctx, n); err != nil {
		t.Fatal(err)
	}
	for i, u := range []string{"an", "bae"} {
		at := start().Add(time.Duration(i+1) * time.Second)
		if _, _, err := f.Join(f.ctx, ref("r"), chat.NewMember{User: u, Role: chat.RoleMember}, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ leaves, heir string }{{"bae", "kim"}, {"kim", "park"}, {"park", "an"}} {
		if _, _, err := f.Leave(f.ctx, ref("r"), c.leaves, start()); err != nil {
			t.Fatal(err)
		}
		var owners []string
		for _, m := range must(f.Members(f.ctx, ref("r"), chat.ListQuery{})).or(t) {
			if m.Role == chat.RoleOwner {
				owners = append(owners, m.User)
			}
		}
		if !slices.Equal(owners, []string{c.heir}) {
			t.Errorf("owners after %s: %v, want %s", c.leaves, owners, c.heir)
		}
	}
	if _, _, err := f.Leave(f.ctx, ref("r"), "an", start()); err != nil {
		t.Errorf("the last one cannot leave: %v", err)
	}
}
