//go:build linux

package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"madang/bench/internal/callback"
	"madang/bench/internal/fake"
	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
)

// whisperers returns a loop for each protocol in which messages do not come
// back to their sender, and the server that they lead to.
func whisperers(t *testing.T, faults fake.Faults) (map[string]*Loop, *fake.Server) {
	t.Helper()
	auth, err := callback.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(auth.Close)
	faults.Auth = auth.URL
	s := fake.Start(t, faults)
	loops := map[string]*Loop{}
	for name, protocol := range map[string]wire.Protocol{"pusher": wire.Pusher{Secret: fake.Secret}, "echo": wire.Echo{}} {
		l, err := NewLoop(s.Port, protocol)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		loops[name] = l
	}
	auth.Tell(loops["echo"].Admit)
	return loops, s
}

// joined waits until the server has everybody in a room: that the application
// let them in does not say so.
func joined(t *testing.T, s *fake.Server, room string, n int) {
	t.Helper()
	for s.Members("private-"+room) < n {
		select {
		case <-t.Context().Done():
			t.Fatalf("%d of %d are in %s", s.Members("private-"+room), n, room)
		case <-time.After(time.Millisecond):
		}
	}
}

// users are connections with tokens of their own, in a room.
func users(room string) func(int) Spec {
	return func(i int) Spec { return Spec{Who: wire.Who{Token: fmt.Sprint("user-", i), Room: room}} }
}

func TestSenderIsLeftOut(t *testing.T) {
	loops, server := whisperers(t, fake.Faults{})
	for name, l := range loops {
		members := open(t, l, 10, users(name))
		joined(t, server, name, len(members))
		var latency stats.Histogram
		for title, c := range map[string]struct {
			publishers, members []*Client
			window, deliveries  int
		}{
			"one to the others":  {members[:1], members[1:], 8, 9},
			"all in turn":        {members, members, 1, 9},
			"one of the members": {members[:1], members, 4, 9},
		} {
			for _, c := range members {
				c.Receive = func(c *Client, packet []byte) { t.Errorf("%s: connection %d got %s", title, c.Index, packet) }
			}
			r := NewRoom(name, 64, c.publishers, c.members, &latency)
			r.Start(c.window)
			if err := l.RunUntil(t.Context(), limit, func() bool { return r.Published() >= 100 }); err != nil {
				t.Fatal(name, title, err, r.Fault(), l.Lost())
			}
			r.Stop()
			err := l.RunUntil(t.Context(), limit, r.Complete)
			if err := errors.Join(err, r.Fault(), l.Lost()); err != nil {
				t.Fatal(name, title, err)
			}
			if want := r.Published() * c.deliveries; r.Delivered() != want {
				t.Errorf("%s, %s: %d deliveries of %d messages, want %d", name, title, r.Delivered(), r.Published(), want)
			}
		}
	}
}

func TestMessageThatComesBackIsAFault(t *testing.T) {
	loops, server := whisperers(t, fake.Faults{Echoes: true})
	for name, l := range loops {
		members := open(t, l, 3, users(name))
		joined(t, server, name, len(members))
		var latency stats.Histogram
		r := NewRoom(name, 64, members, members, &latency)
		r.Start(1)
		if err := l.RunUntil(t.Context(), limit, func() bool { return r.Fault() != nil }); err != nil {
			t.Errorf("%s: %v after %d messages", name, err, r.Published())
		}
	}
}

func TestOpenIsRefused(t *testing.T) {
	loops, _ := whisperers(t, fake.Faults{})
	for name, l := range loops {
		guest := func(int) Spec { return Spec{Who: wire.Who{Token: "guest", Room: "room"}} }
		if name == "pusher" {
			l.protocol = wire.Pusher{Secret: "another"}
		}
		if _, err := l.Open(t.Context(), 1, 1, guest); err == nil || !strings.Contains(err.Error(), "refused the subscription") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAdmitAnybodyAnytime(t *testing.T) {
	loops, _ := whisperers(t, fake.Faults{})
	l := loops["echo"]
	c := open(t, l, 1, users("room"))[0]
	l.Admit("user-0") // again
	l.Admit("a stranger")
	got := 0
	if err := l.RunUntil(t.Context(), limit, func() bool { got++; return got > 1 }); err != nil || c.Err() != nil {
		t.Errorf("%v, %v", err, c.Err())
	}
	closed, err := NewLoop(1, wire.Echo{})
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	closed.Admit("user-0") // does nothing
}

func TestSendAllReachesWhoIsReady(t *testing.T) {
	loops, _ := whisperers(t, fake.Faults{})
	for name, l := range loops {
		members := open(t, l, 5, users(name))
		before := l.Reads()
		l.SendAll(l.Protocol().KeepAlive())
		if err := l.RunUntil(t.Context(), limit, func() bool { return l.Reads() == before+5 }); err != nil {
			t.Errorf("%s: %d of %d were answered: %v", name, l.Reads()-before, len(members), err)
		}
	}
}
