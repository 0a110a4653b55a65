//go:build unix

package socket

import (
	"io"
	"syscall"
)

// readRaw waits in RawConn.Read, which calls readOnce now and whenever there may be bytes.
func (r *reader) readRaw() (b *[]byte, n int, err error) {
	if err := r.rc.Read(r.get); err != nil {
		return nil, 0, err
	}
	b, n, err = r.b, r.n, r.err
	r.b, r.err = nil, nil
	if b != nil && n == 0 && err == nil {
		err = io.EOF
	}
	return b, n, err
}

// readOnce is one read(2), into a buffer that is kept only if there was something to read. It says whether the waiting
// is over, which it also is when the waiting is better done by somebody else.
func (r *reader) readOnce(fd uintptr) bool {
	b := r.pool.get(true)
	for {
		n, err := syscall.Read(int(fd), *b)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			r.pool.put(b)
			return r.deep
		}
		r.b, r.n, r.err = b, max(n, 0), err
		return true
	}
}
