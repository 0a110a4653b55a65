package madangtest

import (
	"context"
	"slices"
	"testing"

	"madang"
)

// testAsides checks that asides and notes lie among the messages of a channel and are counted with them, that who does not
// ask for them is not shown them, and that nobody misses one that was never kept, or a transient message.
func testAsides(t *testing.T, newNode func() *node) {
	n, other, c := newNode(), newNode(), channel("asides")
	other.subscribe(c)
	keep := madang.Retention{Count: 4}
	as := func(k madang.Kind, text string, keep madang.Retention) madang.Position {
		e := message(c, text)
		e.Kind = k
		ps, err := n.Publish(context.Background(), []*madang.Event{e}, keep)
		if err != nil || len(ps) != 1 {
			t.Fatalf("publish: %d positions, %v", len(ps), err)
		}
		return ps[0]
	}
	ps := []madang.Position{
		n.publish(c, "gone", keep), n.publish(c, "m1", keep), as(madang.NoteEvent, "note", keep), as(madang.AsideEvent, "aside", keep),
		as(madang.AsideEvent, "not kept", madang.Retention{}), n.publish(c, "m2", keep),
	}
	passing := message(c, "transient")
	passing.Message.Transient = true
	last, err := n.Publish(context.Background(), []*madang.Event{passing}, madang.Retention{})
	if err != nil {
		t.Fatal(err)
	}
	ps = append(ps, last...)
	grows(t, ps)
	for i, e := range other.await(c, len(ps)) {
		if want := []madang.Kind{0, 0, madang.NoteEvent, madang.AsideEvent, madang.AsideEvent, 0, 0}[i]; e.Kind != want || e.Pos != ps[i] {
			t.Errorf("event %d has kind %d and position %v, want %d and %v", i, e.Kind, e.Pos, want, ps[i])
		}
	}
	const spoken = madang.Messages | madang.Asides | madang.Notes
	for what, x := range map[string]struct {
		q    madang.HistoryQuery
		want []string
	}{
		"messages alone":          {madang.HistoryQuery{}, []string{"m1", "m2"}},
		"the last message":        {madang.HistoryQuery{Reverse: true, Limit: 1}, []string{"m2"}},
		"all":                     {madang.HistoryQuery{Mask: spoken}, []string{"m1", "note", "aside", "m2"}},
		"without notes":           {madang.HistoryQuery{Mask: madang.Messages | madang.Asides, Reverse: true}, []string{"m2", "aside", "m1"}},
		"since before one unkept": {madang.HistoryQuery{Mask: spoken, Since: ps[2]}, []string{"aside", "m2"}},
	} {
		var got []string
		for _, e := range other.history(c, x.q).Events {
			got = append(got, string(e.Message.Data))
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", what, got, x.want)
		}
	}
}
