package chattest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"madang/chat"
)

func (s suite) historyBothWays(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim")
	empty := must(f.History(f.ctx, ref("r"), chat.HistoryQuery{})).or(t)
	if len(empty.Messages) != 0 || empty.HasOlder || empty.HasNewer {
		t.Errorf("history of an empty room: %+v", empty)
	}
	if _, err := f.History(f.ctx, ref("none"), chat.HistoryQuery{}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("history of no room: %v", err)
	}
	var all []chat.Message
	for i := range 23 {
		all = append(all, f.send("r", "kim", "", fmt.Sprint("message ", i)).Message)
	}
	for _, from := range []int64{0, 1, 9} {
		want := all[max(from-1, 0):]
		for _, limit := range []int{1, 2, 7, 23, 50} {
			for _, d := range []chat.Direction{chat.Before, chat.After} {
				got := walk(t, f, d, limit, from)
				if !slices.Equal(got, want) {
					t.Errorf("pages of %d, direction %d, from %d: %d messages, want %d", limit, d, from, len(got), len(want))
				}
			}
		}
	}
}

// walk puts together the pages of room r from one end to the other.
func walk(t *testing.T, f fixture, d chat.Direction, limit int, from int64) []chat.Message {
	t.Helper()
	var got []chat.Message
	q := chat.HistoryQuery{Direction: d, Limit: limit, From: from}
	for first := true; ; first = false {
		p := must(f.History(f.ctx, ref("r"), q)).or(t)
		if len(p.Messages) == 0 || len(p.Messages) > limit {
			t.Fatalf("page %+v has %d messages", q, len(p.Messages))
		}
		if d == chat.After {
			same(t, "has older", p.HasOlder, !first)
			got = append(got, p.Messages...)
			q.Seq = p.Messages[len(p.Messages)-1].Seq
			if !p.HasNewer {
				return got
			}
		} else {
			same(t, "has newer", p.HasNewer, !first)
			got = append(slices.Clone(p.Messages), got...)
			q.Seq = p.Messages[0].Seq
			if !p.HasOlder {
				return got
			}
		}
	}
}

func (s suite) historyLimits(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim")
	const n = chat.MaxHistory + 10
	for range n {
		f.send("r", "kim", "", "x")
	}
	for _, c := range []struct {
		q            chat.HistoryQuery
		first, last  int64
		older, newer bool
	}{
		{chat.HistoryQuery{}, n - chat.DefaultHistory + 1, n, true, false},
		{chat.HistoryQuery{Limit: -1}, n - chat.DefaultHistory + 1, n, true, false},
		{chat.HistoryQuery{Limit: math.MaxInt}, n - chat.MaxHistory + 1, n, true, false},
		{chat.HistoryQuery{Direction: chat.After}, 1, chat.DefaultHistory, false, true},
		{chat.HistoryQuery{Direction: chat.After, Limit: 1000}, 1, chat.MaxHistory, false, true},
		{chat.HistoryQuery{Direction: chat.After, Seq: n - 1}, n, n, true, false},
		{chat.HistoryQuery{Direction: chat.After, Seq: n}, 0, -1, true, false},
		{chat.HistoryQuery{Direction: chat.After, Seq: math.MaxInt64}, 0, -1, true, false},
		{chat.HistoryQuery{Seq: 1}, 0, -1, false, true},
		{chat.HistoryQuery{Seq: 2}, 1, 1, false, true},
		{chat.HistoryQuery{Seq: math.MaxInt64, Limit: 1}, n, n, true, false},
		{chat.HistoryQuery{Seq: 5, From: 3}, 3, 4, false, true},
		{chat.HistoryQuery{From: n + 1}, 0, -1, false, false},
		{chat.HistoryQuery{Direction: chat.After, From: math.MaxInt64}, 0, -1, false, false},
	} {
		p := must(f.History(f.ctx, ref("r"), c.q)).or(t)
		same(t, fmt.Sprintf("%+v: size", c.q), int64(len(p.Messages)), c.last-c.first+1)
		for i, m := range p.Messages {
			same(t, fmt.Sprintf("%+v: seq", c.q), m.Seq, c.first+int64(i))
		}
		same(t, fmt.Sprintf("%+v: has older", c.q), p.HasOlder, c.older)
		same(t, fmt.Sprintf("%+v: has newer", c.q), p.HasNewer, c.newer)
	}
}
