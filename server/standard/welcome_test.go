//go:build unix

package standard_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"madang/chat"
)

// TestNothingIsMissedWhileConnecting lets people come for the first time and, as soon as they are connected, ask for their
// rooms as clients do. A room that they are taken into then, and the default room, must be in the answer or be told.
func TestNothingIsMissedWhileConnecting(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	ann := someone(t, "ann", time.Hour)
	for n := range 20 {
		bob := someone(t, fmt.Sprint("bob-", n), time.Hour)
		s, err := enter(t.Context(), p.url, bob.token)
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Rooms []chat.RoomView }
		bob.ask(t, p.url, http.MethodGet, "/v1/rooms", nil, &list)
		id := room(t, p.url, ann, bob)
		s.must(t, "unread", nil, nil) // what was told before is here now
		known := map[string]bool{}
		for _, r := range list.Rooms {
			known[r.ID] = true
		}
		if !known["lobby"] {
			t.Errorf("%s is connected and not in the default room", bob.id)
		}
		if !known[id] && s.count("room.added") == 0 {
			t.Errorf("%s was not told of a room", bob.id)
		}
		s.leave(t)
	}
}
