package madang_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"madang"
	"madang/madangtest"
)

// TestPresenceIsKeptWhereWanted: the hub keeps who came and went in the channels whose retention says so, and the history
// of messages, and what a new cache channel's subscriber is shown of it, is the same with and without.
func TestPresenceIsKeptWhereWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wanted, other := madang.Channel{Name: "wanted"}, madang.Channel{Name: "other"}
		h := madangtest.NewCluster(t, 1, madang.Config{Retention: func(c madang.Channel) madang.Retention {
			return madang.Retention{Count: 2, Presence: c == wanted}
		}})[0]
		_, c := connect(t, h, user("kim"), wordy{})
		for _, ch := range []madang.Channel{wanted, other} {
			for i := range 2 {
				if _, err := h.Publish(t.Context(), &madang.Message{Channel: ch, Name: fmt.Sprint("m", i)}); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				if err := h.Enter(t.Context(), c, ch, nil, madang.JSON); err != nil {
					t.Fatal(err)
				}
				if err := c.Leave(t.Context(), ch); err != nil {
					t.Fatal(err)
				}
			}
			newest, err := h.History(t.Context(), ch, madang.HistoryQuery{Limit: 1, Reverse: true})
			if err != nil || len(newest.Events) != 1 || newest.Events[0].Message.Name != "m1" {
				t.Fatalf("the newest message of %s: %v, %v", ch, newest.Events, err)
			}
			all, err := h.History(t.Context(), ch, madang.HistoryQuery{})
			if err != nil || len(all.Events) != 2 {
				t.Fatalf("the messages of %s: %v, %v", ch, all.Events, err)
			}
			seen, err := h.History(t.Context(), ch, madang.HistoryQuery{Mask: madang.Presences})
			if err != nil {
				t.Fatal(err)
			}
			kinds := ""
			for _, e := range seen.Events {
				kinds += fmt.Sprint(e.Kind, e.Member.User, " ")
			}
			if want := map[madang.Channel]string{wanted: "1kim 3kim "}[ch]; kinds != want {
				t.Errorf("kept of the presence set of %s: %q, want %q", ch, kinds, want)
			}
		}
	})
}
