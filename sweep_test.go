package madang_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// A ledger reports departures until it is told that they were told.
type ledger struct {
	madang.Presence
	mu   sync.Mutex
	gone []madang.Departure
	told []madang.Departure
}

func (l *ledger) Sweep(context.Context) ([]madang.Departure, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]madang.Departure(nil), l.gone...), nil
}

func (l *ledger) Told(_ context.Context, gone []madang.Departure) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, gone...)
	l.gone = l.gone[:len(l.gone)-len(gone)]
	return nil
}

// A lame broker publishes nothing at first.
type lame struct {
	madang.Broker
	mu    sync.Mutex
	fails int
	heard []*madang.Event
}

func (b *lame) Publish(ctx context.Context, es []*madang.Event, keep madang.Retention) ([]madang.Position, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails > 0 {
		b.fails--
		return nil, errors.New("the broker is away")
	}
	b.heard = append(b.heard, es...)
	return b.Broker.Publish(ctx, es, keep)
}

// What a dead node's members have left is told until that has worked, and then never again.
func TestDeparturesAreToldAtLeastOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const users = 250
		m := madang.NewMemory()
		broker, presence := &lame{Broker: m.Broker(), fails: 4}, &ledger{Presence: m}
		for range users {
			presence.gone = append(presence.gone, madang.Departure{Channel: madang.Channel{Name: "news"}, Member: madang.Member{User: "u", Conn: "7.1"}})
		}
		left := 0
		h := madang.New(madang.Config{Broker: broker, Presence: presence, Observers: []*madang.Observer{{
			PresenceChanged: func(madang.Channel) { left++ },
		}}})
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if len(presence.told) != users || len(presence.gone) != 0 || len(broker.heard) != users || left != users {
			t.Errorf("%d noted as told, %d not, %d published, %d observed; want %d departures told once each",
				len(presence.told), len(presence.gone), len(broker.heard), left, users)
		}
	})
}
