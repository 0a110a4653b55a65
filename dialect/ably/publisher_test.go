package ably_test

import (
	"context"
	"errors"
	"testing"

	"madang"
	"madang/dialect/ably"
)

// TestPublisher lets somebody else take what clients publish.
func TestPublisher(t *testing.T) {
	at := madang.Position{Epoch: "e", Offset: 1}
	hub := madang.New(madang.Config{})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hub.Close() })
	who := &madang.Principal{App: "main", User: "kim"}
	all := []*madang.Message{{Channel: madang.Channel{App: "main", Name: "room"}}, {Channel: madang.Channel{App: "main", Name: "room"}}}
	refused := errors.New("no")
	for what, c := range map[string]struct {
		p       ably.Publisher
		serials int
		first   string
		err     error
	}{
		"nobody": {nil, 2, "", nil},
		"not taken": {func(context.Context, *madang.Principal, []*madang.Message) ([]madang.Position, bool, error) {
			return nil, false, nil
		}, 2, "", nil},
		"taken, one is not known": {func(_ context.Context, p *madang.Principal, m []*madang.Message) ([]madang.Position, bool, error) {
			if p != who || len(m) != 2 {
				t.Errorf("asked for %v, %v", p, m)
			}
			return []madang.Position{at, {}}, true, nil
		}, 2, "11@e:0", nil},
		"refused": {func(context.Context, *madang.Principal, []*madang.Message) ([]madang.Position, bool, error) {
			return nil, false, refused
		}, 0, "", refused},
	} {
		serials, err := c.p.Publish(t.Context(), hub, who, all)
		if !errors.Is(err, c.err) || len(serials) != c.serials || c.first != "" && (serials[0] != c.first || serials[1] != "") {
			t.Errorf("%s: %q, %v", what, serials, err)
		}
	}
}
