package socket

import "sync/atomic"

// users counts who is using a descriptor, so that it is closed when nobody does: a system call must never meet a number
// that has meanwhile been given to another connection. No use waits for anything, so neither does the close.
type users struct{ n atomic.Uint32 }

// ended is set when there shall be no more uses.
const ended = 1 << 31

// enter begins a use, unless the end has come.
func (u *users) enter() bool {
	for {
		n := u.n.Load()
		if n&ended != 0 {
			return false
		}
		if u.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leave ends a use. It returns true to the last one after the end.
func (u *users) leave() bool { return u.n.Add(^uint32(0)) == ended }

// end refuses uses from now on. It is called within one, whose leave may then be the last.
func (u *users) end() { u.n.Or(ended) }
