package madangtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"madang"
)

// history returns a page, which must be there.
func (n *node) history(c madang.Channel, q madang.HistoryQuery) madang.Page {
	n.t.Helper()
	page, err := n.History(context.Background(), c, q)
	if err != nil {
		n.t.Fatalf("history of %s, %+v: %v", c, q, err)
	}
	return page
}

// fill publishes the numbers from 1 to count.
func (n *node) fill(c madang.Channel, count int, keep madang.Retention) []madang.Position {
	n.t.Helper()
	var ps []madang.Position
	for i := range count {
		ps = append(ps, n.publish(c, strconv.Itoa(i+1), keep))
	}
	return ps
}

func wantPage(t *testing.T, what string, page madang.Page, more bool, want ...string) {
	t.Helper()
	if got := data(page.Events); !slices.Equal(got, want) || page.More != more {
		t.Errorf("%s: %q, more %v; want %q, more %v", what, got, page.More, want, more)
	}
}

func testHistory(t *testing.T, newNode func() *node) {
	n, other, c := newNode(), newNode(), channel("history")
	wantPage(t, "before the first message", n.history(c, madang.HistoryQuery{}), false)
	ps := n.fill(c, 5, madang.Retention{Count: 10})
	grows(t, ps)
	for what, n := range map[string]*node{"own": n, "other": other} {
		wantPage(t, what+" all", n.history(c, madang.HistoryQuery{}), false, "1", "2", "3", "4", "5")
		wantPage(t, what+" reverse", n.history(c, madang.HistoryQuery{Reverse: true}), false, "5", "4", "3", "2", "1")
		wantPage(t, what+" limit", n.history(c, madang.HistoryQuery{Limit: 2}), true, "1", "2")
		wantPage(t, what+" limit of all", n.history(c, madang.HistoryQuery{Limit: 5}), false, "1", "2", "3", "4", "5")
		wantPage(t, what+" newest", n.history(c, madang.HistoryQuery{Limit: 2, Reverse: true}), true, "5", "4")
		wantPage(t, what+" since 2", n.history(c, madang.HistoryQuery{Since: ps[1]}), false, "3", "4", "5")
		wantPage(t, what+" since 2, one", n.history(c, madang.HistoryQuery{Since: ps[1], Limit: 1}), true, "3")
		wantPage(t, what+" since the end", n.history(c, madang.HistoryQuery{Since: ps[4]}), false)
		wantPage(t, what+" back from 4", n.history(c, madang.HistoryQuery{Since: ps[3], Reverse: true}), false, "3", "2", "1")
		wantPage(t, what+" back from 1", n.history(c, madang.HistoryQuery{Since: ps[0], Reverse: true}), false)
		page := n.history(c, madang.HistoryQuery{Limit: 1})
		if page.Top != ps[4] {
			t.Errorf("%s: top is %v, want %v", what, page.Top, ps[4])
		}
		if page.Events[0].Pos != ps[0] || page.Events[0].Message.Pos != ps[0] {
			t.Errorf("%s: the first entry is at %v, want %v", what, page.Events[0].Pos, ps[0])
		}
	}
}

func testHistoryPages(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("pages")
	n.fill(c, 23, madang.Retention{Count: 100})
	for _, reverse := range []bool{false, true} {
		var want, got []string
		for i := range 23 {
			want = append(want, strconv.Itoa(i+1))
		}
		if reverse {
			slices.Reverse(want)
		}
		q := madang.HistoryQuery{Limit: 5, Reverse: reverse}
		for more := true; more; {
			page := n.history(c, q)
			got = append(got, data(page.Events)...)
			if more = page.More; more {
				if len(page.Events) != 5 || len(got) > 23 {
					t.Fatalf("a page of %d with more to come; %d so far", len(page.Events), len(got))
				}
				q.Since = page.Events[4].Pos
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("reverse %v: pages gave %q", reverse, got)
		}
	}
}

func testHistoryAndDeliveries(t *testing.T, newNode func() *node) {
	const publishers, each = 4, 25
	a, b, c := newNode(), newNode(), channel("both")
	b.subscribe(c)
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				n := []*node{a, b}[i%2]
				e := []*madang.Event{message(c, fmt.Sprint(p, i))}
				if _, err := n.Publish(context.Background(), e, madang.Retention{Count: 1000}); err != nil {
					t.Errorf("publish: %v", err)
				}
			}
		})
	}
	wg.Wait()
	got := b.await(c, publishers*each)
	page := a.history(c, madang.HistoryQuery{})
	if !slices.Equal(data(got), data(page.Events)) || !slices.Equal(positions(got), positions(page.Events)) {
		t.Errorf("the history is not what was delivered:\n%q\n%q", data(page.Events), data(got))
	}
}

