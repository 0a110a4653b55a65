package madang_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"madang"
)

// Who leaves behind what its own node has just sent has it, also when that comes back by a broker; and nobody waits for what
// never comes longer than wanted.
func TestCatchUp(t *testing.T) {
	m := madang.NewMemory()
	b := lagging{Broker: m.Broker(), queue: make(chan *madang.Event, 1024), stop: make(chan struct{}), told: new(atomic.Int64)}
	h := startHub(t, madang.Config{Broker: b, Presence: m})
	a := madang.Channel{Name: "a"}
	for round := range 50 {
		a, other := madang.Channel{Name: fmt.Sprint("a", round)}, madang.Channel{Name: fmt.Sprint("b", round)}
		v, c := connect(t, h, user("u"), plain{})
		sub(t, c, madang.Messages, a.Name, other.Name)
		emit := func(data string, in ...madang.Channel) {
			if err := h.Emit(t.Context(), madang.Audience{In: in}, &madang.Message{Data: []byte(data)}); err != nil {
				t.Fatal(err)
			}
		}
		emit(fmt.Sprint("one ", round), a)
		emit(fmt.Sprint("both ", round), a, other)
		if err := h.CatchUp(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		c.Unsubscribe(a)
		c.Unsubscribe(other)
		emit("late", a)
		eventually(t, "what was sent before the leave", func() bool { return len(v.records()) >= 2 })
		if want := fmt.Sprintf("one %d,both %[1]d", round); v.text() != want && v.text() != fmt.Sprintf("both %d,one %[1]d", round) {
			t.Fatalf("%q instead of %q", v.text(), want)
		}
	}
	_, c := connect(t, h, user("u"), plain{})
	sub(t, c, madang.Messages, "a")
	close(b.stop) // nothing is delivered any more
	time.Sleep(time.Millisecond)
	if err := h.Emit(t.Context(), madang.Audience{In: []madang.Channel{a}}, &madang.Message{Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer done()
	if err := h.CatchUp(ctx, a); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
