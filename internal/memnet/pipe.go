package memnet

import (
	"io"
	"os"
	"sync"
	"time"
)

// A pipe is one direction of a connection: a bounded buffer that readers and writers wait for.
type pipe struct {
	mu      sync.Mutex
	changed *sync.Cond // anything below
	limit   int
	buf     []byte
	stalled bool
	rerr    error // of a reader once buf is empty; nil: open
	werr    error // of a writer; nil: open
	reader  deadline
	writer  deadline
}

func newPipe(limit int) *pipe {
	p := &pipe{limit: limit}
	p.changed = sync.NewCond(&p.mu)
	p.reader.pipe, p.writer.pipe = p, p
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.reader.passed():
			return 0, os.ErrDeadlineExceeded
		case p.rerr != nil && p.rerr != io.EOF:
			return 0, p.rerr
		case len(b) == 0:
			return 0, nil
		case p.stalled:
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = p.buf[n:]
			p.changed.Broadcast()
			return n, nil
		case p.rerr != nil:
			return 0, p.rerr
		}
		p.changed.Wait()
	}
}

func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.writer.passed():
			return n, os.ErrDeadlineExceeded
		case p.werr != nil:
			return n, p.werr
		}
		if room := min(p.limit-len(p.buf), len(b)-n); room > 0 {
			p.buf = append(p.buf, b[n:n+room]...)
			n += room
			p.changed.Broadcast()
		}
		if n == len(b) {
			return n, nil
		}
		p.changed.Wait()
	}
}

// end sets what readers and writers get from now on, unless an earlier end has.
func (p *pipe) end(rerr, werr error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rerr == nil || p.rerr == io.EOF && rerr != io.EOF {
		p.rerr = rerr
	}
	if p.werr == nil {
		p.werr = werr
	}
	p.changed.Broadcast()
}

// drop forgets what nobody has read.
func (p *pipe) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf = nil
}

func (p *pipe) stall(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = on
	p.changed.Broadcast()
}

func (p *pipe) unread() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.buf)
}

// A deadline is one side's of a pipe, guarded by the pipe's lock.
type deadline struct {
	pipe  *pipe
	at    time.Time   // zero: never
	timer *time.Timer // wakes who waits at that time
}

// passed is asked of the clock, not of the timer, which may be late.
func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) set(t time.Time) {
	p := d.pipe
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.at = t
	if !t.IsZero() && !d.passed() {
		d.timer = time.AfterFunc(time.Until(t), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.changed.Broadcast()
		})
	}
	p.changed.Broadcast()
}
