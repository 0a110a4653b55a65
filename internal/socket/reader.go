package socket

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// A Reader is the reading half of a connection: it calls handle with whatever comes in, in order, until there is an
// end. While nothing comes, a Reader of a plain TCP or Unix socket holds a parked goroutine and no buffer.
//
// It sets no deadlines and never closes the connection: how long a silence may last is the owner's business, who ends
// a Reader by closing the connection through its [Socket].
type Reader struct {
	nc     net.Conn
	rc     syscall.RawConn // nil: a plain loop reads nc
	pool   *Pool
	handle func(b []byte) (stay, ok bool)
	end    func(error)
	first  []byte

	// turn is even while a goroutine waits for bytes or reads them, and odd while the same goroutine is in handle.
	// Fork moves it on by one, from odd to even, which takes the turn from the goroutine in handle.
	turn atomic.Uint64

	// Of the goroutine whose turn it is, while turn is even.
	get  func(fd uintptr) bool // r.readOnce, made once, so that reading does not allocate
	b    *[]byte
	n    int
	err  error
	deep bool // this goroutine has handled something and should not be the one to park
}

// NewReader makes a Reader of nc. It calls handle first with leftover, if there is any: what had already been read of
// the connection before it was handed over.
//
// handle may use b only until it returns, and may change it meanwhile. Its results say how to go on. With ok=false
// reading stops, with end(nil), and the connection stays as it is. Handling grows a goroutine's stack, and a parked
// stack does not shrink by itself; so the wait for more bytes is left to a fresh goroutine, unless handle says stay,
// which is cheaper for a connection that talks much.
//
// end is called once, as the last call, with nil (see above), [io.EOF] at the peer's clean end, or what went wrong
// (net.ErrClosed or os.ErrDeadlineExceeded, as errors.Is sees it, when this side closed the connection).
func NewReader(nc net.Conn, pool *Pool, leftover []byte, handle func(b []byte) (stay, ok bool), end func(error)) *Reader {
	r := &Reader{nc: nc, rc: rawConn(nc), pool: pool, first: leftover, handle: handle, end: end}
	if r.rc != nil {
		r.get = r.readOnce
	}
	return r
}

// Run starts reading on a goroutine of its own and returns at once, so that whoever made the connection (an accept
// loop, an HTTP handler with its deep stack) can go away. It is called once.
func (r *Reader) Run() { go r.run(0) }

// Fork makes sure that the connection is being read although handle has not returned: if a call of handle is holding
// reading up, another goroutine goes on, and that call's results no longer matter. It reports whether it had to.
//
// It is for handlers that are about to wait for later bytes of the same connection, such as user code that asks the
// client a question. After a Fork, and only then, calls of handle overlap in time: the caller must have finished with
// what the calls share, above all have parsed all of b, or later bytes would overtake earlier ones. b itself stays the
// first call's own until that returns. end, too, may then be called while that call is still under way.
func (r *Reader) Fork() bool {
	turn := r.turn.Load()
	if turn%2 == 0 || !r.turn.CompareAndSwap(turn, turn+1) {
		return false // being read already; or about to be, if handle returned just now
	}
	go r.run(turn + 1)
	return true
}

// run reads for as long as the turn is this goroutine's.
func (r *Reader) run(turn uint64) {
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
func (r *Reader) call(turn uint64, b []byte) (stay, more bool) {
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
func (r *Reader) read() (b *[]byte, n int, err error) {
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
