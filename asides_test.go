package madang_test

import (
	"slices"
	"testing"

	"madang"
)

// What only one dialect has words for has its place among a channel's messages, and reaches those alone who ask for it.
func TestAsidesAndNotes(t *testing.T) {
	h := startHub(t, madang.Config{Retention: func(madang.Channel) madang.Retention { return madang.Retention{Count: 10} }})
	ch := madang.Channel{Name: "c"}
	ordinary, _ := join(t, h, 1, "u", "c")
	knowing, conn := join(t, h, 2, "u")
	all, skipped := join(t, h, 3, "u")
	for c, mask := range map[*madang.Conn]madang.Mask{conn: madang.Messages | madang.Asides, skipped: madang.Messages | madang.Asides | madang.Notes} {
		s, err := c.Subscribe(t.Context(), ch, madang.SubscribeOptions{Mask: mask})
		if err != nil {
			t.Fatal(err)
		}
		s.Open()
	}
	as := func(k madang.Kind, data string, skip madang.ConnID) madang.Position {
		at, err := h.PublishAs(t.Context(), k, &madang.Message{Channel: ch, Data: []byte(data), Skip: skip})
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	as(madang.AsideEvent, "aside", "")
	as(madang.NoteEvent, "note", "")
	as(madang.NoteEvent, "skipped", skipped.ID())
	publish(t, h, "c", "m", "")
	if at := as(madang.AsideEvent, "last", ""); at.Offset != 5 {
		t.Fatalf("the fifth event has the position %v", at)
	}
	publish(t, h, "c", "end", "")
	for m, want := range map[*moody][]string{ordinary: {"m", "end"}, knowing: {"aside", "m", "last", "end"}, all: {"aside", "note", "m", "last", "end"}} {
		eventually(t, "the end", func() bool {
			got, _ := m.records()
			return slices.Contains(got, "end")
		})
		if got, _ := m.records(); !slices.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	for mask, want := range map[madang.Mask]int{0: 2, madang.Messages | madang.Asides: 4, madang.Messages | madang.Asides | madang.Notes: 6} {
		page, err := h.History(t.Context(), ch, madang.HistoryQuery{Mask: mask})
		if err != nil || len(page.Events) != want {
			t.Errorf("the history of %b has %d events, want %d, %v", mask, len(page.Events), want, err)
		}
	}
}
