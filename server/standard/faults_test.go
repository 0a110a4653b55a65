//go:build unix

package standard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/chat"
	"madang/internal/clustertest"
)

// A troubled talk goes on while things break: ann, at one node, says something again and again to bob, at another.
type troubled struct {
	t        *testing.T
	c        *clustertest.Cluster
	ann, bob person
	a, b     *socket
	room     string
	n        int
	acked    []string
}

// try says something once, and returns the code with which that was refused; "gone" is no answer.
func (k *troubled) try(text string) (code string) {
	k.t.Helper()
	refused := (*callError)(nil)
	err := k.a.call("sendMessage", map[string]any{"room": k.room, "message": text, "nonce": text}, nil)
	switch {
	case err == nil:
		k.acked = append(k.acked, text)
	case errors.As(err, &refused):
		return refused.Code
	default:
		return "gone"
	}
	return ""
}

// during says something in a fault. It is acknowledged, since it is stored whatever Redis does; without the store it is refused with
// a code by which clients know to try again. Who may have missed something can have been disconnected.
func (k *troubled) during(fault, part string) {
	k.t.Helper()
	allowed := []string{"", "gone"}
	if part == "postgres" {
		allowed = append(allowed, "unavailable")
	}
	for range 2 {
		k.n++
		if code := k.try(fmt.Sprint(fault, " ", k.n)); !slices.Contains(allowed, code) {
			k.t.Errorf("%s: sendMessage was refused with %q", fault, code)
		}
	}
}

// after sees that all works again without a restart: what is said arrives at the other node.
func (k *troubled) after(fault string) {
	k.t.Helper()
	for i, n := range k.c.Nodes {
		awaitReady(k.t, n.URL, http.StatusOK)
		if !n.Running() {
			k.t.Fatalf("%s: node %d has ended", fault, i+1)
		}
	}
	if k.b.ended() { // clients that may have missed something are told to come back
		k.b = k.bob.join(k.t, k.c.Nodes[1].URL)
	}
	k.n++
	text := fmt.Sprint("after ", fault, " ", k.n)
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		code := k.try(text)
		if code == "" {
			break
		}
		if time.Now().After(end) {
			k.t.Fatalf("%s is over, and sendMessage is refused with %q", fault, code)
		}
		if code == "gone" {
			k.a = k.ann.join(k.t, k.c.Nodes[0].URL)
		}
	}
	for end := time.Now().Add(patience); !k.b.has(text); time.Sleep(20 * time.Millisecond) {
		if k.b.ended() && slices.Contains(k.heard(), text) { // it was told to come back, and asks
			return
		}
		if time.Now().After(end) {
			k.t.Fatalf("%s is over, and the other node's client does not hear %q; it finds %q", fault, text, k.heard())
		}
	}
}

// has reports whether a message was heard.
func (s *socket) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.heard {
		var m chat.MessageView
		if e.name == "message.created" && json.Unmarshal(e.data, &m) == nil && m.Text == text {
			return true
		}
	}
	return false
}

// heard is what bob has when he asks for what there is.
func (k *troubled) heard() (texts []string) {
	k.t.Helper()
	for _, m := range k.bob.history(k.t, k.c.Nodes[1].URL, k.room, 0) {
		texts = append(texts, m.Text)
	}
	return texts
}

func (s *socket) ended() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

// unready waits until both nodes say which part does not work, and sees that metrics show it.
func (k *troubled) unready(part, metric string) {
	k.t.Helper()
	for _, n := range k.c.Nodes {
		if said := awaitReady(k.t, n.URL, http.StatusServiceUnavailable); !strings.Contains(said, `"`+part+`":"failed"`) {
			k.t.Errorf("/readyz says %s, not that %s failed", said, part)
		}
		if a := get(k.t, n.URL+"/livez"); a.status != http.StatusOK {
			k.t.Errorf("/livez says %d", a.status)
		}
		if metric == "" {
			continue
		}
		for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			page := get(k.t, n.Metrics+"/metrics").body
			if strings.Contains(page, "\nmadang_"+metric+" ") && !strings.Contains(page, "\nmadang_"+metric+" 0\n") {
				break
			}
			if time.Now().After(end) {
				k.t.Fatalf("the metric %s does not show the fault", metric)
			}
		}
	}
}

