package socketio_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"madang"
	"madang/dialect/socketio"
)

// args is a message of one argument.
func args(name, data string) *madang.Message {
	return &madang.Message{Name: name, Data: []byte(data), Type: madang.Args}
}

func TestLocalKeepsToThisNode(t *testing.T) {
	c := newCluster(t)
	ns := c.nodes[0].io.Of("/")
	for room, who := range map[string][]int{"a": {0, 2}, "b": {1, 3}} {
		c.join(t, room, who...)
	}
	forward := func(b socketio.Broadcast, word string) {
		t.Helper()
		if err := b.Local().Forward(args("w", `["`+word+`"]`)); err != nil {
			t.Fatal(err)
		}
	}
	forward(ns.All(), "all")
	forward(ns.To("a"), "a")
	forward(ns.To("a", "b").Except(c.ids[0]), "not 0")
	forward(ns.To(c.ids[1]), "1")
	forward(ns.To(c.ids[2]), "elsewhere")
	if err := ns.All().Local().Forward(args("connect", `[]`)); !errors.Is(err, madang.ErrInvalid) {
		t.Errorf("a reserved name: %v", err)
	}
	c.heard(t, c.nodes[0], []string{`42["w","all"]`, `42["w","a"]`}, []string{`42["w","all"]`, `42["w","not 0"]`, `42["w","1"]`}, nil, nil)

	in := ns.To("a", "b").Local()
	if err := in.Join(t.Context(), "c", "d"); err != nil {
		t.Fatal(err)
	}
	ns.To("b").Local().Leave("d")
	rooms := ns.Rooms()
	slices.Sort(rooms)
	want := []string{c.ids[0], c.ids[1], "a", "b", "c", "d"}
	slices.Sort(want)
	if !slices.Equal(rooms, want) {
		t.Errorf("rooms here: %q, want %q", rooms, want)
	}
	if !ns.Occupied("d") || !ns.Occupied(c.ids[1]) || ns.Occupied("e") || ns.Occupied(c.ids[2]) {
		t.Error("which rooms have sockets here is not true")
	}
	if got := ns.To("d").Local().Sockets(); len(got) != 1 || got[0].ID() != c.ids[0] {
		t.Errorf("%d sockets in d", len(got))
	}
	ns.To("d").Local().Disconnect(false)
	eventually(t, "one is gone", func() bool { return ns.Len() == 1 })
	if c.nodes[1].io.Of("/").Len() != 2 {
		t.Error("sockets elsewhere are gone")
	}
}

func TestLocalAsks(t *testing.T) {
	c := newCluster(t)
	ns := c.nodes[0].io.Of("/")
	answers := make(chan socketio.Reply, 10)
	count := 0
	err := ns.All().Local().Ask(t.Context(), args("q", `["?"]`), func(n int) { count = n }, func(r socketio.Reply) { answers <- r })
	if err != nil || count != 2 {
		t.Fatalf("%d are asked, %v", count, err)
	}
	for i := range 2 {
		c.clients[i].Send("43" + ackID(t, c.clients[i].Next(t)) + `["` + fmt.Sprint(i) + `"]`)
	}
	got := map[string]string{}
	for range 2 {
		r := <-answers
		got[r.Socket] = string(r.Raw(0))
	}
	if got[c.ids[0]] != `"0"` || got[c.ids[1]] != `"1"` {
		t.Errorf("%v", got)
	}
	if err := ns.All().Local().Ask(t.Context(), args("disconnect", `[]`), nil, nil); !errors.Is(err, madang.ErrInvalid) {
		t.Errorf("a reserved name: %v", err)
	}
}

// told keeps what a Mirror is told.
type told struct{ lines []string }

func (x *told) add(what, ns string, rooms, except []string, more any) {
	x.lines = append(x.lines, fmt.Sprint(what, ns, rooms, except, more))
}
func (x *told) Emitted(ns string, rooms, except []string, m *madang.Message) {
	x.add("emit ", ns, rooms, except, m.Name+string(m.Data))
}
func (x *told) Joined(ns string, rooms, except, into []string) {
	x.add("join ", ns, rooms, except, into)
}
func (x *told) Left(ns string, rooms, except, from []string) {
	x.add("leave ", ns, rooms, except, from)
}
func (x *told) Disconnected(ns string, rooms, except []string) { x.add("end ", ns, rooms, except, "") }

func TestMirrorIsToldOnceWhereItIsDone(t *testing.T) {
	c := newCluster(t)
	here, there := &told{}, &told{}
	c.nodes[0].io.SetMirror(here)
	c.nodes[1].io.SetMirror(there)
	ns := c.nodes[0].io.Of("/")
	b := ns.To("a", "b").Except("c")
	err := errors.Join(ns.Emit("x", 1), b.Emit("y", 2), b.SocketsJoin("d", "e"), ns.All().SocketsLeave("d"), ns.To("nobody").DisconnectSockets(),
		ns.All().Local().Forward(args("quiet", "[]")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"emit /[] []x[1]", "emit /[a b] [c]y[2]", "join /[a b] [c] [d e]", "leave /[] [] [d]", "end /[nobody] []"}
	if !slices.Equal(here.lines, want) || len(there.lines) > 0 {
		t.Errorf("told here %q, want %q; elsewhere %q", here.lines, want, there.lines)
	}
}