func testRetentionCount(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("count")
	ps := n.fill(c, 10, madang.Retention{Count: 3})
	page := n.history(c, madang.HistoryQuery{})
	wantPage(t, "kept", page, false, "8", "9", "10")
	if page.Top != ps[9] {
		t.Errorf("top is %v, want %v", page.Top, ps[9])
	}
	wantPage(t, "since the newest forgotten", n.history(c, madang.HistoryQuery{Since: ps[6]}), false, "8", "9", "10")
}

func testRetentionAge(t *testing.T, newNode func() *node) {
	const age = 400 * time.Millisecond
	n, c := newNode(), channel("age")
	ps := n.fill(c, 3, madang.Retention{Count: 100, Age: age})
	eventually(t, "what is too old is no longer in the history", func() bool {
		page, err := n.History(context.Background(), c, madang.HistoryQuery{})
		return err == nil && len(page.Events) == 0
	})
	last := n.publish(c, "new", madang.Retention{Count: 100, Age: time.Hour})
	wantPage(t, "after a new one", n.history(c, madang.HistoryQuery{}), false, "new")
	if last.Epoch == ps[2].Epoch && last.Offset <= ps[2].Offset {
		t.Errorf("position %v after %v", last, ps[2])
	}
	if _, err := n.History(context.Background(), c, madang.HistoryQuery{Since: ps[0]}); !errors.Is(err, madang.ErrLost) {
		t.Errorf("since one that is too old: %v", err)
	}
}

func testRetentionNone(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("none")
	n.subscribe(c)
	ps := n.fill(c, 3, madang.Retention{})
	page := n.history(c, madang.HistoryQuery{})
	wantPage(t, "nothing kept", page, false)
	if page.Top != ps[2] {
		t.Errorf("top is %v, want %v", page.Top, ps[2])
	}
	wantPage(t, "nothing missed", n.history(c, madang.HistoryQuery{Since: ps[2]}), false)
	if _, err := n.History(context.Background(), c, madang.HistoryQuery{Since: ps[1]}); !errors.Is(err, madang.ErrLost) {
		t.Errorf("since one before a message that was not kept: %v", err)
	}
}

func testLost(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("lost")
	ps := n.fill(c, 10, madang.Retention{Count: 3})
	for what, since := range map[string]madang.Position{
		"trimmed":       ps[2],
		"other epoch":   {Epoch: ps[9].Epoch + "x", Offset: ps[9].Offset},
		"no epoch":      {Offset: ps[8].Offset},
		"in the future": {Epoch: ps[9].Epoch, Offset: ps[9].Offset + 1},
	} {
		page, err := n.History(context.Background(), c, madang.HistoryQuery{Since: since})
		if !errors.Is(err, madang.ErrLost) {
			t.Errorf("since a position %s: %q, %v", what, data(page.Events), err)
		}
	}
	_, err := n.History(context.Background(), channel("never"), madang.HistoryQuery{Since: ps[0]})
	if !errors.Is(err, madang.ErrLost) {
		t.Errorf("of a channel that never was: %v", err)
	}
}

