package clustertest

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"madang/internal/redistest"
)

// T is what the package needs of a testing.TB.
type T interface {
	redistest.T
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Failed() bool
}

// Program runs f as a test runs, for programs that are none, and returns what went wrong. What f logs goes to w. Folders are
// removed and what was started is ended when it returns.
func Program(w io.Writer, f func(t T)) error {
	p := &program{w: w}
	p.run(func() { f(p) })
	for len(p.after) > 0 {
		last := p.after[len(p.after)-1]
		p.after = p.after[:len(p.after)-1]
		p.run(last)
	}
	return p.err
}

// A program is the T of one.
type program struct {
	w     io.Writer
	after []func()
	err   error // the first
}

// run waits for f, which may end its goroutine.
func (p *program) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (p *program) Helper()          {}
func (p *program) Failed() bool     { return p.err != nil }
func (p *program) Cleanup(f func()) { p.after = append(p.after, f) }

func (p *program) Logf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.w, format+"\n", args...) // it is for people: nobody could be told
}

func (p *program) Errorf(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
		return
	}
	p.Logf(format, args...)
}

func (p *program) Fatal(args ...any) { p.Fatalf("%s", fmt.Sprint(args...)) }

func (p *program) Fatalf(format string, args ...any) {
	p.Errorf(format, args...)
	runtime.Goexit()
}

func (p *program) TempDir() string {
	dir, err := os.MkdirTemp("", "madang-cluster-")
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			p.Errorf("%v", err)
		}
	})
	return dir
}
