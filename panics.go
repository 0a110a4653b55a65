package madang

import (
	"fmt"
	"math"
	"runtime/debug"
)

// A panicError is what became of a panic in code that the hub was given: a dialect, a link, a procedure. It costs the
// event, the link or the call, never the node.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// caught is for use with defer: it turns a panic into an error.
func caught(err *error) {
	if v := recover(); v != nil {
		*err = &panicError{v, debug.Stack()}
	}
}

// encode lets a dialect append an event to dst.
func encode(d Dialect, dst []byte, e *Event) (b []byte, err error) {
	defer caught(&err)
	b, err = d.Encode(dst, e)
	switch {
	case err != nil:
		return nil, err
	case len(b) < len(dst):
		return nil, fmt.Errorf("%T has shortened what it was to append to: %w", d, ErrInvalid)
	case len(b)-len(dst) > math.MaxInt32:
		return nil, fmt.Errorf("a unit of %d bytes: %w", len(b)-len(dst), ErrInvalid)
	}
	return b, nil
}

// join adds an event to a unit, in the array where that is. With an error the unit may be spoiled.
func join(d Joiner, dst []byte, start int, e *Event) (b []byte, ok bool, err error) {
	defer caught(&err)
	b, ok = d.Join(dst, start, e)
	return b, ok && cap(b) == cap(dst), nil // in another array, this one is as it was
}

// flushTo gives a batch to a link.
func flushTo(l Link, b *Batch) (units int, err error) {
	defer caught(&err)
	units, err = l.Flush(b)
	if err == nil && (units < 0 || units > b.Len()) {
		err = &panicError{fmt.Sprintf("%T took %d units of %d", l, units, b.Len()), nil}
	}
	return units, err
}

// farewell asks a link for its last unit.
func farewell(l Link, r CloseReason) (b []byte, err error) {
	defer caught(&err)
	return l.Farewell(r), nil
}

// closeLink ends a link.
func closeLink(l Link, r CloseReason) (err error) {
	defer caught(&err)
	l.Close(r)
	return nil
}
