package madang_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
)

// A replayer is a Sequenced dialect as Socket.IO's connection state recovery needs it: it records what it encodes, each
// with its stamp and the rooms it was for, and each unit tells its stamp to the client.
type replayer struct{ *recorder }

type recorder struct {
	sync.Mutex
	ring []entry
}

type entry struct {
	stamp  uint64
	rooms  []string
	except []string
	skip   madang.ConnID
	unit   []byte
}

func (r replayer) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return dst, nil
	}
	text := fmt.Sprintf("%d %s", e.Stamp, e.Message.Data)
	unit := append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	en := entry{stamp: e.Stamp, rooms: []string{e.Channel.Name}, skip: e.Message.Skip, unit: unit}
	if a := e.Audience; a != nil {
		en.rooms = nil
		for _, c := range a.In {
			en.rooms = append(en.rooms, c.Name)
		}
		for _, c := range a.Except {
			en.except = append(en.except, c.Name)
		}
	}
	r.ring = append(r.ring, en)
	if len(r.ring) > 20_000 {
		r.ring = r.ring[10_000:]
	}
	return append(dst, unit...), nil
}

// missed returns what a client in those rooms has missed since a stamp.
func (r replayer) missed(id madang.ConnID, rooms []string, since uint64) (units []byte) {
	in := func(r string) bool { return slices.Contains(rooms, r) }
	for _, e := range r.ring {
		if e.stamp > since && e.skip != id && slices.ContainsFunc(e.rooms, in) && !slices.ContainsFunc(e.except, in) {
			units = append(units, e.unit...)
		}
	}
	return units
}

// resume brings a client back on a new link. It is what a dialect does: subscribe held, take the record and open the
// way for emits in one moment, welcome, open.
func (r replayer) resume(t *testing.T, h *madang.Hub, id madang.ConnID, rooms []string, since uint64, room int) *valve {
	v := &valve{room: room}
	line, err := h.Open(v)
	if err != nil {
		t.Error(err)
		return v
	}
	v.line = line
	var c *madang.Conn
	eventually(t, "the old connection is gone", func() bool {
		c, err = line.Connect(context.Background(), madang.ConnRequest{Dialect: r, Principal: user("u"), ID: id, Held: true})
		return err == nil
	})
	var subs []*madang.Subscription
	for _, name := range rooms {
		s, err := c.Subscribe(context.Background(), madang.Channel{Name: name}, madang.SubscribeOptions{})
		if err != nil {
			t.Error(err)
			return v
		}
		subs = append(subs, s)
	}
	r.Lock()
	defer r.Unlock()
	at := h.Stamp()
	line.Send(r.missed(id, rooms, since))
	c.Open()
	for _, s := range subs {
		s.OpenSince(at)
	}
	return v
}

