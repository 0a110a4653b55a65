package ably

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/internal/ws"
	"madang/madangtest"
)

func TestContract(t *testing.T) {
	for _, w := range []wire{{}, {binary: true}, {qualifier: "[?rewind=1]"}} {
		madangtest.TestDialect(t, func(*testing.T) madang.Dialect { return w })
	}
}

func decode(t interface{ Fatalf(string, ...any) }, w wire, e *madang.Event) *protocol.Frame {
	b, err := w.Encode(nil, e)
	if err != nil {
		t.Fatalf("%+v: %v", e, err)
	}
	f, rest, ok := ws.Next(b)
	if !ok || len(rest) > 0 || (f.Op == ws.Binary) != w.binary {
		t.Fatalf("no single frame: %q", b)
	}
	p, err := protocol.Decode(f.Payload, w.binary)
	if err != nil {
		t.Fatalf("%q: %v", f.Payload, err)
	}
	return p
}

// Any message looks the same in both forms, and its serial leads back to its position.
func TestEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := madang.Channel{App: "a", Name: "room"}
		pos := madang.Position{Epoch: "e", Offset: rapid.Uint64Min(1).Draw(t, "offset")}
		m := &madang.Message{
			ID: rapid.SampledFrom([]string{"", "chosen", "x:0", "x:1", ":0", "::0", shape.MessageSerial(pos)}).Draw(t, "id"), Name: rapid.String().Draw(t, "name"), Channel: c, Pos: pos,
			Data: []byte(rapid.StringN(1, 20, 40).Draw(t, "data")), Type: rapid.SampledFrom([]madang.DataType{madang.Text, madang.Binary}).Draw(t, "type"),
			Sender: madang.Sender{User: rapid.String().Draw(t, "user"), Conn: "1.2.0"},
			Time:   time.UnixMilli(rapid.Int64Range(1, 1<<45).Draw(t, "time")),
		}
		e := &madang.Event{Channel: c, Message: m, Pos: pos}
		text, packed := decode(t, wire{}, e), decode(t, wire{binary: true}, e)
		a, b := text.Messages[0], packed.Messages[0]
		if a.ID != b.ID || a.Name != b.Name || string(a.Data.Bytes) != string(m.Data) || string(b.Data.Bytes) != string(m.Data) || a.Data.Kind != b.Data.Kind ||
			text.ConnectionID != "1.2" || packed.ConnectionID != "1.2" || text.Timestamp != m.Time.UnixMilli() || packed.Timestamp != text.Timestamp || a.ClientID != m.Sender.User {
			t.Fatalf("%+v\n%+v", a, b)
		}
		for _, p := range []*protocol.Frame{text, packed} {
			if got, want := filledID(p), shape.Message(m).ID; got != want {
				t.Fatalf("clients make the id %q of %+v; in the history it is %q", got, p, want)
			}
		}
	})
}

// filledID is the id that clients show of a frame's only message: its own, or what they make of the frame's.
func filledID(p *protocol.Frame) string {
	if id := p.Messages[0].ID; id != "" || p.ID == "" {
		return id
	}
	return p.ID + ":0"
}

// A connection's id is one of the core's: backends name it to have a client left out.
func TestConnectionIDs(t *testing.T) {
	seen := map[string]bool{}
	s := &Server{hub: madang.New(madang.Config{}), sessions: map[string]*session{}}
	for range 1000 {
		id := s.freshID()
		s.sessions[id] = &session{} // it is taken
		if wire, ok := shape.OwnID(shape.ConnID(id, 3)); seen[id] || !ok || wire != id || !madang.ConnID(id).Valid() || len(id) > 21 {
			t.Errorf("id %q after %d others", id, len(seen))
		}
		seen[id] = true
	}
}

// Ids are told apart wherever messages are put together, not only within a channel.
func TestFreshIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		var b batch
		for i := range 3 {
			id := b.freshID(i)
			if base, ok := strings.CutSuffix(id, ":"+strconv.Itoa(i)); seen[id] || !ok || base != b.base {
				t.Errorf("id %q of message %d after %d others", id, i, len(seen))
			}
			seen[id] = true
		}
	}
}

func TestRepeats(t *testing.T) {
	var a acks
	for i := range int64(300) {
		if _, ok := a.find(i); ok {
			t.Fatalf("%d was answered before it was asked", i)
		}
		a.add(i, answer{serials: []string{strconv.FormatInt(i, 10)}})
	}
	for i := range int64(300) {
		got, ok := a.find(i)
		if kept := i >= 300-maxAcks; kept != ok || kept && got.serials[0] != strconv.FormatInt(i, 10) {
			t.Fatalf("%d: %v", i, got)
		}
	}
	a.add(7, answer{})
	_, before := a.find(6)
	if _, ok := a.find(7); before || !ok {
		t.Error("a client that counts anew")
	}
}
