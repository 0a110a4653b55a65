package socket_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"madang/internal/socket"
)

// records are what connections of TestChurn send: their own number and a count, over and over.
const (
	recordLen = 8
	recordMax = 6000 // a connection sends fewer
)

// appendRecords appends the records [from, to) of connection id.
func appendRecords(b []byte, id, from, to uint32) []byte {
	for ; from < to; from++ {
		b = binary.BigEndian.AppendUint32(b, id)
		b = binary.BigEndian.AppendUint32(b, from)
	}
	return b
}

// A checker reads records and finds those of others, those that are missing and those that come twice.
type checker struct {
	id, next uint32
	part     []byte
	err      error
}

func (k *checker) take(b []byte) {
	k.part = append(k.part, b...)
	for len(k.part) >= recordLen && k.err == nil {
		id, n := binary.BigEndian.Uint32(k.part), binary.BigEndian.Uint32(k.part[4:])
		if id != k.id || n != k.next {
			k.err = fmt.Errorf("record %d of %d, want %d of %d", n, id, k.next, k.id)
		}
		k.next++
		k.part = k.part[recordLen:]
	}
}

// A churner is this side of one connection.
type churner struct {
	socket.Conn
	rnd   *rand.Rand
	mu    sync.Mutex
	in    checker
	late  bool // after End
	ended chan error
}

func (c *churner) Handle(b []byte) (stay, ok bool) {
	c.mu.Lock()
	c.in.take(b)
	if c.late {
		c.in.err = errors.New("bytes after the end")
	}
	fork, wait := c.rnd.IntN(4) == 0, c.rnd.IntN(4) == 0
	c.mu.Unlock()
	clear(b)
	if fork {
		c.Fork()
	}
	if wait {
		runtime.Gosched()
	}
	return false, true
}

func (c *churner) End(err error) {
	c.mu.Lock()
	c.late = true
	c.mu.Unlock()
	c.ended <- err
}

// churn lives one connection's life. here and peer belong to it.
func churn(pool *socket.Pool, id uint32, here, peer net.Conn) error {
	rnd := rand.New(rand.NewPCG(uint64(id), 7))
	c := &churner{Conn: pool.Take(here), rnd: rnd, in: checker{id: id}, ended: make(chan error, 2)}
	defer c.Close()
	defer peer.Close()
	end, count, chunk := rnd.IntN(4), uint32(1+rnd.IntN(recordMax)), uint32(1+rnd.IntN(500))
	c.Run(nil, c)
	var all sync.WaitGroup
	all.Go(func() { // the peer writes
		for at := uint32(0); at < count; at += chunk {
			if _, err := peer.Write(appendRecords(nil, id, at, min(at+chunk, count))); err != nil {
				return // this side has ended first
			}
		}
		if half, ok := peer.(interface{ CloseWrite() error }); ok && end == 0 {
			half.CloseWrite()
		}
	})
	out := checker{id: id}
	all.Go(func() { // the peer reads
		b := make([]byte, 10_000)
		for {
			n, err := peer.Read(b)
			if out.take(b[:n]); err != nil {
				return
			}
		}
	})
	for at := uint32(0); at < count; at += chunk {
		if err := send(c, appendRecords(nil, id, at, min(at+chunk, count))); err != nil {
			break
		}
		if end == 3 && at > count/2 { // in the middle of everything
			go c.Abort()
		}
	}
	var why error
	switch end {
	case 0: // in good order
		c.CloseWrite()
		why = <-c.ended
		c.Close()
	case 1:
		c.Close()
		why = <-c.ended
	case 2, 3:
		c.Abort()
		why = <-c.ended
	}
	all.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.in.err != nil:
		return fmt.Errorf("in: %w", c.in.err)
	case out.err != nil:
		return fmt.Errorf("out: %w", out.err)
	case end == 0 && (why != io.EOF || c.in.next != count || out.next != count):
		return fmt.Errorf("a clean end is %w with %d in, %d out, of %d", why, c.in.next, out.next, count)
	case len(c.ended) != 0:
		return errors.New("ended twice")
	}
	return nil
}

// Connections come and go, so that descriptors have one owner after the other while events, writes and ends of the
// former ones are still on their way. No byte may get into another connection, and nothing may be left behind.
func TestChurn(t *testing.T) {
	const wide, rounds = 200, 4
	descriptors, goroutines := countDescriptors(t), runtime.NumGoroutine()
	pool := new(socket.Pool)
	var all sync.WaitGroup
	for i := range wide {
		all.Go(func() {
			for round := range rounds {
				here, peer, err := connect()
				if err != nil {
					t.Error(err)
					return
				}
				if err := churn(pool, uint32(i*rounds+round), here, peer); err != nil {
					t.Errorf("connection %d, round %d: %v", i, round, err)
				}
			}
		})
	}
	all.Wait()
	eventually(t, "all descriptors are closed", func() bool { return countDescriptors(t) <= descriptors })
	eventually(t, "all goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines })
	// The Pool goes on from nothing.
	here, peer, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	if err := churn(pool, 1<<20, here, peer); err != nil {
		t.Fatal(err)
	}
}

// connect makes a pair of TCP connections. Unlike tcpPair it may be called on any goroutine.
func connect() (here, peer net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if peer, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	if here, err = ln.Accept(); err != nil {
		peer.Close()
		return nil, nil, err
	}
	return here, peer, nil
}

// countDescriptors counts this process's sockets and epoll instances.
func countDescriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// eventually waits for something that other goroutines are about to do.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}
