package chattest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"madang/chat"
)

// parallel runs f n times at once and waits.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// concurrentSenders checks that messages appear in the order of their numbers, which is what a reader that asks for "after
// the last I have" relies on, and that an acknowledged message can be read at once.
func (s suite) concurrentSenders(t *testing.T) {
	f := s.fixture(t)
	const senders, each = 16, 25
	f.room("r", chat.RoomPublic, "u0")
	for i := 1; i < senders; i++ {
		_, _, err := f.Join(f.ctx, ref("r"), chat.NewMember{User: fmt.Sprint("u", i), Role: chat.RoleMember}, start())
		if err != nil {
			t.Fatal(err)
		}
	}
	var done atomic.Bool
	var watcher sync.WaitGroup
	watcher.Go(func() {
		var last int64
		for final := false; !final; {
			final = done.Load() // one more look after the last send
			p, err := f.History(f.ctx, ref("r"), chat.HistoryQuery{Direction: chat.After, Seq: last})
			if err != nil {
				t.Error(err)
				return
			}
			for _, m := range p.Messages {
				if m.Seq != last+1 {
					t.Errorf("a reader that has seen %d finds %d next", last, m.Seq)
					return
				}
				last = m.Seq
			}
			final = final && !p.HasNewer
		}
		if last != senders*each {
			t.Errorf("the reader ended at %d, want %d", last, senders*each)
		}
	})
	parallel(senders, func(i int) {
		for k := range each {
			a, err := f.Append(f.ctx, text("r", fmt.Sprint("u", i), fmt.Sprint(k), fmt.Sprint(i, "/", k), start()))
			if err != nil {
				t.Error(err)
				return
			}
			if m, err := f.Message(f.ctx, ref("r"), a.Message.Seq); err != nil || m != a.Message {
				t.Errorf("acknowledged %+v, read %+v, %v", a.Message, m, err)
			}
		}
	})
	done.Store(true)
	watcher.Wait()

	r := must(f.Room(f.ctx, ref("r"))).or(t)
	same(t, "last seq", r.LastSeq, senders*each)
	same(t, "last rev", r.LastRev, 1+senders-1+senders*each)
	same(t, "outbox", must(f.OutboxSize(f.ctx)).or(t), senders*each)
}

// concurrentNonces sends each of 300 messages from 8 goroutines at once.
func (s suite) concurrentNonces(t *testing.T) {
	f := s.fixture(t)
	const nonces, senders = 300, 8
	f.room("r", chat.RoomPublic, "kim")
	got := make([][senders]chat.Appended, nonces)
	parallel(senders, func(i int) {
		for n := range nonces {
			a, err := f.Append(f.ctx, text("r", "kim", fmt.Sprint(n), fmt.Sprint("text of sender ", i), start()))
			if err != nil {
				t.Error(err)
				return
			}
			got[n][i] = a
		}
	})
	for n, answers := range got {
		fresh := 0
		for _, a := range answers {
			same(t, fmt.Sprint("message of nonce ", n), a.Message, answers[0].Message)
			if !a.Duplicate {
				fresh++
			}
		}
		same(t, fmt.Sprint("senders of nonce ", n, " that stored it"), fresh, 1)
	}
	same(t, "last seq", must(f.Room(f.ctx, ref("r"))).or(t).LastSeq, nonces)
	same(t, "outbox", must(f.OutboxSize(f.ctx)).or(t), nonces)
}

// concurrentCursors has one member's devices read back and forth while others send, and looks on.
func (s suite) concurrentCursors(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim", "lee")
	const messages = 60
	parallel(4, func(i int) {
		var last int64
		for k := range int64(messages) {
			switch i {
			case 0:
				if _, err := f.Append(f.ctx, text("r", "kim", "", "x", start())); err != nil {
					t.Error(err)
				}
				continue
			case 1, 2:
				if _, _, err := f.MarkRead(f.ctx, ref("r"), "lee", k*int64(i)%messages, start()); err != nil {
					t.Error(err)
				}
			}
			m, err := f.Member(f.ctx, ref("r"), "lee")
			r, err2 := f.Room(f.ctx, ref("r"))
			if errors.Join(err, err2) != nil || m.ReadSeq < last || m.ReadSeq > r.LastSeq {
				t.Errorf("cursor %d after %d, last seq %d, %v", m.ReadSeq, last, r.LastSeq, errors.Join(err, err2))
			}
			last = m.ReadSeq
		}
	})
	m := must(f.Member(f.ctx, ref("r"), "lee")).or(t)
	same(t, "unread", must(f.UnreadTotal(f.ctx, user("lee"))).or(t), messages-m.ReadSeq)
}

// concurrentDirect opens the direct room of one pair from both sides.
func (s suite) concurrentDirect(t *testing.T) {
	f := s.fixture(t)
	var ids [8]string
	var created atomic.Int32
	parallel(len(ids), func(i int) {
		r, c, err := f.EnsureRoom(f.ctx, direct(app, fmt.Sprint("d", i), "kim", "lee"))
		if err != nil {
			t.Error(err)
			return
		}
		if c {
			created.Add(1)
		}
		ids[i] = r.Ref.ID
	})
	same(t, "rooms made", created.Load(), 1)
	for _, id := range ids {
		same(t, "room", id, ids[0])
	}
}
