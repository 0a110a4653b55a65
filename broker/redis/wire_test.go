package redis

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
)

func drawBytes(t *rapid.T, name string) []byte {
	b := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, name)
	if len(b) == 0 {
		return nil
	}
	return b
}

func drawText(t *rapid.T, name string) string { return string(drawBytes(t, name)) }

func drawChannel(t *rapid.T) madang.Channel {
	return madang.Channel{App: drawText(t, "app"), Name: drawText(t, "name")}
}

func drawMessage(t *rapid.T) *madang.Message {
	m := &madang.Message{
		ID: drawText(t, "id"), Name: drawText(t, "event"), Channel: drawChannel(t), Data: drawBytes(t, "data"),
		Type: madang.DataType(rapid.IntRange(0, 3).Draw(t, "type")), Encoding: drawText(t, "encoding"),
		Extras: drawBytes(t, "extras"), Sender: madang.Sender{Conn: madang.ConnID(drawText(t, "conn")), User: drawText(t, "user")},
		Time: drawTime(t), Volatile: rapid.Bool().Draw(t, "volatile"), Transient: rapid.Bool().Draw(t, "transient"),
		Skip: madang.ConnID(drawText(t, "skip")),
	}
	for range rapid.IntRange(0, 3).Draw(t, "attachments") {
		m.Attachments = append(m.Attachments, drawBytes(t, "attachment"))
	}
	return m
}

func drawTime(t *rapid.T) time.Time {
	ms := rapid.Int64Range(-1<<40, 1<<45).Draw(t, "time")
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func drawConns(t *rapid.T) (all []madang.ConnID) {
	for range rapid.IntRange(0, 2).Draw(t, "conns") {
		all = append(all, madang.ConnID(drawText(t, "conn")))
	}
	return all
}

func drawChannels(t *rapid.T) (all []madang.Channel) {
	for range rapid.IntRange(0, 2).Draw(t, "channels") {
		all = append(all, drawChannel(t))
	}
	return all
}

func drawAudience(t *rapid.T) madang.Audience {
	return madang.Audience{In: drawChannels(t), Conns: drawConns(t), Except: drawChannels(t), Without: drawConns(t)}
}

func drawEvent(t *rapid.T) *madang.Event {
	e := &madang.Event{
		Kind: madang.Kind(rapid.IntRange(0, 6).Draw(t, "kind")), Channel: drawChannel(t),
		First: rapid.Bool().Draw(t, "first"), Last: rapid.Bool().Draw(t, "last"),
	}
	if rapid.Bool().Draw(t, "message") {
		if e.Message = drawMessage(t); rapid.Bool().Draw(t, "its own") {
			e.Message.Channel = e.Channel
		}
	}
	if rapid.Bool().Draw(t, "member") {
		e.Member = &madang.Member{
			User: drawText(t, "user"), Conn: madang.ConnID(drawText(t, "conn")), Node: madang.NodeID(drawText(t, "node")),
			Data: drawBytes(t, "data"), Type: madang.Text, Since: drawTime(t), RawUser: drawBytes(t, "raw"), Extras: drawBytes(t, "extras"),
		}
	}
	if rapid.Bool().Draw(t, "audience") {
		a := drawAudience(t)
		e.Audience = &a
	}
	if rapid.Bool().Draw(t, "control") {
		e.Control = &madang.Control{
			Op: madang.OpAsk, From: madang.NodeID(drawText(t, "from")), ID: rapid.Uint64().Draw(t, "id"), Audience: drawAudience(t),
			Message: drawMessage(t), Channels: drawChannels(t), Reason: madang.CloseDenied,
			Wait: time.Duration(rapid.Int64().Draw(t, "wait")), Count: rapid.Int().Draw(t, "count"),
			Answer: madang.Answer{Conn: "1.2", Data: drawBytes(t, "answer")}, Prefix: rapid.Bool().Draw(t, "prefix"),
			Counts: rapid.SliceOfN(rapid.Int(), 1, 3).Draw(t, "counts"),
		}
	}
	return e
}

// What is written is read as it was.
func TestWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		got, err := decode(encode(e), e.Channel)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Fatalf("%+v has become %+v, %v", e, got, err)
		}
	})
}

// A newer version may have more to say, an older one less.
func TestVersions(t *testing.T) {
	t.Parallel()
	c := room("news")
	w := wire{out: true, b: []byte{firstKind}}
	no, yes := false, true
	flag(&w, &no)
	flag(&w, &no)
	flag(&w, &yes)
	w.block(func(w *wire) {
		other, id := false, "id"
		flag(w, &other)
		text(w, &id)
	})
	older, err := decode(w.b, c)
	if err != nil || older.Message == nil || older.Message.ID != "id" || older.Message.Channel != c || older.Member != nil {
		t.Errorf("of an older version: %+v %+v, %v", older, older.Message, err)
	}
	newer, err := decode(append(encode(said(c, "x")), "and more"...), c)
	if err != nil || !bytes.Equal(newer.Message.Data, []byte("x")) {
		t.Errorf("of a newer version: %+v, %v", newer, err)
	}
}

func FuzzDecode(f *testing.F) {
	c := room("news")
	f.Add(encode(said(c, "x")))
	f.Add(encode(&madang.Event{Kind: madang.EnterEvent, Channel: c, Member: &madang.Member{User: "u", Conn: "1.2", Node: "1"}, First: true}))
	f.Add(encode(&madang.Event{Kind: madang.LeaveEvent + 1, Channel: c, Control: &madang.Control{Op: madang.OpEmit, Counts: []int{1}}}))
	f.Add([]byte("0\x00\x00\x01\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(b, c)
		if err != nil {
			return
		}
		again, err := decode(encode(e), c)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%+v is written as %+v, %v", e, again, err)
		}
	})
}

func FuzzPost(f *testing.F) {
	f.Add("e1 5 0 0...")
	f.Add("e1 5 0")
	f.Fuzz(func(t *testing.T, text string) {
		if y, ok := parsePost(text); ok && y.at.Epoch == "" {
			t.Fatalf("%q: %+v", text, y)
		}
		if _, err := readMember("1.2", text); err == nil {
			if _, _, err := readPlace(text); err != nil {
				return
			}
		}
	})
}
