package outgoing

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func count(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, "cache_miss cache-"+strconv.Itoa(i)+" <nil>")
	}
	return all
}

// What happens together goes together, up to the limit of a request.
func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, nil)
		w, _ := rig(t, k, func(c *Config) { c.MaxEvents = 3 })
		w.CacheMiss(in("cache-1"))
		time.Sleep(100 * time.Millisecond)
		w.CacheMiss(in("cache-2"))
		time.Sleep(time.Second)
		for i := 3; i <= 9; i++ {
			w.CacheMiss(in("cache-" + strconv.Itoa(i)))
		}
		time.Sleep(time.Second)
		var sizes []int
		for _, r := range k.receipts() {
			sizes = append(sizes, len(r.events))
		}
		if !slices.Equal(sizes, []int{2, 3, 3, 1}) || !slices.Equal(k.events(address), count(1, 9)) {
			t.Errorf("%v: %v", sizes, k.events(address))
		}
		if r := k.receipts()[0]; r.at != 250*time.Millisecond {
			t.Errorf("the first batch left after %v", r.at)
		}
		if r := k.receipts()[1]; r.at != 1100*time.Millisecond {
			t.Errorf("a full batch left after %v", r.at)
		}
	})
}

// A batch that fails is tried again with growing pauses, and the next ones wait behind it.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, func(n int, r *http.Request) (int, error) {
			switch n {
			case 0:
				return http.StatusInternalServerError, nil
			case 1:
				return 0, errors.New("connection reset")
			case 2:
				<-r.Context().Done() // never answers
				return 0, r.Context().Err()
			case 3:
				return http.StatusFound, nil
			}
			return http.StatusOK, nil
		})
		w, log := rig(t, k, nil)
		w.CacheMiss(in("cache-1"))
		time.Sleep(time.Second)
		w.CacheMiss(in("cache-2"))
		time.Sleep(2 * time.Minute)
		got := k.receipts()
		if len(got) != 6 || !slices.Equal(k.events(address), count(1, 2)) || !slices.Equal(got[4].events, count(1, 1)) {
			t.Fatalf("%+v", got)
		}
		pause := time.Second
		for i := 1; i < 5; i++ {
			wait := got[i].at - got[i-1].at
			if i == 3 {
				wait -= 10 * time.Second // the timeout
			}
			if wait > pause || wait < pause/2 {
				t.Errorf("pause %d was %v", i, wait)
			}
			pause *= 2
		}
		if st := w.Stats()[0]; st.Sent != 2 || st.Failed != 4 || st.Dropped != 0 || st.Waiting != 0 {
			t.Errorf("%+v", st)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "status 500") {
			t.Errorf("%d warnings:\n%s", n, log)
		}
	})
}

// After five minutes a batch is given up, and the next one has its own five minutes.
func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		k := newTaker(t, func(int, *http.Request) (int, error) {
			if up.Load() {
				return http.StatusOK, nil
			}
			return http.StatusBadGateway, nil
		})
		w, log := rig(t, k, nil)
		w.CacheMiss(in("cache-1"))
		time.Sleep(time.Minute)
		w.CacheMiss(in("cache-2"))
		time.Sleep(6 * time.Minute)
		up.Store(true)
		time.Sleep(2 * time.Minute)
		if got := k.events(address); !slices.Equal(got, count(2, 2)) {
			t.Errorf("%v", got)
		}
		if st := w.Stats()[0]; st.Dropped != 1 || st.Sent != 1 {
			t.Errorf("%+v", st)
		}
		if !strings.Contains(log.String(), `msg="webhooks are given up" app=app1 url=http://a.test/hook events=1`) {
			t.Error(log)
		}
		for _, r := range k.receipts() {
			if slices.Equal(r.events, count(1, 1)) && r.at > 5*time.Minute+time.Second {
				t.Errorf("tried again after %v", r.at)
			}
		}
	})
}

