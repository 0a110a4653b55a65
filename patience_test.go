package madang_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// What is not possible for a moment is tried again; for how long is bounded, and other errors are told at once.
func TestPatiently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := madangtest.NewCluster(t, 1, madang.Config{})[0]
		ctx, done := context.WithTimeout(t.Context(), 5*time.Second)
		defer done()
		for what, c := range map[string]struct {
			ctx    context.Context
			fails  time.Duration
			err    error
			atMost time.Duration
		}{
			"at once":    {t.Context(), 0, nil, 0},
			"in a while": {t.Context(), 3 * time.Second, nil, 4 * time.Second},
			"never":      {t.Context(), time.Hour, madang.ErrUnavailable, 11 * time.Second},
			"given up":   {ctx, time.Hour, madang.ErrUnavailable, 6 * time.Second},
		} {
			begin := time.Now()
			err := h.Patiently(c.ctx, func() error {
				if time.Since(begin) < c.fails {
					return madang.ErrUnavailable
				}
				return nil
			})
			if took := time.Since(begin); !errors.Is(err, c.err) || took > c.atMost {
				t.Errorf("%s: %v after %s", what, err, took)
			}
		}
		if err := h.Patiently(t.Context(), func() error { return madang.ErrForbidden }); !errors.Is(err, madang.ErrForbidden) {
			t.Error(err)
		}
	})
}

// A loss is told when the cluster answers again, for who is told asks something.
func TestLossIsToldWhenTheClusterAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, nil)
		_, m := missing(t, cl.Hubs[0], false, "x")
		cl.Cut(0)
		publish(t, cl.Hubs[1], "x", "1", "")
		settle()
		cl.Silence(0, true)
		cl.Mend(0)
		time.Sleep(5 * time.Second)
		if m.lines() != "" {
			t.Error("told while nothing answers")
		}
		cl.Silence(0, false)
		settle()
		if m.lines() != "x" {
			t.Errorf("told %q", m.lines())
		}
	})
}

// Who enters while nobody can be told of it has not entered: the next try is the first that others hear of.
func TestEnteringIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &mute{Broker: madang.NewMemory().Broker()}
		h := startHub(t, madang.Config{Policies: yes(), Broker: broker, Presence: madang.NewMemory()})
		var events []*madang.Event
		l, err := h.Listen(t.Context(), madang.Channel{Name: "x"}, func(e *madang.Event) { events = append(events, e) })
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, c := connect(t, h, user("u"), wordy{})
		for _, on := range []bool{true, false, false} {
			broker.on = on
			if err := c.Enter(t.Context(), madang.Channel{Name: "x"}, nil, madang.JSON); (err != nil) != on {
				t.Fatal(err)
			}
		}
		if len(events) != 2 || events[0].Kind != madang.EnterEvent || !events[0].First || events[1].Kind != madang.UpdateEvent {
			t.Errorf("told %v", events)
		}
	})
}

// A mute broker publishes nothing.
type mute struct {
	madang.Broker
	on bool
}

func (m *mute) Publish(ctx context.Context, es []*madang.Event, keep madang.Retention) ([]madang.Position, error) {
	if m.on {
		return nil, madang.ErrUnavailable
	}
	return m.Broker.Publish(ctx, es, keep)
}
