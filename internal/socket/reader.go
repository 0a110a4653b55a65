package socket

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// A reader is the reading half of a connection: it calls handle with whatever comes in, in order, until there is an
// end. While nothing comes, the reader of a plain TCP or Unix socket holds a parked goroutine and no buffer.
//
// Handling grows a goroutine's stack, and a parked stack does not shrink by itself; so the wait for more bytes is left
// to a fresh goroutine, unless handle says stay, which is cheaper for a connection that talks much.
//
// It sets no deadlines and never closes the connection: how long a silence may last is the owner's business, who ends
// a reader by closing the connection through its [Socket].
type reader struct {
	nc     net.Conn
	rc     syscall.RawConn // nil: a plain loop reads nc
	pool   *Pool
	handle func(b []byte) (stay, ok bool)
	end    func(error)
	first  []byte

	// turn is even while a goroutine waits for bytes or reads them, and odd while the same goroutine is in handle.
	// fork moves it on by one, from odd to even, which takes the turn from the goroutine in handle.
	turn atomic.Uint64

	// Of the goroutine whose turn it is, while turn is even.
	get  func(fd uintptr) bool // r.readOnce, made once, so that reading does not allocate
	b    *[]byte
	n    int
	err  error
	deep bool // this goroutine has handled something and should not be the one to park
}

func (r *reader) init(nc net.Conn, pool *Pool) {
	r.nc, r.rc, r.pool = nc, rawConn(nc), pool
	if r.rc != nil {
		r.get = r.readOnce
	}
}

// start starts reading on a goroutine of its own.
func (r *reader) start() { go r.run(0) }

// fork is [Conn]'s Fork.
func (r *reader) fork() bool {
	turn := r.turn.Load()
	if turn%2 == 0 || !r.turn.CompareAndSwap(turn, turn+1) {
		return false // being read already; or about to be, if handle returned just now
	}
	go r.run(turn + 1)
	return true
}

// run reads for as long as the turn is this goroutine's.
func (r *reader) run(turn uint64) {
	if b := r.first; len(b) > 0 {
		r.first = nil
		if _, more := r.call(turn, b); !more {
			return
		}
		go r.run(turn)
		return
	}
	r.deep = false
	for {
		b, n, err := r.read()
		if b == nil && err == nil {
			go r.run(turn)
			return
		}
		if n > 0 {
			full := n == len(*b)
			stay, more := r.call(turn, (*b)[:n])
			r.pool.put(b)
			if !more {
				return
			}
			// A short read means that there is nothing more just now, and the next thing to do would be to park.
			if r.deep = !stay; r.deep && !full && err == nil {
				go r.run(turn)
				return
			}
		} else if b != nil {
			r.pool.put(b)
		}
		if err != nil {
			r.end(err)
			return
		}
	}
}

// call handles b. It returns more=false when this goroutine has nothing more to do: forked, or at the end.
func (r *reader) call(turn uint64, b []byte) (stay, more bool) {
	r.turn.Store(turn + 1)
	stay, ok := r.handle(b)
	if !r.turn.CompareAndSwap(turn+1, turn) {
		return false, false // another goroutine reads
	}
	if !ok {
		r.end(nil)
		return false, false
	}
	return stay, true
}

// read waits for bytes. It returns a buffer of the pool with n of them in it, or an error, or both, or neither: then a
// fresh goroutine should do the waiting.
func (r *reader) read() (b *[]byte, n int, err error) {
	if r.rc != nil {
		b, n, err = r.readRaw()
	} else {
		b = r.pool.get(false)
		n, err = r.nc.Read(*b)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("socket: read: %w", err)
	}
	return b, n, err
}
