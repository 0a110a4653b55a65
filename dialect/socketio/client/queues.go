package client

import (
	"fmt"
	"sync"
	"time"
)

// An outbox is what waits to be written.
type outbox struct {
	most    int
	more    chan struct{} // has one when there is something to write, closed at the end
	flushed chan struct{} // closed when the last has been written

	mu   sync.Mutex
	b    []byte
	last bool // nothing comes behind
	over bool
}

func (o *outbox) init(most int) {
	o.most, o.more, o.flushed = most, make(chan struct{}, 1), make(chan struct{})
}

// add adds frames, the last of all if nothing may follow.
func (o *outbox) add(frames []byte, last bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.over || o.last:
		return ErrClosed
	case len(o.b)+len(frames) > o.most && !last:
		return fmt.Errorf("%w: %d bytes are to be written, %d more are too many", ErrFull, len(o.b), len(frames))
	}
	o.b, o.last = append(o.b, frames...), last
	select {
	case o.more <- struct{}{}:
	default:
	}
	return nil
}

// take waits for what is to be written; nil: nothing any more.
func (o *outbox) take() (b []byte, last bool) {
	for {
		_, ok := <-o.more
		o.mu.Lock()
		b, last = o.b, o.last
		o.b = nil
		o.mu.Unlock()
		if !ok {
			return nil, false
		}
		if len(b) > 0 {
			return b, last
		}
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.over {
		o.over = true
		close(o.more)
	}
}

// write writes until the connection ends. A server that takes nothing for as long as it may be silent is lost.
func (c *Conn) write() {
	for {
		b, last := c.out.take()
		if b == nil {
			return
		}
		stuck := time.AfterFunc(c.patience(), func() { c.end(fmt.Errorf("%w: the server takes nothing", ErrLost)) })
		_, err := c.rw.Write(b)
		stuck.Stop()
		if err != nil {
			c.end(fmt.Errorf("%w: %w", ErrLost, err))
			return
		}
		if last {
			close(c.out.flushed)
			return
		}
	}
}

// An inbox is what waits to be handled.
type inbox struct {
	most int
	more chan struct{}

	mu   sync.Mutex
	list []*Event
	size int
	over bool
}

func (i *inbox) init(most int) { i.most, i.more = most, make(chan struct{}, 1) }

func (i *inbox) add(e *Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over {
		return ErrClosed
	}
	if i.size+e.size > i.most {
		return fmt.Errorf("%w: %d events were not handled yet when %.64q came", ErrFull, len(i.list), e.Name)
	}
	i.list, i.size = append(i.list, e), i.size+e.size
	select {
	case i.more <- struct{}{}:
	default:
	}
	return nil
}

// take waits for the next event; nil: there are no more. What came before the end is still handled.
func (i *inbox) take() *Event {
	for {
		i.mu.Lock()
		if len(i.list) > 0 {
			e := i.list[0]
			i.list[0], i.list = nil, i.list[1:]
			i.size -= e.size
			i.mu.Unlock()
			return e
		}
		over := i.over
		i.mu.Unlock()
		if over {
			return nil
		}
		<-i.more
	}
}

func (i *inbox) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.over {
		i.over = true
		close(i.more)
	}
}

// handle handles events until the connection ends.
func (c *Conn) handle() {
	for {
		e := c.in.take()
		if e == nil {
			return
		}
		c.config.Events[e.Name](e)
	}
}