// Clients drop at any moment, in the middle of a write, and resume from the last stamp they saw whole: no gap, no
// duplicate, in order, whatever was published or emitted meanwhile, even if nobody was there.
func TestSequencedRecovery(t *testing.T) {
	const clients, rounds, publishers = 6, 12, 3
	d := replayer{new(recorder)}
	h := startHub(t, madang.Config{Limits: madang.Limits{Flushers: 3}})
	for _, room := range []string{"a", "b", "c"} { // one each: who is in two is left out when one is excepted
		standIn(t, h, d, room)
	}

	var stop atomic.Bool
	var sent [publishers]int
	var pubs sync.WaitGroup
	emit := func(rnd *rand.Rand, text string) {
		var err error
		switch rnd.IntN(3) {
		case 0:
			_, err = h.Publish(context.Background(), &madang.Message{Channel: madang.Channel{Name: "a"}, Data: []byte(text)})
		case 1:
			err = h.Emit(context.Background(), madang.Audience{In: names("a", "b")}, &madang.Message{Data: []byte(text)})
		case 2:
			err = h.Emit(context.Background(), madang.Audience{In: names("b", "a"), Except: names("c")}, &madang.Message{Data: []byte(text)})
		}
		if err != nil {
			t.Error(err)
		}
	}
	for p := range publishers {
		pubs.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(p), 1))
			for !stop.Load() {
				emit(rnd, fmt.Sprintf("%d %d", p, sent[p]))
				sent[p]++
				time.Sleep(time.Duration(rnd.IntN(100)) * time.Microsecond)
			}
		})
	}
	rooms := []string{"a", "b"}
	var seen [clients][]string
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 2))
			id := h.NewConnID()
			d.Lock()
			last := h.Stamp()
			d.Unlock()
			for range rounds {
				room := -1
				if rnd.IntN(2) == 0 {
					room = rnd.IntN(3000)
				}
				v := d.resume(t, h, id, rooms, last, room)
				time.Sleep(time.Duration(rnd.IntN(3000)) * time.Microsecond)
				v.line.Drop(madang.CloseGone)
				for _, r := range v.records() {
					stamp, text, _ := strings.Cut(r, " ")
					seen[i] = append(seen[i], text)
					if _, err := fmt.Sscan(stamp, &last); err != nil {
						t.Errorf("a unit was cut: %q", r)
					}
				}
			}
			if i == 0 { // the others are away while the last units are published
				stop.Store(true)
			}
			pubs.Wait()
			v := d.resume(t, h, id, rooms, last, -1)
			v.line.Send(record([]byte("0 end")))
			eventually(t, "the end", func() bool { rs := v.records(); return len(rs) > 0 && rs[len(rs)-1] == "0 end" })
			for _, r := range v.records() {
				_, text, _ := strings.Cut(r, " ")
				seen[i] = append(seen[i], text)
			}
		})
	}
	wg.Wait()
	for i := range clients {
		var next [publishers]int
		var met [publishers]bool
		for _, text := range seen[i][:len(seen[i])-1] {
			var p, n int
			if _, err := fmt.Sscan(text, &p, &n); err != nil {
				t.Fatalf("client %d: %q", i, text)
			}
			if !met[p] { // it came when things were under way
				next[p], met[p] = n, true
			}
			if n != next[p] {
				t.Fatalf("client %d, publisher %d: %d instead of %d", i, p, n, next[p])
			}
			next[p]++
		}
		if next != sent {
			t.Errorf("client %d saw up to %v of %v", i, next, sent)
		}
	}
}

// nobody is a link that takes everything.
type nobody struct{}

func (nobody) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (nobody) Farewell(madang.CloseReason) []byte { return nil }
func (nobody) Close(madang.CloseReason)           {}

// standIn subscribes a connection to rooms that stands there for those who are away, so that what they miss is encoded.
func standIn(t *testing.T, h *madang.Hub, d madang.Dialect, rooms ...string) *madang.Line {
	t.Helper()
	line, err := h.Open(nobody{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: d, Principal: user("stand-in")})
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range names(rooms...) {
		s, err := h.Subscribe(t.Context(), c, ch, madang.Messages)
		if err != nil {
			t.Fatal(err)
		}
		s.Open()
	}
	return line
}

// What is emitted to several rooms while all who listen are away is recorded for them.
func TestStandInRecordsEmits(t *testing.T) {
	d := replayer{new(recorder)}
	h := startHub(t, madang.Config{})
	away := standIn(t, h, d, "a", "b")
	other, c := connect(t, h, user("other"), wordy{})
	sub(t, c, 0, "a")
	to := madang.Audience{In: names("a", "b")}
	if err := h.Emit(t.Context(), to, &madang.Message{Data: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	publish(t, h, "b", "2", "")
	v := d.resume(t, h, "1.1", []string{"a"}, 0, -1)
	eventually(t, "what was missed", func() bool { return strings.HasSuffix(v.text(), " 1") && other.text() == "1" })
	away.Drop(madang.CloseTimeout)
	v.line.Drop(madang.CloseGone)
	eventually(t, "nobody stands in", func() bool { return h.Subscribers(madang.Channel{Name: "a"}) == 1 })
	eventually(t, "nothing more is recorded", func() bool {
		before := len(d.ring)
		publish(t, h, "b", "3", "")
		if err := h.Emit(t.Context(), to, &madang.Message{Data: []byte("4")}); err != nil {
			t.Fatal(err)
		}
		return len(d.ring) == before
	})
	eventually(t, "nothing is held", func() bool { return h.Buffered() == 0 })
}
