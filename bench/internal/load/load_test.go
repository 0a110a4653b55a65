//go:build linux

package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"madang/bench/internal/fake"
	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
)

const limit = 20 * time.Second

func newLoop(t *testing.T, s *fake.Server) *Loop {
	t.Helper()
	l, err := NewLoop(s.Port, wire.SocketIO{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func inRoom(int) Spec { return Spec{Who: wire.Who{Token: "a.b.c", Room: "room"}} }

func noRoom(int) Spec { return Spec{Who: wire.Who{Token: "a.b.c"}} }

func open(t *testing.T, l *Loop, n int, spec func(int) Spec) []*Client {
	t.Helper()
	clients, err := l.Open(t.Context(), n, 4, spec)
	if err != nil {
		t.Fatal(err)
	}
	if len(clients) != n {
		t.Fatalf("%d connections, want %d", len(clients), n)
	}
	return clients
}

func TestRoomDeliversEverything(t *testing.T) {
	l := newLoop(t, fake.Start(t, fake.Faults{}))
	for _, size := range []int{wire.MinData, 128, 1024} {
		name := fmt.Sprint("room", size)
		members := open(t, l, 25, func(int) Spec { return Spec{Who: wire.Who{Token: "a.b.c", Room: name}} })
		var latency stats.Histogram
		r := NewRoom(name, size, open(t, l, 1, noRoom), members, &latency)
		r.Start(8)
		if err := l.RunUntil(t.Context(), limit, func() bool { return r.Published() >= 200 }); err != nil {
			t.Fatal(err, r.Fault(), l.Lost())
		}
		r.Stop()
		if err := l.RunUntil(t.Context(), limit, r.Complete); err != nil {
			t.Fatal(err, r.Fault(), l.Lost())
		}
		if want := r.Published() * 25; r.Delivered() != want || int(latency.Count()) != want {
			t.Errorf("%d deliveries, %d latencies, want %d", r.Delivered(), latency.Count(), want)
		}
		if err := errors.Join(r.Fault(), l.Lost()); err != nil {
			t.Error(err)
		}
	}
	if l.Reads() == 0 {
		t.Error("no reads were counted")
	}
}

func TestOneInFlightNeverOverlaps(t *testing.T) {
	l := newLoop(t, fake.Start(t, fake.Faults{}))
	members := open(t, l, 5, inRoom)
	var latency stats.Histogram
	r := NewRoom("room", 64, members, members, &latency)
	r.Start(1)
	err := l.RunUntil(t.Context(), limit, func() bool {
		if behind := r.Published()*5 - r.Delivered(); behind > 5 {
			t.Errorf("%d deliveries are open with one message in flight", behind)
		}
		return r.Published() >= 50
	})
	if err := errors.Join(err, r.Fault(), l.Lost()); err != nil {
		t.Error(err)
	}
}

func TestRoomNoticesFaults(t *testing.T) {
	const third = `"n":"00000003"`
	for name, alter := range map[string]func(string) []string{
		"lost":     func(string) []string { return nil },
		"repeated": func(f string) []string { return []string{f, f} },
		"changed":  func(f string) []string { return []string{strings.Replace(f, "xx", "xy!", 1)} },
		"early":    func(f string) []string { return []string{strings.Replace(f, third, `"n":"00000007"`, 1)} },
	} {
		l := newLoop(t, fake.Start(t, fake.Faults{Alter: func(frame string) []string {
			if strings.Contains(frame, third) {
				return alter(frame)
			}
			return []string{frame}
		}}))
		var latency stats.Histogram
		r := NewRoom("room", 64, open(t, l, 1, noRoom), open(t, l, 3, inRoom), &latency)
		r.Start(4)
		if err := l.RunUntil(t.Context(), limit, func() bool { return r.Fault() != nil }); err != nil {
			t.Errorf("%s: %v after %d messages", name, err, r.Published())
		}
		if r.Complete() {
			t.Errorf("%s: the room is complete", name)
		}
	}
}

func TestOpenFails(t *testing.T) {
	l := newLoop(t, fake.Start(t, fake.Faults{Refuse: true}))
	if _, err := l.Open(t.Context(), 3, 2, inRoom); err == nil || !strings.Contains(err.Error(), "unauthorized") {
		t.Errorf("refused: %v", err)
	}
	l = newLoop(t, &fake.Server{Port: 1})
	if _, err := l.Open(t.Context(), 1, 1, inRoom); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody listens: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l = newLoop(t, fake.Start(t, fake.Faults{}))
	if _, err := l.Open(ctx, 1, 1, inRoom); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLostConnectionsAreTold(t *testing.T) {
	s := fake.Start(t, fake.Faults{})
	l := newLoop(t, s)
	clients := open(t, l, 3, func(i int) Spec { return Spec{Who: wire.Who{Token: "a.b.c"}, MayEnd: i == 0} })
	if err := l.Lost(); err != nil {
		t.Fatal(err)
	}
	s.CloseAll()
	err := l.RunUntil(t.Context(), limit, func() bool {
		return clients[0].Err() != nil && clients[1].Err() != nil && clients[2].Err() != nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Lost(); err == nil || !strings.Contains(err.Error(), "2 connections") {
		t.Errorf("two connections were lost that should not be: %v", err)
	}
	clients[1].Send([]byte("after the end")) // does nothing
}

func TestSendKeepsWhatTheSocketDoesNotTake(t *testing.T) {
	l := newLoop(t, fake.Start(t, fake.Faults{}))
	c := open(t, l, 1, noRoom)[0]
	const asked = 300
	frame, shape, got := wire.EchoFrame(60_000), wire.EchoShape(60_000), 0
	c.Receive = func(_ *Client, packet []byte) {
		if n, ok := shape.Number(packet); !ok || n != got {
			t.Fatalf("answer %d is %.40q", got, packet)
		}
		got++
	}
	for n := range asked { // 18 MB: far more than the socket's buffers
		c.Send(frame.With(n, n))
	}
	if len(c.out) == 0 {
		t.Fatal("the socket took everything; the test needs more")
	}
	if err := l.RunUntil(t.Context(), limit, func() bool { return got == asked || c.Err() != nil }); err != nil || c.Err() != nil {
		t.Errorf("%d of %d answers: %v, %v", got, asked, err, c.Err())
	}
}

func TestStalledClientReadsNothing(t *testing.T) {
	l := newLoop(t, fake.Start(t, fake.Faults{}))
	awake := open(t, l, 1, inRoom)
	asleep := open(t, l, 1, func(int) Spec {
		return Spec{Who: wire.Who{Token: "a.b.c", Room: "room"}, ReceiveBuffer: 4096, MayEnd: true}
	})[0]
	asleep.Stall()
	got := 0
	asleep.Receive = func(*Client, []byte) { got++ }
	var latency stats.Histogram
	r := NewRoom("room", 1024, open(t, l, 1, noRoom), awake, &latency)
	for range 500 {
		r.Publish()
	}
	if err := l.RunUntil(t.Context(), limit, r.Complete); err != nil {
		t.Fatal(err)
	}
	if got != 0 {
		t.Errorf("a stalled connection read %d messages", got)
	}
	asleep.Drain(1 << 20)
	if err := l.RunUntil(t.Context(), limit, func() bool { return got == 500 }); err != nil {
		t.Errorf("drained %d of 500 messages: %v, %v", got, err, asleep.Err())
	}
}

func TestEvery(t *testing.T) {
	l := newLoop(t, &fake.Server{Port: 1})
	ticks := 0
	stop, err := l.Every(200*time.Microsecond, func(times int) { ticks += times })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.RunUntil(t.Context(), limit, func() bool { return ticks >= 100 }); err != nil {
		t.Fatal(err)
	}
	stop()
	stop()
	after := ticks
	if err := l.RunFor(t.Context(), 5*time.Millisecond); err != nil || ticks != after {
		t.Errorf("%d ticks after the end, %v", ticks-after, err)
	}
	if err := l.RunUntil(t.Context(), time.Millisecond, func() bool { return false }); !errors.Is(err, ErrTimeout) {
		t.Errorf("what never happens: %v", err)
	}
}