// each does something to both nodes' links.
func (k *troubled) each(links func(*clustertest.Node) *clustertest.Links, do func(*clustertest.Links) error) {
	k.t.Helper()
	for _, n := range k.c.Nodes {
		if err := do(links(n)); err != nil {
			k.t.Fatal(err)
		}
	}
}

// TestFaults breaks what the nodes of a running cluster stand on, one after another and each in another way. The nodes stay up,
// refuse with a code that says to try again, show what is wrong, and heal by themselves; at the end everything that was
// acknowledged is there, once, in its order.
func TestFaults(t *testing.T) {
	t.Parallel() // it waits for limits of time
	c := clustertest.Start(t, clustertest.Config{Nodes: 2, Binary: program(), Env: []string{
		"MADANG_REDIS_TIMEOUT=1s", "MADANG_POSTGRES_TIMEOUT=2s",
	}})
	k := &troubled{t: t, c: c, ann: someone(t, "ann", time.Hour), bob: someone(t, "bob", time.Hour)}
	k.a, k.b = k.ann.join(t, c.Nodes[0].URL), k.bob.join(t, c.Nodes[1].URL)
	k.room = room(t, c.Nodes[0].URL, k.ann, k.bob)
	k.after("nothing")
	redis := func(n *clustertest.Node) *clustertest.Links { return n.Redis }
	store := func(n *clustertest.Node) *clustertest.Links { return n.Postgres }
	slow := func(l *clustertest.Links) error { return l.Slow(300 * time.Millisecond) }
	cut := func(l *clustertest.Links) error { l.Cut(); return nil }
	for _, f := range []struct {
		name         string
		begin, end   func()
		part, metric string // that fails, and that shows it; none: the nodes stay ready
	}{
		{"a slow Redis", func() { k.each(redis, slow) }, func() { k.each(redis, (*clustertest.Links).Heal) }, "", ""},
		{"a Redis that is cut off", func() { k.each(redis, cut) }, func() { k.each(redis, (*clustertest.Links).Heal) }, "redis", "redis_partitions_silent"},
		{"a Redis behind a firewall", func() { k.each(redis, (*clustertest.Links).Silence) }, func() { k.each(redis, (*clustertest.Links).Heal) }, "redis", "redis_partitions_silent"},
		{"a Redis that was restarted empty", c.Redis.Master().Kill, c.Redis.Master().Restart, "redis", "redis_partitions_silent"},
		{"a full Redis", func() { c.Redis.Master().Do("CONFIG", "SET", "maxmemory", "1") },
			func() { c.Redis.Master().Do("CONFIG", "SET", "maxmemory", "0") }, "redis", "redis_partitions_refusing"},
		{"a Redis that is a replica", func() { c.Redis.Master().Do("REPLICAOF", "127.0.0.1", "1") },
			func() { c.Redis.Master().Do("REPLICAOF", "NO", "ONE") }, "redis", "redis_partitions_refusing"},
		{"a slow PostgreSQL", func() { k.each(store, slow) }, func() { k.each(store, (*clustertest.Links).Heal) }, "", ""},
		{"a PostgreSQL that is cut off", func() { k.each(store, cut) }, func() { k.each(store, (*clustertest.Links).Heal) }, "postgres", ""},
		{"a PostgreSQL behind a firewall", func() { k.each(store, (*clustertest.Links).Silence) }, func() { k.each(store, (*clustertest.Links).Heal) }, "postgres", ""},
	} {
		began := time.Now()
		f.begin()
		k.during(f.name, f.part)
		if f.part != "" {
			k.unready(f.part, f.metric)
		}
		k.during(f.name, f.part)
		f.end()
		k.after(f.name)
		t.Logf("%s: %v", f.name, time.Since(began).Round(time.Millisecond))
	}
	all := k.heard()
	at := -1
	for _, text := range k.acked {
		next := slices.Index(all, text)
		if next <= at {
			t.Errorf("%q was acknowledged, and is at %d, after %d", text, next, at)
		}
		at = next
	}
	slices.Sort(all)
	if once := slices.Compact(slices.Clone(all)); len(once) != len(all) {
		t.Errorf("of %d messages some are there twice", len(all))
	}
}
