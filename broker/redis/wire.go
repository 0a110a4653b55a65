package redis

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// errWire says that something is not what this package writes.
var errWire = errors.New("malformed event")

// A wire reads or writes values, so that one description of an event is good for both ways and they cannot differ. Structures
// are blocks with a length: a reader skips what a newer writer has added at the end of one, and what an older one did not
// know is zero. So nodes of two versions understand each other.
type wire struct {
	b   []byte // written so far; or what is left to read of the block
	out bool
	err error
}

func (w *wire) fail() {
	w.err, w.b = errWire, nil
}

// number reads or writes an unsigned number.
func (w *wire) number(n *uint64) {
	if w.out {
		w.b = binary.AppendUvarint(w.b, *n)
		return
	}
	*n = 0
	if len(w.b) == 0 { // the writer did not know of it
		return
	}
	v, size := binary.Uvarint(w.b)
	if size <= 0 {
		w.fail()
		return
	}
	*n, w.b = v, w.b[size:]
}

// take reads so many bytes. They share the memory of what is read.
func (w *wire) take(n uint64) []byte {
	if n > uint64(len(w.b)) {
		w.fail()
		return nil
	}
	b := w.b[:n:n]
	w.b = w.b[n:]
	return b
}

// bytes reads or writes bytes; what was empty comes back as nil.
func (w *wire) bytes(b *[]byte) {
	n := uint64(len(*b))
	w.number(&n)
	if w.out {
		w.b = append(w.b, *b...)
	} else if *b = w.take(n); n == 0 {
		*b = nil
	}
}

func text[T ~string](w *wire, s *T) {
	n := uint64(len(*s))
	w.number(&n)
	if w.out {
		w.b = append(w.b, *s...)
	} else {
		*s = T(w.take(n))
	}
}

// integer reads or writes a number that may be negative.
func integer[T ~int | ~int64](w *wire, i *T) {
	n := uint64(*i)<<1 ^ uint64(int64(*i)>>63)
	w.number(&n)
	if !w.out {
		*i = T(int64(n>>1) ^ -int64(n&1))
	}
}

func small[T ~uint8](w *wire, v *T) {
	n := uint64(*v)
	w.number(&n)
	if n > 255 {
		w.fail()
	}
	*v = T(n)
}

func flag(w *wire, v *bool) {
	var n uint64
	if *v {
		n = 1
	}
	w.number(&n)
	*v = n != 0
}

// block reads or writes a structure with its length.
func (w *wire) block(f func(*wire)) {
	if w.out {
		inner := wire{out: true, b: make([]byte, 0, 64)}
		f(&inner)
		w.bytes(&inner.b)
		return
	}
	var b []byte
	w.bytes(&b)
	inner := wire{b: b}
	f(&inner)
	if inner.err != nil {
		w.fail()
	}
}

// list reads or writes the items of a list. Each takes a byte at least, so a short text cannot ask for a long list.
func list[T any](w *wire, all *[]T, item func(*wire, *T)) {
	n := uint64(len(*all))
	w.number(&n)
	if !w.out {
		if n > uint64(len(w.b)) {
			w.fail()
			return
		}
		if *all = nil; n > 0 {
			*all = make([]T, n)
		}
	}
	for i := range *all {
		item(w, &(*all)[i])
	}
}

// option reads or writes a structure that may not be there.
func option[T any](w *wire, p **T, f func(*wire, *T)) {
	there := *p != nil
	flag(w, &there)
	if !there {
		*p = nil
		return
	}
	if !w.out {
		*p = new(T)
	}
	w.block(func(w *wire) { f(w, *p) })
}

// done returns what went wrong.
func (w *wire) done(what string) error {
	if w.err != nil {
		return fmt.Errorf("%s: %w", what, w.err)
	}
	return nil
}
