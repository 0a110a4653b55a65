package madang_test

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
)

// A joining dialect is plain, and says several messages in one record, with commas between.
type joining struct {
	plain
	joined *atomic.Int64
}

func (d joining) Join(dst []byte, start int, e *madang.Event) ([]byte, bool) {
	if len(dst)-start > 100 {
		return dst, false
	}
	dst = append(append(dst, ','), e.Message.Data...)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	d.joined.Add(1)
	return dst, true
}

// A lagging broker delivers some time after it has kept: what is read of its history may not have been delivered yet.
type lagging struct {
	madang.Broker
	queue chan *madang.Event
	stop  chan struct{}
	told  *atomic.Int64 // the number of the newest that was delivered
}

func (b lagging) Start(ctx context.Context, r madang.Receiver) error {
	go func() {
		for {
			select {
			case e := <-b.queue:
				r.Receive(e)
				if e.Message != nil {
					n, _ := strconv.ParseInt(string(e.Message.Data), 10, 64)
					b.told.Store(n)
				}
			case <-b.stop:
				return
			}
			if rand.IntN(16) == 0 {
				time.Sleep(50 * time.Microsecond)
			}
		}
	}()
	return b.Broker.Start(ctx, b)
}

func (b lagging) Receive(e *madang.Event) {
	select {
	case b.queue <- e:
	case <-b.stop:
	}
}

// Joining changes how messages look and nothing else: whoever comes, gets the history up to some place and then opens, whoever
// is left out, and whoever leaves, has every message that is theirs once and in order.
func TestJoin(t *testing.T) {
	m := madang.NewMemory()
	b := lagging{Broker: m.Broker(), queue: make(chan *madang.Event, 1024), stop: make(chan struct{}), told: new(atomic.Int64)}
	h := startHub(t, madang.Config{
		Broker: b, Presence: m, Limits: madang.Limits{Flushers: 1},
		Retention: func(madang.Channel) madang.Retention { return madang.Retention{Count: 100} },
	})
	t.Cleanup(func() { close(b.stop) })
	d := joining{joined: new(atomic.Int64)}
	r := madang.Channel{Name: "r"}
	anchor, left := connect(t, h, user("u"), d)
	anchor.on = func(string) { time.Sleep(100 * time.Microsecond) } // much comes between two looks of the flusher
	sub(t, left, madang.Messages, "r")
	var published atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for seq := 1; ; seq++ {
			select {
			case <-stop:
				return
			default:
			}
			x := &madang.Message{Channel: r, Data: []byte(strconv.Itoa(seq))}
			if seq%50 == 0 {
				x.Skip = left.ID()
			}
			if _, err := h.Publish(context.Background(), x); err != nil {
				t.Error(err)
				return
			}
			published.Store(int64(seq))
			if seq%8 == 0 {
				time.Sleep(50 * time.Microsecond)
			}
		}
	})
	var peers sync.WaitGroup
	for i := range 100 {
		peers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 3))
			for range 5 {
				v, c := connect(t, h, user("u"), d)
				come(t, h, v, c, r, rnd, b.told)
			}
		})
	}
	peers.Wait()
	close(stop)
	wg.Wait()
	total := int(published.Load())
	eventually(t, "the one that stayed has everything", func() bool {
		all := said(anchor)
		return len(all) > 0 && all[len(all)-1] >= total-1
	})
	next := 1
	for _, n := range said(anchor) {
		if next%50 == 0 {
			next++ // left out
		}
		if n != next {
			t.Fatalf("the one that stayed got %d instead of %d", n, next)
		}
		next++
	}
	if d.joined.Load() == 0 {
		t.Error("nothing was joined")
	}
	t.Logf("%d of %d messages were joined", d.joined.Load(), total)
}

// come subscribes, opens, with or without a replay of the history, stays for a while and leaves.
func come(t *testing.T, h *madang.Hub, v *valve, c *madang.Conn, r madang.Channel, rnd *rand.Rand, told *atomic.Int64) {
	s, err := c.Subscribe(context.Background(), r, madang.SubscribeOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	first, ahead := told.Load()+1, int64(0) // or one before
	pause := func() { time.Sleep(time.Duration(rnd.IntN(1000)) * time.Microsecond) }
	if rnd.IntN(2) == 0 {
		pause()
	}
	if rnd.IntN(2) == 0 {
		s.Open()
	} else {
		first, ahead = math.MaxInt64-1, math.MaxInt32 // anything: it is the newest 20 of what is kept, delivered or not
		if err := replay(h, c, s, r, pause); err != nil {
			t.Error(err)
			return
		}
	}
	pause()
	last := told.Load()
	c.Unsubscribe(r)
	most := told.Load() + 1 + ahead
	if rnd.IntN(2) == 0 {
		pause()
	}
	c.Line().Close(madang.CloseDrain)
	eventually(t, "closed", func() bool { return v.ended() != "" })
	before := 0
	for _, n := range said(v) {
		if before == 0 && int64(n) > first+1 || before != 0 && n != before+1 {
			t.Errorf("%d after %d", n, before)
			return
		}
		before = n
	}
	if int64(before) < last && last > first || int64(before) > most {
		t.Errorf("%d is the last that came before the end, it should be from %d to %d", before, last, most)
	}
}

// replay sends the newest of the history, and opens behind it.
func replay(h *madang.Hub, c *madang.Conn, s *madang.Subscription, r madang.Channel, pause func()) error {
	page, err := h.History(context.Background(), r, madang.HistoryQuery{Limit: 20, Reverse: true})
	if err != nil {
		return err
	}
	var all []string
	for _, e := range slices.Backward(page.Events) {
		all = append(all, string(e.Message.Data))
	}
	c.Line().Send(record([]byte(strings.Join(all, ","))))
	pause()
	s.OpenAfter(page.Top.Offset)
	return nil
}

// said returns the numbers that a link got.
func said(v *valve) (all []int) {
	for _, text := range v.records() {
		for one := range strings.SplitSeq(text, ",") {
			if n, err := strconv.Atoi(one); err == nil {
				all = append(all, n)
			}
		}
	}
	return all
}

// Who enters behind a unit that nobody has looked at gets nothing of it, and who leaves behind it gets nothing more.
func TestJoinNotPastACursor(t *testing.T) {
	h := startHub(t, madang.Config{
		Limits:    madang.Limits{Flushers: 1},
		Retention: func(madang.Channel) madang.Retention { return madang.Retention{Count: 10} },
	})
	d := joining{joined: new(atomic.Int64)}
	busy, c := connect(t, h, user("busy"), plain{})
	in, out := make(chan struct{}), make(chan struct{})
	busy.on = func(string) { in <- struct{}{}; <-out } // the flusher waits here
	sub(t, c, madang.Messages, "other")
	leaver, l := connect(t, h, user("leaver"), d)
	sub(t, l, madang.Messages, "r")
	comer, k := connect(t, h, user("comer"), d)

	publish(t, h, "other", "x", "")
	<-in
	publish(t, h, "r", "1", "")
	publish(t, h, "r", "2", "")
	sub(t, k, madang.Messages, "r")
	publish(t, h, "r", "3", "")
	publish(t, h, "r", "4", "")
	l.Unsubscribe(madang.Channel{Name: "r"})
	publish(t, h, "r", "5", "")
	out <- struct{}{}
	eventually(t, "both have theirs", func() bool { return leaver.text() == "1,2,3,4" && comer.text() == "3,4,5" })
	if n := d.joined.Load(); n != 2 {
		t.Errorf("%d messages were joined, not 2 and 4", n)
	}
}