// A queue is bounded; what is dropped is the oldest, and counted.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, func(n int, _ *http.Request) (int, error) {
			if n == 0 {
				time.Sleep(time.Second)
			}
			return http.StatusOK, nil
		})
		w, log := rig(t, k, func(c *Config) { c.MaxEvents, c.MaxQueue = 5, 10 })
		for i := 1; i <= 5; i++ {
			w.CacheMiss(in("cache-" + strconv.Itoa(i)))
		}
		synctest.Wait()
		for i := 6; i <= 30; i++ {
			w.CacheMiss(in("cache-" + strconv.Itoa(i)))
		}
		time.Sleep(3 * time.Second)
		if got := k.events(address); !slices.Equal(got, append(count(1, 5), count(21, 30)...)) {
			t.Errorf("%v", got)
		}
		if st := w.Stats()[0]; st.Dropped != 15 || st.Sent != 15 {
			t.Errorf("%+v", st)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%d lines:\n%s", n, log)
		}
	})
}

func TestQueueBoundsBytes(t *testing.T) {
	q := newQueue(1000)
	big := fact{kind: cacheMiss, channel: in("a"), json: make([]byte, maxBytes/4)}
	dropped := 0
	for range 10 {
		dropped += q.push(big)
	}
	if dropped != 6 || q.len() != 4 {
		t.Errorf("%d dropped, %d left", dropped, q.len())
	}
	if n := len(q.take(100)); n != 1 {
		t.Errorf("a request has %d of them", n)
	}
	for i := range 5 {
		q.push(fact{kind: subscriptionCount, channel: in("a"), json: []byte{byte(i)}})
	}
	for range 3 {
		q.take(1)
	}
	if q.len() != 5 {
		t.Errorf("%d left", q.len())
	}
	if got := q.take(100); len(got) != 1 || got[0][0] != 4 || len(q.counts) != 0 || q.bytes != 0 || len(q.take(1)) != 0 {
		t.Errorf("counts: %v, %v, %d bytes", got, q.counts, q.bytes)
	}
}

// Drain sends what waits, at once, and knows when to stop.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, func(n int, _ *http.Request) (int, error) {
			if n == 0 {
				return http.StatusBadGateway, nil
			}
			return http.StatusOK, nil
		})
		w, _ := rig(t, k, func(c *Config) { c.Window = time.Minute; c.Delay = time.Hour })
		w.Observer().OccupiedAnywhere(in("room"))
		time.Sleep(2 * time.Minute)
		w.Observer().VacatedEverywhere(in("room"))
		w.CacheMiss(in("cache-1"))
		start := time.Now()
		w.Drain(t.Context())
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := k.events(address); !slices.Equal(got, []string{"+room", "cache_miss cache-1 <nil>", "-room"}) {
			t.Errorf("%v", got)
		}
		w.Drain(t.Context()) // again: nothing
	})
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, func(int, *http.Request) (int, error) { return http.StatusBadGateway, nil })
		w, log := rig(t, k, func(c *Config) { c.MaxEvents = 2 })
		for i := range 5 {
			w.CacheMiss(in("cache-" + strconv.Itoa(i)))
		}
		ctx, done := context.WithTimeout(t.Context(), 20*time.Second)
		defer done()
		start := time.Now()
		w.Drain(ctx)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
		if st := w.Stats()[0]; st.Dropped != 5 || st.Failed < 10 || !strings.Contains(log.String(), "webhooks are lost") {
			t.Errorf("%+v\n%s", st, log)
		}
	})
}

// Counts that wait make room for newer ones, and go at their place.
func TestCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, nil)
		w, _ := rig(t, k, nil)
		w.SubscriptionCount(in("a"), 1)
		w.SubscriptionCount(in("b"), 5)
		w.CacheMiss(in("cache-1"))
		w.SubscriptionCount(in("a"), 2)
		w.SubscriptionCount(in("a"), 0)
		time.Sleep(time.Second)
		w.SubscriptionCount(in("a"), 1)
		time.Sleep(time.Second)
		if got := k.events(address); !slices.Equal(got, []string{"count b 5", "cache_miss cache-1 <nil>", "count a 0", "count a 1"}) {
			t.Errorf("%v", got)
		}
	})
}
