package redis

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// forgetful is a failover to a replica that does not have what the master has acknowledged last: no position is given
// twice, and everybody is told.
func forgetful(t *testing.T, s *redistest.Sentinels, config Config) {
	t.Helper()
	c := room("failover")
	a, _ := listen(t, config)
	b, ear := listen(t, config, c)
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	stays, comes := madang.Member{User: "u", Conn: "7.1", Node: "7"}, madang.Member{User: "v", Conn: "7.2", Node: "7"}
	if _, err := b.Put(t.Context(), c, stays); err != nil {
		t.Fatal(err)
	}
	third := mustSay(t, a, c, 1, 3, hundred)
	p, suffix := a.partition(c)
	for _, r := range s.Replicas { // they have all of that, and nothing of what follows
		eventually(t, "a replica has caught up", func() bool { return r.Do("HGET", p.keys.stream(suffix), "o") == fmt.Sprint(third.Offset) })
		r.Pause()
	}
	s.Master.Do("CLIENT", "KILL", "TYPE", "replica") // else it would wait for them in their sockets
	old := mustSay(t, a, c, 4, 5, hundred)
	if _, err := b.Put(t.Context(), c, comes); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Remove(t.Context(), c, stays.Conn); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all is heard", func() bool { return len(ear.texts(c)) == 5 })
	s.Master.Kill()
	for _, r := range s.Replicas {
		r.Resume()
	}
	s.Promoted()
	now := sayEventually(t, a, c, "6", hundred)
	if now.Epoch == old.Epoch || now.Offset <= old.Offset {
		t.Errorf("position %v after %v of another master", now, old)
	}
	eventually(t, "what is new is heard", func() bool { return slices.Contains(ear.texts(c), "6") })
	if got := fmt.Sprint(ear.texts(c)); got != "[1 2 3 4 5 6]" || ear.losses(c) == 0 {
		t.Errorf("heard %s, told of %d losses", got, ear.losses(c))
	}
	if _, err := b.History(t.Context(), c, madang.HistoryQuery{Since: old}); !errors.Is(err, madang.ErrLost) {
		t.Errorf("history since before: %v", err)
	}
	page, err := b.History(t.Context(), c, madang.HistoryQuery{})
	if err != nil || len(page.Events) != 4 || page.Top != now || page.Events[3].Pos != now {
		t.Errorf("history has %d events up to %v, %v", len(page.Events), page.Top, err)
	}
	eventually(t, "the lease is renewed", func() bool { return b.Keep(t.Context(), "7", time.Minute) == nil })
	if all, err := a.Members(t.Context(), c); err != nil || len(all) != 1 || all[0].Conn != comes.Conn {
		t.Errorf("members %+v, %v", all, err)
	}
	eventually(t, "all is ready", func() bool { return a.Ready(t.Context()) == nil && b.Ready(t.Context()) == nil })
}

// takeover is the death of one of a Cluster's masters: the others' channels do not notice, and its own come back.
func takeover(t *testing.T, c *redistest.Cluster, config Config) {
	t.Helper()
	config.Partitions = 6
	var all []madang.Channel
	for i := range 12 {
		all = append(all, room(fmt.Sprint("takeover", i)))
	}
	a, _ := listen(t, config)
	b, ear := listen(t, config, all...)
	for _, x := range all {
		mustSay(t, a, x, 1, 2, hundred)
	}
	c.Nodes[1].Kill()
	for _, x := range all {
		sayEventually(t, a, x, "3", hundred)
	}
	eventually(t, "all is ready", func() bool { return a.Ready(t.Context()) == nil && b.Ready(t.Context()) == nil })
	changed := 0
	for _, x := range all {
		eventually(t, "what is new is heard", func() bool { return slices.Contains(ear.texts(x), "3") })
		if got := fmt.Sprint(ear.texts(x)); got != "[1 2 3]" {
			t.Errorf("%s: heard %s", x, got)
		}
		es := ear.events(x)
		if first, last := es[0].Pos, es[len(es)-1].Pos; first.Epoch != last.Epoch {
			changed++
		} else if ear.losses(x) > 0 {
			t.Errorf("%s: a loss was told, but nothing has happened there", x)
		}
	}
	if changed == 0 || changed == len(all) {
		t.Errorf("%d of %d channels have another epoch; a third of them should", changed, len(all))
	}
}

// hashes checks that keys are in the slots that they should be in.
func hashes(t *testing.T, c *redistest.Cluster) {
	t.Helper()
	for _, n := range []int{1, 3, 16, maxPartitions} {
		for i, tag := range tags(n) {
			slot := int(crc16(tag)) % slots
			if slot*n/slots != i {
				t.Errorf("tag %s of %d of %d partitions is in slot %d", tag, i, n, slot)
			}
			if i%50 != 0 {
				continue
			}
			k := keys{"p:{" + tag + "}"}
			for _, key := range []string{k.stream("1:a}b{"), k.spoken("x"), k.presence(""), k.leases(), k.index("7"), k.probe("x")} {
				if got := c.Nodes[0].Do("CLUSTER", "KEYSLOT", key); got != fmt.Sprint(slot) {
					t.Errorf("%s is in slot %s, want %d", key, got, slot)
				}
			}
		}
	}
}
