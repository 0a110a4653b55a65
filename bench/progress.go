//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A progress tells on a terminal, in one line, what is running and how long
// everything will take. Elsewhere it writes a line for each step.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time
	steps    []step
	at       int // the step that runs
	since    time.Time
	done     chan struct{}
	stopped  chan struct{}
}

// A step is one run; steps of the same kind take the same time.
type step struct {
	kind   string
	expect time.Duration
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w), began: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// plan adds a step that is about to come.
func (p *progress) plan(kind string, expect time.Duration) {
	p.steps = append(p.steps, step{kind: kind, expect: expect})
}

// begin shows the next step.
func (p *progress) begin(repeat, repeats int, target, workload string) {
	p.since = time.Now()
	what := fmt.Sprintf("repeat %d/%d  %s: %s", repeat, repeats, target, workload)
	if !p.terminal {
		fmt.Fprintln(p.w, p.line(what))
		return
	}
	p.done, p.stopped = make(chan struct{}), make(chan struct{})
	go p.show(what)
}

// show repaints the line until the step ends.
func (p *progress) show(what string) {
	defer close(p.stopped)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(what))
		select {
		case <-tick.C:
		case <-p.done:
			return
		}
	}
}

func (p *progress) line(what string) string {
	const width = 20
	full := width * p.at / len(p.steps)
	elapsed := time.Since(p.began).Round(time.Second)
	return fmt.Sprintf("[%s%s] %d/%d  %s  %v of about %v", strings.Repeat("#", full), strings.Repeat(".", width-full),
		p.at+1, len(p.steps), what, elapsed, max(elapsed, p.expected()).Round(time.Second))
}

// expected returns how long the whole run will take.
func (p *progress) expected() time.Duration {
	sum := p.since.Sub(p.began)
	for _, s := range p.steps[p.at:] {
		sum += s.expect
	}
	return sum
}

// finish ends a step; what it took is expected of its kind from now on.
func (p *progress) finish() {
	p.halt()
	took := time.Since(p.since)
	for i := range p.steps {
		if p.steps[i].kind == p.steps[p.at].kind {
			p.steps[i].expect = took
		}
	}
	p.at++
}

// end leaves the terminal as it was.
func (p *progress) end() {
	p.halt()
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *progress) halt() {
	if p.done != nil {
		close(p.done)
		<-p.stopped
		p.done = nil
	}
}
