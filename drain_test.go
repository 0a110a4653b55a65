package madang_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// Nobody sees that a user has moved: its entry outlives its node until it is back. Of one who does not come back it is told
// once that it has left.
func TestDrainMovesPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, nil)
		old, other := cl.Hubs[0], cl.Hubs[1]
		room := madang.Channel{Name: "room"}
		enter := func(h *madang.Hub, name string) *valve {
			v, c := connect(t, h, user(name), wordy{})
			if err := c.Enter(t.Context(), room, nil, madang.Text); err != nil {
				t.Error(err)
			}
			return v
		}
		watcher, c := connect(t, other, user("watcher"), wordy{})
		sub(t, c, madang.Everything, "room")
		enter(old, "bob")
		moved := make(chan struct{})
		enter(old, "ann").on = func(r string) {
			if r == "bye drain" {
				close(moved)
			}
		}
		settle()
		drained := make(chan error, 1)
		go func() { drained <- old.Drain(t.Context(), 4*time.Second) }()
		<-moved
		time.Sleep(2 * time.Second)
		enter(other, "ann")
		if err := <-drained; err != nil {
			t.Fatal(err)
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{"enter bob true ", "enter ann true ", "enter ann false ", "leave ann false", "leave bob true"}
		got := watcher.records()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the others saw %q, want %q", got, want)
		}
	})
}

// From Refuse on nobody new is taken, and those who are here go on. What stands in for a client is taken until the end, is not
// moved, and holds the end up for a moment only.
func TestRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, nil)
		h := cl.Hubs[0]
		v, c := connect(t, h, user("u"), wordy{})
		sub(t, c, 0, "r")
		h.Refuse()
		if _, err := h.Open(&valve{}); !errors.Is(err, madang.ErrClosed) || !h.Draining() {
			t.Errorf("a newcomer: %v", err)
		}
		publish(t, h, "r", "still here", "")
		settle()
		inner := &valve{room: -1}
		line, err := h.OpenInner(inner)
		if err != nil {
			t.Fatal(err)
		}
		inner.line = line
		began := time.Now()
		if err := h.Drain(t.Context(), 2*time.Second); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("what stood in for a client held the end up for %v", took)
		}
		if got := v.records(); !slices.Equal(got, []string{"still here", "bye drain"}) {
			t.Errorf("the client got %q", got)
		}
		if got := inner.ended(); got != "" {
			t.Errorf("what stands in for a client ended as %q", got)
		}
		if err := h.Close(); err != nil || inner.ended() == "" {
			t.Errorf("after the end: %v, %q", err, inner.ended())
		}
		if _, err := h.OpenInner(&valve{}); !errors.Is(err, madang.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}