// Whoever missed changes of the presence set asks for the members. So they are not something lost, unless they are asked for.
func testPresenceIsNotLost(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("presence-room")
	n.subscribe(c)
	keep := madang.Retention{Count: 10}
	enter := func() madang.Position { return n.enter(c, "u", madang.Retention{}) }
	ps := []madang.Position{enter(), enter(), n.publish(c, "a", keep), enter(), n.publish(c, "b", keep), enter()}
	grows(t, ps)
	wantPage(t, "since a presence event before all", n.history(c, madang.HistoryQuery{Since: ps[0]}), false, "a", "b")
	wantPage(t, "since a presence event between", n.history(c, madang.HistoryQuery{Since: ps[3]}), false, "b")
	page := n.history(c, madang.HistoryQuery{Since: ps[4]})
	wantPage(t, "since the last message", page, false)
	if page.Top != ps[5] {
		t.Errorf("top is %v, want %v: presence shares the channel's counter", page.Top, ps[5])
	}
	if _, err := n.History(context.Background(), c, madang.HistoryQuery{Since: ps[4], Mask: madang.Presences}); !errors.Is(err, madang.ErrLost) {
		t.Errorf("presence events since one before one that was not kept: %v", err)
	}
}

// enter publishes a presence event of a user.
func (n *node) enter(c madang.Channel, user string, keep madang.Retention) madang.Position {
	n.t.Helper()
	e := &madang.Event{Kind: madang.EnterEvent, Channel: c, Member: &madang.Member{User: user, Conn: "1.1"}}
	ps, err := n.Publish(context.Background(), []*madang.Event{e}, keep)
	if err != nil || len(ps) != 1 {
		n.t.Fatalf("publish: %d positions, %v", len(ps), err)
	}
	return ps[0]
}

func testPresenceHistory(t *testing.T, newNode func() *node) {
	n, other, c := newNode(), newNode(), channel("came-and-went")
	keep := madang.Retention{Count: 3, Presence: true}
	ps := []madang.Position{n.publish(c, "a", keep), n.enter(c, "u1", keep), n.publish(c, "b", keep)}
	for _, user := range []string{"u2", "u3", "u4"} {
		ps = append(ps, n.enter(c, user, keep))
	}
	grows(t, ps)
	names := func(events []*madang.Event) (all []string) {
		for _, e := range events {
			if e.Member != nil {
				all = append(all, e.Member.User)
			} else {
				all = append(all, string(e.Message.Data))
			}
		}
		return all
	}
	for what, x := range map[string]struct {
		q    madang.HistoryQuery
		more bool
		want []string
	}{
		"messages, as if there were no presence": {madang.HistoryQuery{}, false, []string{"a", "b"}},
		"messages backwards":                     {madang.HistoryQuery{Reverse: true, Limit: 2}, false, []string{"b", "a"}},
		"messages since the first":               {madang.HistoryQuery{Since: ps[0]}, false, []string{"b"}},
		"presence, as many as messages":          {madang.HistoryQuery{Mask: madang.Presences}, false, []string{"u2", "u3", "u4"}},
		"presence backwards":                     {madang.HistoryQuery{Mask: madang.Presences, Reverse: true, Limit: 2}, true, []string{"u4", "u3"}},
		"presence since a message":               {madang.HistoryQuery{Mask: madang.Presences, Since: ps[2]}, false, []string{"u2", "u3", "u4"}},
		"both, in one order":                     {madang.HistoryQuery{Mask: madang.Everything, Reverse: true}, false, []string{"u4", "u3", "u2", "b", "a"}},
	} {
		page := other.history(c, x.q)
		if got := names(page.Events); !slices.Equal(got, x.want) || page.More != x.more || page.Top != ps[5] {
			t.Errorf("%s: %q, more %v, top %v; want %q, more %v", what, got, page.More, page.Top, x.want, x.more)
		}
	}
	if _, err := n.History(context.Background(), c, madang.HistoryQuery{Since: ps[0], Mask: madang.Presences}); !errors.Is(err, madang.ErrLost) {
		t.Errorf("presence events since one before one that was driven out: %v", err)
	}
}

func testPresenceAge(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("came-long-ago")
	n.enter(c, "u", madang.Retention{Count: 3, Age: 200 * time.Millisecond, Presence: true})
	if page := n.history(c, madang.HistoryQuery{Mask: madang.Presences}); len(page.Events) != 1 {
		t.Fatalf("%d events", len(page.Events))
	}
	eventually(t, "what is too old is no longer in the history", func() bool {
		page, err := n.History(context.Background(), c, madang.HistoryQuery{Mask: madang.Presences})
		return err == nil && len(page.Events) == 0
	})
}
