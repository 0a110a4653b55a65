package redis

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"madang"
	"madang/internal/redistest"
)

// calls returns how often Redis has run a command, also as part of a script.
func calls(s *redistest.Server, command string) (n int) {
	for line := range strings.SplitSeq(s.Do("INFO", "commandstats"), "\n") {
		if rest, ok := strings.CutPrefix(line, "cmdstat_"+command+":calls="); ok {
			_, _ = fmt.Sscan(rest, &n)
		}
	}
	return n
}

// However many nodes and channels are subscribed, a publication is one command to Redis, and one PUBLISH in it.
func TestCommandsPerPublish(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	config.Heartbeat = config.Timeout // no probes meanwhile
	a, _ := listen(t, config)
	var ears []*ear
	cost := func() [3]int {
		const messages = 20
		before := [3]int{calls(server, "evalsha"), calls(server, "eval"), calls(server, "xadd")}
		had := len(a.partitions) // something that is there
		if len(ears) > 0 {
			had = len(ears[0].events(c))
		}
		mustSay(t, a, c, 1, messages, hundred)
		for _, e := range ears {
			eventually(t, "all is heard", func() bool { return len(e.events(c)) >= had+messages })
		}
		return [3]int{calls(server, "evalsha") - before[0], calls(server, "eval") - before[1], calls(server, "xadd") - before[2]}
	}
	mustSay(t, a, c, 1, 1, hundred) // Redis learns the script
	alone := cost()
	for range 3 {
		others := []madang.Channel{c}
		for i := range 100 {
			others = append(others, room(fmt.Sprint("other", i)))
		}
		_, e := listen(t, config, others...)
		ears = append(ears, e)
	}
	if many := cost(); alone != [3]int{20, 0, 20} || many != alone {
		t.Errorf("EVALSHA, EVAL and XADD for 20 messages: %v with no subscriber, %v with many", alone, many)
	}
}

// Events of several channels of a partition are one script, and those of several partitions go out together.
func TestCommandsPerBatch(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	config := quick(server.URL())
	b, _ := listen(t, config)
	var events []*madang.Event
	for i := range 200 {
		events = append(events, said(room(fmt.Sprint("room", i%50)), "x"))
	}
	before := b.Stats().Commands
	if _, err := b.Publish(t.Context(), events, hundred); err != nil {
		t.Fatal(err)
	}
	if n := b.Stats().Commands - before; n > uint64(2*config.Partitions)+8 { // some are unknown to Redis yet, and there are probes
		t.Errorf("%d commands for 200 events in %d partitions", n, config.Partitions)
	}
}

// What goes into one script is bounded, and the events of a channel stay in their order over several.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	b, ear := listen(t, quick(server.URL()), c)
	var events []*madang.Event
	for i := range 3 * maxBatchEvents {
		events = append(events, said(c, fmt.Sprint(i)))
	}
	for range 3 {
		events = append(events, said(c, strings.Repeat("x", maxBatchBytes)))
	}
	ps, err := b.Publish(t.Context(), events, hundred)
	if err != nil || len(ps) != len(events) {
		t.Fatalf("%d positions, %v", len(ps), err)
	}
	eventually(t, "all is heard", func() bool { return len(ear.events(c)) == len(events) })
	follows(t, ear, c)
	for i, e := range ear.events(c) {
		if e.Pos != ps[i] {
			t.Fatalf("event %d came at %v, want %v", i, e.Pos, ps[i])
		}
	}
}

// Subscriptions of many at once share commands.
func TestCommandsPerSubscription(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	b, _ := listen(t, quick(server.URL()))
	before := b.Stats().Commands
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			var cs []madang.Channel
			for k := range 40 {
				cs = append(cs, room(fmt.Sprint(i, "-", k)))
			}
			if err := b.Subscribe(t.Context(), cs...); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := b.Stats().Commands - before; n > 800 {
		t.Errorf("%d commands for 2000 channels", n)
	}
}
