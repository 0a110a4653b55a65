package socket

import "sync"

const (
	// rawBuffer is the size of a buffer that is held only from a read to the end of its handling.
	rawBuffer = 16 << 10
	// plainBuffer is the size of a buffer that is held while waiting, once for each connection.
	plainBuffer = 2 << 10
)

// A Pool is what any number of connections share, usually all of one server: the buffers they read into, and on Linux
// what waits for them. It has no end of its own; with its last connection nothing of it is running. The zero value is
// ready for use; it must not be copied afterwards.
type Pool struct {
	raw, plain sync.Pool
	polling    pollers
}

// get lends a buffer for bytes that are there (raw) or that are waited for (plain).
func (p *Pool) get(raw bool) *[]byte {
	from, size := &p.plain, plainBuffer
	if raw {
		from, size = &p.raw, rawBuffer
	}
	if b, ok := from.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, size)
	return &b
}

// put takes back a buffer that get has lent.
func (p *Pool) put(b *[]byte) {
	if len(*b) == rawBuffer {
		p.raw.Put(b)
	} else {
		p.plain.Put(b)
	}
}
