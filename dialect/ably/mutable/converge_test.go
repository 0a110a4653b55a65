package mutable_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// A slow broker takes its time, each time another: what a node has read is old when it publishes.
type slow struct {
	madang.Broker
	mu  sync.Mutex
	rnd *rand.Rand
}

func (b *slow) wait() {
	b.mu.Lock()
	d := time.Duration(b.rnd.IntN(20)) * time.Millisecond
	if b.rnd.IntN(4) == 0 {
		d *= 20
	}
	b.mu.Unlock()
	time.Sleep(d)
}

func (b *slow) Publish(ctx context.Context, events []*madang.Event, keep madang.Retention) ([]madang.Position, error) {
	b.wait()
	defer b.wait()
	return b.Broker.Publish(ctx, events, keep)
}

func (b *slow) History(ctx context.Context, c madang.Channel, q madang.HistoryQuery) (madang.Page, error) {
	b.wait()
	defer b.wait()
	return b.Broker.History(ctx, c, q)
}

func retain(madang.Channel) madang.Retention { return madang.Retention{Count: 1000} }

// cluster makes nodes of one cluster, each with its own broker, and what changes messages on them.
func cluster(t *testing.T, n int, seed uint64) (hubs []*madang.Hub, all []*mutable.Channels) {
	t.Helper()
	m := madang.NewMemory()
	for i := range n {
		hub := madang.New(madang.Config{
			Broker: &slow{Broker: m.Broker(), rnd: rand.New(rand.NewPCG(seed, uint64(i)))}, Presence: m, Retention: retain,
			Policies: []madang.Policy{madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { return &madang.Grant{}, nil })},
		})
		if err := hub.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := hub.Close(); err != nil {
				t.Error(err)
			}
		})
		c, err := mutable.New(hub, mutable.Options{Patterns: []string{"*"}, Retain: retain, MaxMessage: 65536})
		if err != nil {
			t.Fatal(err)
		}
		hubs, all = append(hubs, hub), append(all, c)
	}
	return hubs, all
}

func who(client string) mutable.By {
	d := &token.Details{App: "a", ClientID: client, Capability: capability.Full()}
	return mutable.By{Details: d, Principal: &madang.Principal{App: "a", User: client}}
}

// Whatever the nodes read and publish at the same time, the last summary has all annotations, and every node puts the same
// message together.
func TestNodesAgree(t *testing.T) {
	for seed := range uint64(60) {
		each := 1 + int(seed%3) // the fewer there are, the less is put right by what comes later anyway
		synctest.Test(t, func(t *testing.T) {
			hubs, nodes := cluster(t, 3, seed)
			ch := madang.Channel{App: "a", Name: "room"}
			at, err := hubs[0].Publish(t.Context(), &madang.Message{Channel: ch, Data: []byte("m"), Type: madang.Text})
			if err != nil {
				t.Fatal(err)
			}
			serial := shape.MessageSerial(at[0])
			var last *madang.Message
			l, err := hubs[1].Listen(t.Context(), ch, func(e *madang.Event) {
				if e.Kind == madang.AsideEvent {
					last = e.Message
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var wg sync.WaitGroup
			for i, c := range nodes {
				for k := range each {
					wg.Go(func() {
						note := &protocol.Message{MessageSerial: serial, Type: "r:distinct.v1", Name: "n"}
						if _, err := c.Annotate(t.Context(), ch, note, who(fmt.Sprint("c", i, k))); err != nil {
							t.Error(err)
						}
						part := &protocol.Message{Serial: serial, Action: protocol.MessageAppend, Data: protocol.Data{Kind: protocol.Text, Bytes: []byte{byte('a' + i)}}}
						if _, err := c.Change(t.Context(), ch, part, who("")); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
			time.Sleep(time.Minute)
			synctest.Wait()
			var texts []string
			for _, c := range nodes {
				m, err := c.Message(t.Context(), ch, serial)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := string(shape.Message(last).Summary), string(m.Summary(65536)); got != want || len(m.Annotations()) != 3*each {
					t.Errorf("seed %d: the last summary is %s, of %s with %d annotations", seed, got, want, len(m.Annotations()))
				}
				texts = append(texts, string(m.Latest().Data))
			}
			if texts[0] != texts[1] || texts[1] != texts[2] || len(texts[0]) != 1+3*each {
				t.Errorf("seed %d: the message has become %q", seed, texts)
			}
		})
	}
}
