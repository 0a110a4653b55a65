package chat_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"madang/chat"
)

// TestWindow compares the arithmetic with a look at each message.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := rapid.Int64Range(0, 30).Draw(t, "last")
		edge := []int64{math.MinInt64, -1, 0, 1, last, last + 1, last + 2, math.MaxInt64}
		number := rapid.OneOf(rapid.SampledFrom(edge), rapid.Int64Range(-2, last+3))
		q := chat.HistoryQuery{
			Direction: rapid.SampledFrom([]chat.Direction{chat.Before, chat.After}).Draw(t, "direction"),
			Seq:       number.Draw(t, "seq"),
			Limit:     rapid.IntRange(1, 10).Draw(t, "limit"),
			From:      number.Draw(t, "from"),
		}
		var visible, page []int64
		for seq := int64(1); seq <= last; seq++ {
			if seq < q.From {
				continue
			}
			visible = append(visible, seq)
			if q.Direction == chat.After && seq > q.Seq || q.Direction == chat.Before && (q.Seq <= 0 || seq < q.Seq) {
				page = append(page, seq)
			}
		}
		if q.Direction == chat.After {
			page = page[:min(len(page), q.Limit)]
		} else {
			page = page[max(0, len(page)-q.Limit):]
		}
		w := q.Window(last)
		if got := max(0, w.Last-w.First+1); got != int64(len(page)) {
			t.Fatalf("window %+v of %+v at %d has %d messages, want %v", w, q, last, got, page)
		}
		if len(page) == 0 {
			if (w.HasOlder || w.HasNewer) != (len(visible) > 0) {
				t.Fatalf("empty window %+v of %+v at %d beside %v", w, q, last, visible)
			}
			return
		}
		want := chat.Window{
			First: page[0], Last: page[len(page)-1],
			HasOlder: page[0] != visible[0], HasNewer: page[len(page)-1] != visible[len(visible)-1],
		}
		if w != want {
			t.Fatalf("window of %+v at %d is %+v, want %+v", q, last, w, want)
		}
	})
}

func TestDirectKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringOfN(rapid.SampledFrom([]rune("a:12가")), 1, 5, -1)
		a, b, c, d := id.Draw(t, "a"), id.Draw(t, "b"), id.Draw(t, "c"), id.Draw(t, "d")
		samePair := a == c && b == d || a == d && b == c
		if (chat.DirectKey(a, b) == chat.DirectKey(c, d)) != samePair {
			t.Fatalf("DirectKey(%q, %q) = %q, DirectKey(%q, %q) = %q", a, b, chat.DirectKey(a, b), c, d, chat.DirectKey(c, d))
		}
	})
}
