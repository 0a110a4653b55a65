package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// dead makes a node with a member of each user in a channel, and ends its lease.
func dead(t *testing.T, s *redistest.Server, c Config, at madang.Channel, users ...string) {
	t.Helper()
	b := open(t, c)
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	for i, u := range users {
		m := madang.Member{User: u, Conn: madang.ConnID(fmt.Sprint("7.", i)), Node: "7", Data: []byte("of " + u)}
		if _, err := b.Put(t.Context(), at, m); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range b.partitions {
		s.Do("ZADD", p.keys.leases(), "XX", "1", "7")
	}
}

// due makes what nobody has told of be reported again now.
func due(s *redistest.Server, b *Broker) (waiting int) {
	for _, p := range b.partitions {
		for place := range strings.SplitSeq(s.Do("ZRANGE", p.keys.due(), "0", "-1"), "\n") {
			if place != "" {
				s.Do("ZADD", p.keys.due(), "1", place)
				waiting++
			}
		}
	}
	return waiting
}

// swept sweeps and returns who has left, with an exclamation mark for the last of a user.
func swept(t *testing.T, b *Broker) (gone []madang.Departure, said string) {
	t.Helper()
	gone, err := b.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range gone {
		said += d.Channel.Name + " " + d.Member.User + " " + string(d.Member.Data)
		if d.Last {
			said += "!"
		}
	}
	return gone, said
}

// Redis has removed a dead node's members, and the answer that says so never comes: the next sweep has it.
func TestSweepWithoutAnswer(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	near := quick(server.URL())
	near.Timeout = 500 * time.Millisecond
	way, far := newProxy(t, server.Addr), near
	far.URL = way.url()
	b, _ := listen(t, far)
	other := open(t, near)
	swept(t, other) // Redis learns the script
	dead(t, server, near, c, "u")
	way.deafen(true)
	if gone, err := b.Sweep(t.Context()); err == nil {
		t.Fatalf("swept %v without an answer", gone)
	}
	if all, err := other.Members(t.Context(), c); err != nil || len(all) != 0 {
		t.Fatalf("members %v, %v: the sweep has not reached Redis", all, err)
	}
	if _, said := swept(t, other); said != "" {
		t.Errorf("another node's sweep says at once: %s", said)
	}
	way.deafen(false)
	way.cut(false)
	var gone []madang.Departure
	eventually(t, "a sweep is answered", func() bool {
		some, err := b.Sweep(t.Context())
		gone = append(gone, some...) // also with an error: another partition's
		return err == nil
	})
	if len(gone) != 1 || gone[0].Member.User != "u" || !gone[0].Last || string(gone[0].Member.Data) != "of u" {
		t.Fatalf("swept %+v", gone)
	}
	if err := b.Told(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if n := due(server, b); n != 0 {
		t.Errorf("%d departures still wait", n)
	}
}

// A node dies with departures that it has not told yet: another reports them, as they are by then.
func TestSweptAndNotTold(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	a, b := open(t, config), open(t, config)
	dead(t, server, config, c, "u", "v", "w")
	gone, _ := swept(t, a)
	if len(gone) != 3 {
		t.Fatalf("swept %+v", gone)
	}
	for _, d := range gone {
		if d.Member.User == "w" {
			if err := a.Told(t.Context(), []madang.Departure{d}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, said := swept(t, b); said != "" {
		t.Errorf("reported before it was due: %s", said)
	}
	if _, err := b.Put(t.Context(), c, madang.Member{User: "u", Conn: "8.1", Node: "8"}); err != nil { // u is there again
		t.Fatal(err)
	}
	if n := due(server, b); n != 2 {
		t.Fatalf("%d departures wait, want those of u and v", n)
	}
	gone, _ = swept(t, b)
	for _, d := range gone {
		if d.Last != (d.Member.User == "v") {
			t.Errorf("reported %+v", d)
		}
	}
	if len(gone) != 2 {
		t.Errorf("reported %+v", gone)
	}
	v := madang.Member{User: "v", Conn: "7.1", Node: "7"} // it was not dead: it is there as it was
	if _, err := b.Put(t.Context(), c, v); err != nil {
		t.Fatal(err)
	}
	due(server, b)
	if gone, said := swept(t, a); len(gone) != 1 || gone[0].Member.User != "u" {
		t.Errorf("reported %s, of which v has not left", said)
	}
}
