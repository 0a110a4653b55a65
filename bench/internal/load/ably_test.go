//go:build linux

package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"madang/bench/internal/fake"
	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
)

// ablyLoops returns a loop for each form of Ably's protocol.
func ablyLoops(t *testing.T, s *fake.Server, secret string) map[string]*Loop {
	t.Helper()
	loops := map[string]*Loop{}
	for name, binary := range map[string]bool{"json": false, "msgpack": true} {
		l, err := NewLoop(s.Port, wire.Ably{Secret: secret, Binary: binary})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		loops[name] = l
	}
	return loops
}

func TestSenderGetsItsOwn(t *testing.T) {
	for name, l := range ablyLoops(t, fake.Start(t, fake.Faults{}), fake.Secret) {
		members, outside := open(t, l, 10, users(name)), open(t, l, 1, users(""))
		var latency stats.Histogram
		for title, c := range map[string]struct {
			publishers []*Client
			window     int
		}{
			"from outside": {outside, 8}, "all in turn": {members, 1}, "one of the members": {members[:1], 4},
		} {
			r := NewRoom(name, 64, c.publishers, members, &latency)
			r.Start(c.window)
			if err := l.RunUntil(t.Context(), limit, func() bool { return r.Published() >= 100 }); err != nil {
				t.Fatal(name, title, err, r.Fault(), l.Lost())
			}
			r.Stop()
			err := l.RunUntil(t.Context(), limit, r.Complete)
			if err := errors.Join(err, r.Fault(), l.Lost()); err != nil {
				t.Fatal(name, title, err)
			}
			if want := r.Published() * len(members); r.Delivered() != want {
				t.Errorf("%s, %s: %d deliveries of %d messages, want %d", name, title, r.Delivered(), r.Published(), want)
			}
		}
		if l.Bytes() < int64(64*latency.Count()) {
			t.Errorf("%s: %d bytes of %d messages", name, l.Bytes(), latency.Count())
		}
	}
}

// A server knows by its serial what a connection has published before, so one
// that publishes in several rooms does not count in each anew.
func TestSerialsAreOfTheConnection(t *testing.T) {
	frame := wire.Ably{}.Publish("room", 64)
	seen := map[string]bool{}
	s := fake.Start(t, fake.Faults{Alter: func(frame string) []string {
		if strings.HasPrefix(frame, `{"action":1,`) {
			if seen[frame] {
				t.Errorf("%s again", frame)
			}
			seen[frame] = true
		}
		return []string{frame}
	}})
	l := ablyLoops(t, s, fake.Secret)["json"]
	c := open(t, l, 1, users("room"))[0]
	got := 0
	c.Receive = func(*Client, []byte) { got++ }
	for n := range 20 {
		c.publish(frame, n%3)
	}
	if err := l.RunUntil(t.Context(), limit, func() bool { return got == 20 }); err != nil || c.Err() != nil {
		t.Errorf("%d messages: %v, %v", got, err, c.Err())
	}
}

func TestRefusalsEndTheConnection(t *testing.T) {
	for name, l := range ablyLoops(t, fake.Start(t, fake.Faults{}), "another") {
		if _, err := l.Open(t.Context(), 1, 1, users("room")); err == nil || !strings.Contains(err.Error(), "ended by the server") {
			t.Errorf("%s with another key: %v", name, err)
		}
	}
	refuse := fake.Faults{Alter: func(frame string) []string {
		frame = strings.Replace(frame, `{"action":1,`, `{"action":2,`, 1)
		return []string{strings.Replace(frame, "\xa6action\x01", "\xa6action\x02", 1)}
	}}
	for name, l := range ablyLoops(t, fake.Start(t, refuse), fake.Secret) {
		c := open(t, l, 1, users(""))[0]
		c.publish(l.Protocol().Publish("room", 64), 1)
		if err := l.RunUntil(t.Context(), limit, func() bool { return c.Err() != nil }); err != nil || !strings.Contains(fmt.Sprint(c.Err()), "refused a message") {
			t.Errorf("%s: %v, %v", name, err, c.Err())
		}
	}
}

func TestMessagesOfAnotherKindAreAFault(t *testing.T) {
	s := fake.Start(t, fake.Faults{})
	l := ablyLoops(t, s, fake.Secret)["msgpack"]
	l.frames = wire.Text // whatever the server sends now is of another kind
	if _, err := l.Open(t.Context(), 1, 1, users("")); err == nil || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("%v", err)
	}
}
