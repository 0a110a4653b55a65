package madang_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"madang"
	"madang/madangtest"
)

// TestConnectionsOfOneClient: a message that leaves a connection out leaves out those with it, and nobody else on the line.
func TestConnectionsOfOneClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := madangtest.NewCluster(t, 1, madang.Config{Policies: yes()})[0]
		link, c := connect(t, h, user("kim"), wordy{})
		sub(t, c, madang.Messages, "room")
		for _, with := range []*madang.Conn{c, nil} {
			other, err := link.line.Connect(t.Context(), madang.ConnRequest{
				Dialect: wordy{}, Principal: user("kim"), Owner: &owner{line: link.line}, With: with,
			})
			if err != nil {
				t.Fatal(err)
			}
			sub(t, other, madang.Messages, "room")
		}
		publish(t, h, "room", "to all", "")
		publish(t, h, "room", "to others", c.ID())
		synctest.Wait()
		if got, want := link.records(), []string{"to all", "to all", "to all", "to others"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
