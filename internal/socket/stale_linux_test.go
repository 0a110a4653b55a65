package socket

import (
	"syscall"
	"testing"
)

// An event that was fetched before its descriptor became another connection's is for nobody.
func TestStaleEventsAreForNobody(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[1])
	l, err := newPoller(new(Pool))
	if err != nil {
		t.Fatal(err)
	}
	former, err := l.add(pair[0])
	if err != nil {
		t.Fatal(err)
	}
	stale := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: former.fd, Pad: former.generation}
	number := int(former.fd)
	l.pool.polling.current = l
	l.mu.Lock()
	l.live++ // keeps the poller
	l.mu.Unlock()
	former.Close()
	if _, err := syscall.Dup(pair[1]); err != nil { // takes the lowest free number
		t.Fatal(err)
	}
	c, err := l.add(number)
	if err != nil {
		t.Fatal(err)
	}
	before := former.state.Load()
	l.events[0], l.n = stale, 1
	l.dispatch()
	if former.state.Load() != before || c.state.Load() != busy {
		t.Fatal("a stale event was delivered")
	}
	stale.Pad = c.generation
	l.events[0] = stale
	l.dispatch()
	if c.state.Load() != busy|again {
		t.Fatal("an event of its own was not delivered")
	}
	c.Close()
	l.end()
}

// However much there is to read, a connection that is read hands over to those that wait.
func TestATurnIsBounded(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[1])
	l, err := newPoller(new(Pool))
	if err != nil {
		t.Fatal(err)
	}
	l.pool.polling.current = l
	l.crew.coming = true // nobody does what is queued
	c, err := l.add(pair[0])
	if err != nil {
		t.Fatal(err)
	}
	h := &filler{fd: pair[1]}
	h.Handle(nil)
	c.Run(nil, h)
	c.edge(0)
	c.turn()
	if h.calls != 1+readsPerTurn {
		t.Errorf("%d reads in one turn", h.calls-1)
	}
	if l.crew.tasks.pop() != c {
		t.Error("the connection does not wait for its next turn")
	}
	c.Close()
}

// A filler sees to it that there is always more to read than a buffer holds.
type filler struct {
	fd    int
	calls int
}

func (f *filler) Handle([]byte) (stay, ok bool) {
	f.calls++
	for {
		if _, err := syscall.Write(f.fd, make([]byte, rawBuffer)); err != nil {
			return false, true // full
		}
	}
}

func (f *filler) End(error) {}
