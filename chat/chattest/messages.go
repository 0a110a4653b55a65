package chattest

import (
	"errors"
	"testing"
	"time"

	"madang/chat"
)

func (s suite) append(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim", "lee")
	at := start().Add(5 * time.Second)
	a, err := f.Append(f.ctx, text("r", "kim", "n1", "안녕 👋", at.Add(999*time.Microsecond)))
	if err != nil {
		t.Fatal(err)
	}
	want := chat.Message{
		Room: ref("r"), Seq: 1, Rev: 2, Sender: "kim", Nonce: "n1", Kind: chat.MessageText, Text: "안녕 👋", CreatedAt: at,
	}
	same(t, "appended", a.Message, want)
	if a.Duplicate || a.Outbox == 0 {
		t.Errorf("appended: %+v", a)
	}
	same(t, "message", must(f.Message(f.ctx, ref("r"), 1)).or(t), want)
	r := must(f.Room(f.ctx, ref("r"))).or(t)
	same(t, "last seq", r.LastSeq, 1)
	same(t, "last rev", r.LastRev, 2)
	same(t, "last at", r.LastAt, at)
	m := must(f.Member(f.ctx, ref("r"), "kim")).or(t)
	same(t, "sender's cursor", m.ReadSeq, 1)
	same(t, "sender's read time", m.ReadAt, at)
	same(t, "other's cursor", must(f.Member(f.ctx, ref("r"), "lee")).or(t).ReadSeq, 0)

	// A clock that went back numbers the message all the same, and the room's activity stays.
	a, err = f.Append(f.ctx, text("r", "lee", "n1", "hello", start()))
	same(t, "seq of the second", must(a, err).or(t).Message.Seq, 2)
	same(t, "time of the second", a.Message.CreatedAt, start())
	same(t, "last at after a step back", must(f.Room(f.ctx, ref("r"))).or(t).LastAt, at)

	sys := f.system("r", "공지")
	same(t, "system message", sys.Message, chat.Message{
		Room: ref("r"), Seq: 3, Rev: 4, Kind: chat.MessageSystem, Text: "공지", CreatedAt: start(),
	})
	for _, seq := range []int64{-1, 0, 4} {
		if _, err := f.Message(f.ctx, ref("r"), seq); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("Message(%d): %v", seq, err)
		}
	}
	if _, err := f.Message(f.ctx, ref("none"), 1); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Message of no room: %v", err)
	}
}

func (s suite) appendRefused(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim", "lee")
	if _, _, err := f.Leave(f.ctx, ref("r"), "lee", start()); err != nil {
		t.Fatal(err)
	}
	before := must(f.Room(f.ctx, ref("r"))).or(t)
	for _, c := range []struct {
		name string
		n    chat.NewMessage
		want error
	}{
		{"no room", text("none", "kim", "", "x", start()), chat.ErrNotFound},
		{"stranger", text("r", "park", "", "x", start()), chat.ErrForbidden},
		{"somebody who left", text("r", "lee", "n", "x", start()), chat.ErrForbidden},
		{"no sender", text("r", "", "", "x", start()), chat.ErrInvalid},
		{"no kind", chat.NewMessage{Room: ref("r"), Sender: "kim", Text: "x"}, chat.ErrInvalid},
		{"system with sender", chat.NewMessage{Room: ref("r"), Sender: "kim", Kind: chat.MessageSystem}, chat.ErrInvalid},
	} {
		if _, err := f.Append(f.ctx, c.n); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	same(t, "room after refusals", must(f.Room(f.ctx, ref("r"))).or(t), before)
	same(t, "outbox after refusals", must(f.OutboxSize(f.ctx)).or(t), 0)
	same(t, "seq after refusals", f.send("r", "kim", "", "x").Message.Seq, 1)

	// A refused nonce is not used up.
	if _, _, err := f.Join(f.ctx, ref("r"), chat.NewMember{User: "lee", Role: chat.RoleMember}, start()); err != nil {
		t.Fatal(err)
	}
	if a := f.send("r", "lee", "n", "x"); a.Duplicate {
		t.Errorf("a refused nonce counts as used: %+v", a)
	}
}

func (s suite) nonceForGood(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim", "lee")
	f.room("r2", chat.RoomPublic, "kim")
	first := f.send("r", "kim", "n1", "first")
	f.send("r", "lee", "", "something else")
	size := must(f.OutboxSize(f.ctx)).or(t)

	retry := func(why string) {
		t.Helper()
		a := f.send("r", "kim", "n1", "another text")
		if !a.Duplicate || a.Outbox != 0 {
			t.Errorf("retry %s: %+v", why, a)
		}
		same(t, "message of a retry "+why, a.Message, first.Message)
		same(t, "last seq after a retry "+why, must(f.Room(f.ctx, ref("r"))).or(t).LastSeq, 2)
		same(t, "cursor after a retry "+why, must(f.Member(f.ctx, ref("r"), "kim")).or(t).ReadSeq, 1)
		same(t, "outbox after a retry "+why, must(f.OutboxSize(f.ctx)).or(t), size)
	}
	retry("at once")
	if _, _, err := f.Leave(f.ctx, ref("r"), "kim", start()); err != nil {
		t.Fatal(err)
	}
	retry("after leaving")

	for _, other := range []struct{ room, sender string }{{"r", "lee"}, {"r2", "kim"}} {
		if a := f.send(other.room, other.sender, "n1", "x"); a.Duplicate {
			t.Errorf("the nonce is shared with %v: %+v", other, a)
		}
	}
	one, two := f.send("r2", "kim", "", "x"), f.send("r2", "kim", "", "x")
	if one.Duplicate || two.Duplicate || two.Message.Seq != one.Message.Seq+1 {
		t.Errorf("without a nonce, %+v then %+v", one, two)
	}
}
