package main

import (
	"time"

	"madang/fire/judge"
)

// roll replaces all nodes, one after another, as a deployment does: each is told to stop, and started again when it has.
func (b *battle) roll() int64 {
	b.t.Helper()
	b.all("send", "", 0)
	for _, n := range b.c.Nodes {
		time.Sleep(b.o.pause) // haproxy sends clients to the one before again
		b.p.say("replacing %s", n.Name)
		began := time.Now()
		n.Term()
		if status := n.Wait(); status != 0 {
			b.t.Errorf("%s: exit status %d after SIGTERM", n.Name, status)
		}
		n.Restart()
		b.done = append(b.done, event{fault{name: "roll", text: "a node gets SIGTERM, drains and is started again"}, time.Since(began)})
	}
	return time.Now().UnixMilli()
}

// smooth holds against the cluster what nobody may notice of a replacement, too.
func (b *battle) smooth(v *judge.Verdict) { v.Smooth(b.evidence, len(b.done)) }
