package madang_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// flood publishes so many messages of 1,000 bytes.
func flood(t *testing.T, h *madang.Hub, ch string, n int) {
	t.Helper()
	for range n {
		publish(t, h, ch, string(make([]byte, 1000)), "")
	}
}

// A reader that trickles is over the limit as much as one that does not read; one that catches up begins anew.
func TestSlowReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{MaxLag: 100_000, MaxOver: 2 * time.Second, HardLag: 10_000_000}})
		open := func() *valve {
			v, c := connect(t, h, user("u"), wordy{})
			v.room = 0
			sub(t, c, 0, "r")
			return v
		}
		stuck, trickle, recovers, under := open(), open(), open(), open()
		good, c := connect(t, h, user("good"), wordy{})
		sub(t, c, 0, "r")
		under.give(120_000)
		flood(t, h, "r", 200)
		for range 15 { // 1.5 s
			time.Sleep(100 * time.Millisecond)
			trickle.give(500)
		}
		recovers.give(-1)
		for _, v := range []*valve{stuck, trickle, recovers, under} {
			if got := v.ended(); got != "" {
				t.Errorf("ended as %q before its time", got)
			}
		}
		synctest.Wait()
		recovers.give(0)
		flood(t, h, "r", 110) // over again, for 1.5 s
		for range 15 {
			time.Sleep(100 * time.Millisecond)
			trickle.give(500)
		}
		for i, want := range []string{"slow", "slow", "", "", ""} {
			if got := []*valve{stuck, trickle, recovers, under, good}[i].ended(); got != want {
				t.Errorf("link %d ended as %q, want %q", i, got, want)
			}
		}
		if n := len(good.records()); n != 310 {
			t.Errorf("the good one got %d", n)
		}
	})
}

func TestHardLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{MaxLag: 100_000, MaxOver: time.Hour, HardLag: 200_000}})
		v, c := connect(t, h, user("u"), wordy{})
		v.room = 0
		sub(t, c, 0, "r")
		own, _ := connect(t, h, user("own"), wordy{})
		own.room = 0
		flood(t, h, "r", 300)
		for range 300 {
			own.line.Send(make([]byte, 1000))
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if v.ended() != "slow" || own.ended() != "slow" {
			t.Errorf("ended as %q and %q", v.ended(), own.ended())
		}
		if h.Buffered() != 0 {
			t.Errorf("%d bytes are held for them", h.Buffered())
		}
	})
}

// When the hub holds too much, the worst goes first, and no more than needed.
func TestMaxBuffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{
			MaxLag: 1 << 30, MaxOver: time.Hour, MaxBuffered: 300_000, Flushers: 1,
		}})
		var vs []*valve
		for i := range 3 {
			v, c := connect(t, h, user("u"), wordy{})
			v.room = 0
			sub(t, c, 0, "r"+strconv.Itoa(i))
			vs = append(vs, v)
		}
		flood(t, h, "r0", 50)
		flood(t, h, "r1", 250)
		flood(t, h, "r2", 80)
		time.Sleep(2 * time.Second)
		if vs[0].ended() != "" || vs[1].ended() != "slow" || vs[2].ended() != "" {
			t.Errorf("ended as %q, %q, %q", vs[0].ended(), vs[1].ended(), vs[2].ended())
		}
	})
}

// A subscription that is never opened holds what is published, and its line pays for it.
func TestHeldForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{MaxBuffered: 300_000, Flushers: 1}})
		v, c := connect(t, h, user("u"), wordy{})
		if _, err := c.Subscribe(t.Context(), madang.Channel{Name: "r"}, madang.SubscribeOptions{}); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			flood(t, h, "r", 10)
			time.Sleep(100 * time.Millisecond)
		}
		if v.ended() != "slow" || h.Buffered() != 0 {
			t.Errorf("ended as %q, %d bytes are held", v.ended(), h.Buffered())
		}
	})
}

func TestThousandsOfStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 2000
		h := startHub(t, madang.Config{Limits: madang.Limits{MaxLag: 20_000, MaxOver: time.Second}})
		var vs []*valve
		for i := range links {
			v, c := connect(t, h, user("u"), wordy{})
			if i%2 == 0 {
				v.room = 0
			}
			sub(t, c, 0, "r")
			vs = append(vs, v)
		}
		flood(t, h, "r", 50)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		for i, v := range vs {
			want, count := "", 50
			if i%2 == 0 {
				want, count = "slow", 0
			}
			if got := v.ended(); got != want || len(v.records()) != count {
				t.Fatalf("link %d ended as %q with %d, want %q with %d", i, got, len(v.records()), want, count)
			}
		}
		if h.Buffered() != 0 || h.Lines() != links/2 || h.Subscribers(madang.Channel{Name: "r"}) != links/2 {
			t.Errorf("left: %d bytes, %d lines", h.Buffered(), h.Lines())
		}
	})
}

// One link with a thousand subscriptions stalls, goes on, and has everything in order.
func TestThousandSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const channels = 1000
		h := startHub(t, madang.Config{})
		v, c := connect(t, h, user("u"), wordy{})
		for i := range channels {
			sub(t, c, 0, strconv.Itoa(i))
		}
		v.room = 5
		var want []string
		for i := range 3 * channels {
			text := fmt.Sprint("m", i)
			publish(t, h, strconv.Itoa(i*7%channels), text, "")
			want = append(want, text)
		}
		synctest.Wait()
		v.give(1000)
		synctest.Wait()
		v.give(-1)
		synctest.Wait()
		if got := v.records(); !slices.Equal(got, want) {
			t.Errorf("got %d of %d, or out of order", len(got), len(want))
		}
		if h.Buffered() != 0 {
			t.Errorf("%d bytes are held", h.Buffered())
		}
	})
}

// Volatile units are skipped while a link is not writable, and only they.
func TestVolatile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{})
		v, c := connect(t, h, user("u"), wordy{})
		sub(t, c, 0, "r")
		say := func(text string, volatile bool) {
			for _, m := range []struct {
				a madang.Audience
				s string
			}{{madang.Audience{In: names("r")}, "c"}, {madang.Audience{Conns: []madang.ConnID{c.ID()}}, "o"}} {
				if err := h.Emit(t.Context(), m.a, &madang.Message{Data: []byte(m.s + text), Volatile: volatile}); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
		say("1", true)
		v.give(0)
		say("2", false)
		say("3", true)
		say("4", false)
		v.give(-1)
		synctest.Wait()
		say("5", true)
		if got := v.text(); got != "c1,o1,c2,o2,c4,o4,c5,o5" {
			t.Errorf("got %s", got)
		}
	})
}

// Drain moves everybody in random order over the spread; what was sent before comes before the farewell.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 200
		h := startHub(t, madang.Config{})
		var mu sync.Mutex
		var order []int
		var times []time.Duration
		start := time.Now()
		var vs []*valve
		for i := range links {
			v, c := connect(t, h, user("u"), wordy{})
			v.on = func(r string) {
				if strings.HasPrefix(r, "bye") {
					mu.Lock()
					order, times = append(order, i), append(times, time.Since(start))
					mu.Unlock()
				}
			}
			sub(t, c, 0, "r")
			if i == 0 {
				v.room = 2 // never reads
			}
			publish(t, h, "r", "x", "")
			vs = append(vs, v)
		}
		ctx, done := context.WithTimeout(t.Context(), time.Minute)
		defer done()
		err := h.Drain(ctx, 10*time.Second)
		took := time.Since(start)
		if err != nil || took < 9*time.Second || took > 17*time.Second {
			t.Errorf("drained in %v, %v", took, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if slices.IsSorted(order) || len(order) != links-1 || len(slices.Compact(slices.Sorted(slices.Values(order)))) != links-1 {
			t.Errorf("%d farewells, in the order %v", len(order), order)
		}
		for i, at := range times[1:] {
			if gap := at - times[i]; gap > 200*time.Millisecond {
				t.Errorf("nobody was moved for %v", gap)
			}
		}
		for i, v := range vs[1:] {
			rs := v.records()
			if len(rs) != links-i || rs[len(rs)-1] != "bye drain" || v.ended() != "drain" {
				t.Fatalf("link %d got %d units, the last %q, and ended as %q", i+1, len(rs), rs[len(rs)-1], v.ended())
			}
		}
		if got := vs[0].ended(); got != "slow" {
			t.Errorf("the one that does not read ended as %q", got)
		}
		if _, err := h.Open(&valve{}); err == nil {
			t.Error("a draining hub took a link")
		}
	})
}
