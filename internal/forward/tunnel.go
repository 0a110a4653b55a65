package forward

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// parting is how long a client may take to read the rest, and to end the tunnel, after the owner has said its last word.
const parting = 10 * time.Second

// tunnel connects the client with the other node until one of them ends it. It returns at once.
func (s *stream) tunnel(w http.ResponseWriter) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.close(errClosed)
		s.link.home.o.Log.Error("a connection cannot be taken over", "error", err)
		panic(http.ErrAbortHandler)
	}
	_ = nc.SetDeadline(time.Time{}) // if that fails the reading is about to
	t := &tunnel{s: s, nc: nc}
	s.mu.Lock()
	s.abort = t.hangUp
	s.parted = func() { time.AfterFunc(parting, t.fail) } // also if the client does not take what is left
	if s.inEnd {
		s.parted()
	}
	over := s.failed != nil
	s.mu.Unlock()
	if over {
		t.hangUp()
		return
	}
	go t.toOwner(rw) // first what has come with the request
	go t.toClient()
}

// A tunnel is the client's end of one.
type tunnel struct {
	s      *stream
	nc     net.Conn
	halves atomic.Int32 // that have ended in good order
}

// tunnelBuffer is how much is read at a time, and held while nothing comes.
const tunnelBuffer = 4 << 10

func (t *tunnel) hangUp() { _ = t.nc.Close() } // there is nothing to do about an error

// fail ends both halves.
func (t *tunnel) fail() {
	t.s.close(errClosed)
	t.hangUp()
}

// half ends a half; the second ends the tunnel.
func (t *tunnel) half() {
	if t.halves.Add(1) == 2 {
		t.s.forget()
		t.hangUp()
	}
}

func (t *tunnel) toOwner(from io.Reader) {
	buffer := make([]byte, tunnelBuffer)
	for {
		n, err := from.Read(buffer)
		if _, e := t.s.write(buffer[:n]); e != nil || err != nil && err != io.EOF {
			t.fail()
			return
		}
		if err != nil {
			t.s.end(false)
			t.half()
			return
		}
	}
}

func (t *tunnel) toClient() {
	buffer := make([]byte, tunnelBuffer)
	for {
		n, err := t.s.read(buffer)
		if err == io.EOF { //nolint:errorlint // as read says it
			break
		}
		if err == nil {
			_, err = t.nc.Write(buffer[:n])
		}
		if err != nil {
			t.fail()
			return
		}
	}
	t.s.mu.Lock()
	shut := t.s.shut
	t.s.mu.Unlock()
	if c, ok := t.nc.(interface{ CloseWrite() error }); ok && !shut {
		_ = c.CloseWrite() // the client's end, or the time, ends it
		t.half()
		return
	}
	t.s.forget()
	t.hangUp()
}
