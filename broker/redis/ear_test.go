package redis

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"madang"
)

// An ear is a receiver that writes down what it gets.
type ear struct {
	mu   sync.Mutex
	got  map[madang.Channel][]*madang.Event
	lost map[madang.Channel][]int // how many events had come when it was told of a loss
}

func newEar() *ear {
	return &ear{got: map[madang.Channel][]*madang.Event{}, lost: map[madang.Channel][]int{}}
}

// Receive implements [madang.Receiver].
func (e *ear) Receive(x *madang.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got[x.Channel] = append(e.got[x.Channel], x)
}

// Lost implements [madang.LossReceiver].
func (e *ear) Lost(c madang.Channel, _ madang.Position) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lost[c] = append(e.lost[c], len(e.got[c]))
}

// events returns what has come of a channel.
func (e *ear) events(c madang.Channel) []*madang.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*madang.Event(nil), e.got[c]...)
}

// losses returns how often something was lost.
func (e *ear) losses(c madang.Channel) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.lost[c])
}

// texts returns the messages.
func (e *ear) texts(c madang.Channel) (all []string) {
	for _, x := range e.events(c) {
		if x.Message != nil {
			all = append(all, string(x.Message.Data))
		}
	}
	return all
}

// listen starts a broker that hears channels.
func listen(t testing.TB, c Config, channels ...madang.Channel) (*Broker, *ear) {
	t.Helper()
	b, e := open(t, c), newEar()
	if err := b.Start(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := b.Subscribe(t.Context(), channels...); err != nil {
		t.Fatal(err)
	}
	return b, e
}

func said(c madang.Channel, text string) *madang.Event {
	return &madang.Event{Channel: c, Message: &madang.Message{Channel: c, Name: "m", Type: madang.Text, Data: []byte(text)}}
}

// say publishes a message and returns its position.
func say(b *Broker, c madang.Channel, text string, keep madang.Retention) (madang.Position, error) {
	ps, err := b.Publish(context.Background(), []*madang.Event{said(c, text)}, keep)
	if err != nil {
		return madang.Position{}, err
	}
	return ps[0], nil
}

// mustSay publishes messages with the numbers from first to last.
func mustSay(t testing.TB, b *Broker, c madang.Channel, first, last int, keep madang.Retention) (at madang.Position) {
	t.Helper()
	for i := first; i <= last; i++ {
		var err error
		if at, err = say(b, c, fmt.Sprint(i), keep); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

// sayEventually publishes a message as soon as that works.
func sayEventually(t testing.TB, b *Broker, c madang.Channel, text string, keep madang.Retention) (at madang.Position) {
	t.Helper()
	eventually(t, "a message is published", func() bool {
		var err error
		at, err = say(b, c, text, keep)
		return err == nil
	})
	return at
}
