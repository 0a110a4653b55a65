package mutable_test

import (
	"context"
	"errors"
	"testing"

	"madang"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

func TestPatterns(t *testing.T) {
	hub := madang.New(madang.Config{})
	c, err := mutable.New(hub, mutable.Options{Patterns: []string{"room", "chat:*"}, Retain: retain})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"room": true, "chat:1": true, "rooms": false, "chat": false} {
		if got := c.Allowed(madang.Channel{App: "a", Name: name}); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if none, err := mutable.New(hub, mutable.Options{Retain: retain}); err != nil || none.Allowed(madang.Channel{App: "a", Name: "room"}) {
		t.Errorf("no pattern allows a channel, %v", err)
	}
	if _, err := mutable.New(hub, mutable.Options{Patterns: []string{""}}); err == nil {
		t.Error("what is no pattern passes")
	}
}

// What is kept elsewhere is changed there, but can be annotated.
func TestKeptElsewhere(t *testing.T) {
	hub := madang.New(madang.Config{Retention: retain, Policies: []madang.Policy{
		madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { return &madang.Grant{}, nil }),
	}})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	broken := errors.New("the store is away")
	c, err := mutable.New(hub, mutable.Options{
		Patterns: []string{"*"}, Retain: retain, MaxMessage: 1 << 16,
		Kept: func(_ context.Context, ch madang.Channel) (bool, error) {
			if ch.Name == "broken" {
				return false, broken
			}
			return ch.Name == "kept", nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	change := func(name string) error {
		ch := madang.Channel{App: "a", Name: name}
		at, err := hub.Publish(t.Context(), &madang.Message{Channel: ch, Data: []byte("m"), Type: madang.Text})
		if err != nil {
			t.Fatal(err)
		}
		note := &protocol.Message{MessageSerial: shape.MessageSerial(at[0]), Type: "a:text.v1"}
		if _, err := c.Annotate(t.Context(), ch, note, who("kim")); err != nil {
			t.Errorf("%s: annotated: %v", name, err)
		}
		_, err = c.Change(t.Context(), ch, &protocol.Message{Serial: shape.MessageSerial(at[0]), Action: protocol.MessageUpdate, Name: "n"}, who("kim"))
		return err
	}
	if err := change("free"); err != nil {
		t.Error(err)
	}
	if err := change("kept"); err == nil || shape.InfoOf(err).Code != shape.CodeMutable {
		t.Errorf("kept elsewhere: %v", err)
	}
	if err := change("broken"); !errors.Is(err, broken) {
		t.Errorf("nobody knows: %v", err)
	}
}
