package ably

import (
	"fmt"
	"log/slog"
	"testing"

	"madang"
)

// TestKept comes back again and again, elsewhere each time.
func TestKept(t *testing.T) {
	const most = 5
	hub := madang.New(madang.Config{Limits: madang.Limits{MaxSubscriptions: most}})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &session{srv: &Server{hub: hub, log: slog.New(slog.DiscardHandler)}}
	for i := range 3 * most {
		s.keep(madang.Channel{App: "main", Name: fmt.Sprint("room", i)})
	}
	if len(s.kept) != most {
		t.Errorf("%d channels are kept, want %d", len(s.kept), most)
	}
	s.letGo(madang.Channel{App: "main", Name: "room0"})
	if s.keep(madang.Channel{App: "main", Name: "room9"}); len(s.kept) != most {
		t.Errorf("%d channels are kept after one was let go of, want %d", len(s.kept), most)
	}
	for ch := range s.kept {
		s.letGo(ch)
	}
	if err := hub.Close(); err != nil {
		t.Error(err)
	}
}
