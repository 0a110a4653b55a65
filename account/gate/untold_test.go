package gate_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/account/gate"
	"madang/madangtest"
)

// A mute node hears the others, and cannot tell them anything while it is told to.
type mute struct {
	gate.Hub
	now atomic.Bool
}

func (m *mute) Publish(ctx context.Context, all ...*madang.Message) ([]madang.Position, error) {
	if m.now.Load() {
		return nil, errors.New("nobody hears")
	}
	return m.Hub.Publish(ctx, all...)
}

// What the others could not be told they are told as soon as that works, however much it is; and what was kept, to a node that
// was away.
func TestToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		quiet := gate.WithLogger(slog.New(slog.DiscardHandler))
		told := make(chan gate.Change, 10_000)
		a, b := newGate(t, gate.Defaults(), s, quiet), newGate(t, gate.Defaults(), s, gate.WithChanged(func(c gate.Change) { told <- c }))
		cl := madangtest.StartCluster(t, 2, madang.Config{Retention: a.Retain}, nil)
		hub := &mute{Hub: cl.Hubs[0]}
		ok(t, a.Start(t.Context(), hub))
		ok(t, b.Start(t.Context(), cl.Hubs[1]))
		ok(t, a.Seed(t.Context(), app))
		h := person(t, s, "kim")
		ok(t, a.Assign(t.Context(), h, []string{"partner"}, nil))
		synctest.Wait()
		same(t, "a partner", allows(t, b, principal(h), "create.templates"), true)

		hub.now.Store(true)
		ok(t, a.Assign(t.Context(), h, nil, nil))
		time.Sleep(10 * time.Second)
		same(t, "what nobody told", allows(t, b, principal(h), "create.templates"), true)
		hub.now.Store(false)
		time.Sleep(time.Second)
		synctest.Wait() // it is told at this very moment
		same(t, "what was told later", allows(t, b, principal(h), "create.templates"), false)

		hub.now.Store(true)
		for i := range 1100 {
			ok(t, a.Assign(t.Context(), person(t, s, fmt.Sprint("p", i)), []string{"partner"}, nil))
		}
		synctest.Wait()
		for len(told) > 0 {
			<-told
		}
		hub.now.Store(false)
		time.Sleep(2 * time.Second)
		everybody := false
		n := len(told)
		for range n {
			everybody = everybody || <-told == gate.Change{App: app}
		}
		if n != 1001 || !everybody {
			t.Errorf("told of %d changes, of everybody: %v", n, everybody)
		}
		page, err := cl.Hubs[1].History(t.Context(), madang.Channel{Name: "$account/rights"}, madang.HistoryQuery{})
		if err != nil || len(page.Events) < 1000 {
			t.Errorf("%d changes are kept, %v", len(page.Events), err)
		}
		ok(t, errors.Join(a.Close(), b.Close()))
	})
}

// A gate that is closed tells nobody later.
func TestClosedUntold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		g := newGate(t, gate.Defaults(), s, gate.WithLogger(slog.New(slog.DiscardHandler)))
		cl := madangtest.StartCluster(t, 1, madang.Config{Retention: g.Retain}, nil)
		hub := &mute{Hub: cl.Hubs[0]}
		ok(t, g.Start(t.Context(), hub))
		hub.now.Store(true)
		ok(t, g.Assign(t.Context(), person(t, s, "kim"), []string{}, nil))
		ok(t, g.Close())
		hub.now.Store(false)
		time.Sleep(time.Minute)
		page, err := cl.Hubs[0].History(t.Context(), madang.Channel{Name: "$account/rights"}, madang.HistoryQuery{})
		if err != nil || len(page.Events) != 0 {
			t.Errorf("%d changes were told, %v", len(page.Events), err)
		}
	})
}

// A node that may not have heard of changes forgets what it remembers, and has everything asked for again.
func TestMissed(t *testing.T) {
	s := newStore()
	var changes []gate.Change
	g := newGate(t, gate.Defaults(), s, gate.WithChanged(func(c gate.Change) { changes = append(changes, c) }))
	start(t, g)
	ok(t, g.Seed(t.Context(), app))
	h := person(t, s, "kim")
	ok(t, g.Assign(t.Context(), h, []string{"partner"}, nil))
	same(t, "a partner", allows(t, g, principal(h), "create.templates"), true)
	ok(t, s.Assign(t.Context(), app, h.Person, "web", nil, nil)) // past the gate
	g.Missed(app, madang.Channel{Name: "$other"})
	same(t, "of another channel", allows(t, g, principal(h), "create.templates"), true)
	changes = nil
	g.Missed(app, madang.Channel{Name: "$account/rights"})
	same(t, "of changes", allows(t, g, principal(h), "create.templates"), false)
	if len(changes) != 1 || changes[0] != (gate.Change{App: app}) {
		t.Errorf("told of %+v", changes)
	}
}
