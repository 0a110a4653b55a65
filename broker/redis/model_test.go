package redis

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
)

// long makes tests that try much by chance try more: BROKER_REDIS_LONG is how many times as much.
func long() int {
	n, err := strconv.Atoi(os.Getenv("BROKER_REDIS_LONG"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// A sent is what the model knows: a message whose publication was acknowledged, and at which position.
type sent struct {
	text string
	at   madang.Position
}

// A model is what was published, by channel.
type model struct {
	mu    sync.Mutex
	acked map[madang.Channel][]sent
	tried map[madang.Channel]map[string]bool // also what was not acknowledged
}

func (m *model) publish(b *Broker, c madang.Channel, texts []string, keep madang.Retention) {
	var events []*madang.Event
	m.mu.Lock()
	for _, text := range texts {
		events = append(events, said(c, text))
		m.tried[c][text] = true
	}
	m.mu.Unlock()
	ps, err := b.Publish(context.Background(), events, keep)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, at := range ps {
		m.acked[c] = append(m.acked[c], sent{texts[i], at})
	}
}

// Whoever publishes, and whatever connections break: the events of a channel come in the order of their positions, none
// twice; of what was acknowledged and is kept none is missing; and where something that was not kept is missing that is told.
func TestOrderAndGaps(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	plans := rapid.Custom(drawPlan)
	for seed := range 24 * long() {
		p := plans.Example(seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			defer func() {
				if t.Failed() {
					t.Logf("%+v", p)
				}
			}()
			p.run(t, server.Addr)
		})
	}
}

// A plan is what three nodes do.
type plan struct {
	partitions int
	steps      []step
}

// A step is what happens at the same time.
type step struct {
	publishers []publisher
	cuts       []cut
}

type publisher struct {
	node    int
	unkept  bool
	batches []int // how many messages in each
}

// A cut breaks all connections of a node.
type cut struct {
	node  int
	pause time.Duration
}

func drawPlan(t *rapid.T) plan {
	node := rapid.IntRange(0, 2)
	publishers := rapid.Custom(func(t *rapid.T) publisher {
		return publisher{
			node.Draw(t, "node"), rapid.Bool().Draw(t, "unkept"), rapid.SliceOfN(rapid.IntRange(1, 4), 1, 5).Draw(t, "batches"),
		}
	})
	cuts := rapid.Custom(func(t *rapid.T) cut {
		return cut{node.Draw(t, "node"), time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond}
	})
	steps := rapid.Custom(func(t *rapid.T) step {
		return step{rapid.SliceOfN(publishers, 1, 3).Draw(t, "publishers"), rapid.SliceOfN(cuts, 0, 2).Draw(t, "cuts")}
	})
	return plan{rapid.IntRange(1, 3).Draw(t, "partitions"), rapid.SliceOfN(steps, 3, 12).Draw(t, "steps")}
}

func (p plan) run(t *testing.T, addr string) {
	kept, gone := room("kept"), room("gone")
	m := &model{acked: map[madang.Channel][]sent{}, tried: map[madang.Channel]map[string]bool{kept: {}, gone: {}}}
	config := quick("redis://" + addr)
	config.Partitions = p.partitions
	type node struct {
		b   *Broker
		ear *ear
		way *proxy
	}
	var nodes []node
	for range 3 {
		way, c := newProxy(t, addr), config
		c.URL = way.url()
		b, e := listen(t, c, kept, gone)
		nodes = append(nodes, node{b, e, way})
	}
	number := 0
	for _, s := range p.steps {
		var work sync.WaitGroup
		for _, x := range s.publishers {
			c, keep := kept, madang.Retention{Count: 10_000}
			if x.unkept {
				c, keep = gone, madang.Retention{}
			}
			first := number
			for _, n := range x.batches {
				number += n
			}
			work.Go(func() {
				for _, n := range x.batches {
					var batch []string
					for range n {
						first++
						batch = append(batch, strconv.Itoa(first))
					}
					m.publish(nodes[x.node].b, c, batch, keep)
				}
			})
		}
		for _, x := range s.cuts {
			work.Go(func() {
				nodes[x.node].way.cut(true)
				time.Sleep(x.pause)
				nodes[x.node].way.cut(false)
			})
		}
		work.Wait()
	}
	for _, n := range nodes {
		eventually(t, "all are ready", func() bool { return n.b.Ready(context.Background()) == nil })
		for _, c := range []madang.Channel{kept, gone} {
			number++
			last := strconv.Itoa(number)
			m.mu.Lock()
			m.tried[c][last] = true
			m.mu.Unlock()
			eventually(t, "the last is published", func() bool {
				at, err := say(n.b, c, last, madang.Retention{Count: 10_000})
				if err == nil {
					m.acked[c] = append(m.acked[c], sent{last, at})
				}
				return err == nil
			})
		}
	}
	for i, n := range nodes {
		n.ear.check(t, m, fmt.Sprint("node ", i), kept, false)
		n.ear.check(t, m, fmt.Sprint("node ", i), gone, true)
		if err := n.b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// check compares what came with what was sent.
func (e *ear) check(t *testing.T, m *model, who string, c madang.Channel, mayLose bool) {
	t.Helper()
	last := m.acked[c][len(m.acked[c])-1]
	eventually(t, "the last of "+c.Name+" comes to "+who, func() bool {
		for _, x := range e.events(c) {
			if x.Pos == last.at {
				return true
			}
		}
		return false
	})
	at := map[madang.Position]string{}
	var before madang.Position
	jumps := 0
	for _, x := range e.events(c) {
		text := string(x.Message.Data)
		if !m.tried[c][text] {
			t.Fatalf("%s: %s was never sent", who, text)
		}
		if before != (madang.Position{}) && (x.Pos.Epoch != before.Epoch || x.Pos.Offset <= before.Offset) {
			t.Fatalf("%s: %v came after %v", who, x.Pos, before)
		}
		if before != (madang.Position{}) && x.Pos.Offset != before.Offset+1 {
			jumps++
		}
		before = x.Pos
		at[x.Pos] = text
	}
	for _, s := range m.acked[c] {
		switch text, ok := at[s.at]; {
		case !ok && !mayLose:
			t.Fatalf("%s: %s at %v is missing", who, s.text, s.at)
		case ok && text != s.text:
			t.Fatalf("%s: %s came at %v, which was given to %s", who, text, s.at, s.text)
		}
	}
	if told := e.losses(c); told < jumps || !mayLose && told > 0 {
		t.Fatalf("%s: told of %d losses in %s, which has %d gaps", who, told, c.Name, jumps)
	}
}
