package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// A progress tells in one line on a terminal how far the fire is, what happens now and what the crowd has done. Elsewhere it
// writes a line for each thing that happens.
type progress struct {
	w     io.Writer
	live  bool // w is a terminal
	began time.Time
	total time.Duration // about

	mu     sync.Mutex
	what   string
	counts func() string
	done   chan struct{}
}

func newProgress(w io.Writer, total time.Duration) *progress {
	p := &progress{w: w, began: time.Now(), total: total, counts: func() string { return "" }, done: make(chan struct{})}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if p.live {
		go p.paint()
	}
	return p
}

// say tells what happens now.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	p.what = fmt.Sprintf(format, args...)
	p.mu.Unlock()
	if !p.live {
		p.write("%s\n", p.line())
	}
}

// count says where the crowd's counts come from.
func (p *progress) count(f func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = f
}

func (p *progress) line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	const width = 20
	gone := time.Since(p.began)
	full := int(min(width, width*gone/max(p.total, 1)))
	return fmt.Sprintf("[%s%s] %3ds of about %ds  %s  %s", strings.Repeat("#", full), strings.Repeat(".", width-full),
		int(gone.Seconds()), int(max(gone, p.total).Seconds()), p.what, p.counts())
}

// paint repaints the line until the end.
func (p *progress) paint() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		p.write("\r\x1b[K%s", p.line())
		select {
		case <-tick.C:
		case <-p.done:
			return
		}
	}
}

// end leaves the terminal as it was.
func (p *progress) end() {
	close(p.done)
	if p.live {
		p.write("\r\x1b[K")
	}
}

// write writes to people; nobody could be told that it failed.
func (p *progress) write(format string, args ...any) { _, _ = fmt.Fprintf(p.w, format, args...) }
