package madang

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// An utterance is a message that is published in a test, and the time after it.
type utterance struct {
	Channel, Size int
	Keep          Retention
	Pause         time.Duration
}

// Whatever retentions allow, what is kept in all is bounded, what is gone is told, and nothing stays behind in the books.
func TestMemoryIsBounded(t *testing.T) {
	utterances := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) utterance {
		return utterance{
			Channel: rapid.IntRange(0, 5).Draw(t, "channel"), Size: rapid.IntRange(0, 5_000).Draw(t, "size"),
			Keep: Retention{
				Count: rapid.IntRange(0, 10).Draw(t, "count"), Age: time.Duration(rapid.IntRange(1, 5).Draw(t, "age")) * time.Second,
			},
			Pause: time.Duration(rapid.IntRange(0, 1000).Draw(t, "pause")) * time.Millisecond,
		}
	}), 1, 200)
	rapid.Check(t, func(r *rapid.T) {
		most, all := rapid.Int64Range(0, 20_000).Draw(r, "bytes"), utterances.Draw(r, "messages")
		var err error
		synctest.Test(t, func(t *testing.T) { err = utter(t.Context(), most, all) })
		if err != nil {
			r.Fatal(err)
		}
	})
}

// utter publishes messages on an engine that keeps at most so many bytes, and returns what is wrong with that.
func utter(ctx context.Context, most int64, all []utterance) error {
	m := NewMemory()
	m.MaxKept = most
	b := m.Broker()
	for _, u := range all {
		c := Channel{Name: fmt.Sprint(u.Channel)}
		before, err := b.History(ctx, c, HistoryQuery{Mask: Messages})
		if err != nil {
			return err
		}
		e := &Event{Channel: c, Message: &Message{Channel: c, Data: make([]byte, u.Size)}}
		if _, err := b.Publish(ctx, []*Event{e}, u.Keep); err != nil {
			return err
		}
		synctest.Wait() // for what is being forgotten
		if got, sum := m.kept.Load(), m.weigh(); got > most || got != sum {
			return fmt.Errorf("%d bytes are in the books, %d are kept, and there is room for %d", got, sum, most)
		}
		after, err := b.History(ctx, c, HistoryQuery{Mask: Messages, Since: before.Top})
		if kept := err == nil && len(after.Events) == 1; !kept && before.Top != (Position{}) && !errors.Is(err, ErrLost) {
			return fmt.Errorf("a message is neither kept nor missed: %v, %w", after.Events, err)
		}
		time.Sleep(u.Pause)
	}
	time.Sleep(10 * time.Second)
	if got := m.kept.Load(); got != 0 {
		return fmt.Errorf("%d bytes are in the books when all is too old", got)
	}
	return nil
}

// weigh counts what is kept.
func (m *Memory) weigh() (n int64) {
	for i := range m.part {
		m.part[i].mu.Lock()
		all := slices.Collect(maps.Values(m.part[i].m))
		m.part[i].mu.Unlock()
		for _, s := range all {
			s.mu.Lock()
			for j := range s.kept {
				for _, e := range s.kept[j].kept {
					n += e.weight()
				}
			}
			s.mu.Unlock()
		}
	}
	return n
}

// What was never kept is still missed when what was kept before it is gone, too.
func TestNeverKeptIsMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := NewMemory().Broker(), Channel{Name: "news"}
		publish := func(keep Retention) {
			if _, err := b.Publish(t.Context(), []*Event{{Channel: c, Message: &Message{Channel: c}}}, keep); err != nil {
				t.Fatal(err)
			}
		}
		publish(Retention{Count: 5, Age: time.Second})
		time.Sleep(500 * time.Millisecond)
		publish(Retention{Count: 5, Age: time.Second})
		before, err := b.History(t.Context(), c, HistoryQuery{Mask: Messages})
		if err != nil {
			t.Fatal(err)
		}
		publish(Retention{})
		time.Sleep(600 * time.Millisecond) // the first one is gone, the second is not
		if page, err := b.History(t.Context(), c, HistoryQuery{Mask: Messages, Since: before.Top}); !errors.Is(err, ErrLost) {
			t.Errorf("%d events, %v", len(page.Events), err)
		}
	})
}
