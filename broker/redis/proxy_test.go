package redis

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A proxy stands between a broker and Redis, and can be cut, or hold back what comes.
type proxy struct {
	l      net.Listener
	target string

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	shut  bool          // nobody gets through
	delay time.Duration // of each piece
	mute  bool          // what Redis answers is lost
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target, conns: map[net.Conn]struct{}{}}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut(true)
		done.Wait()
	})
	return p
}

func (p *proxy) url() string { return "redis://" + p.l.Addr().String() }

// cut ends all connections; shut keeps new ones out.
func (p *proxy) cut(shut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = shut
	for c := range p.conns {
		_ = c.Close()
	}
}

// slow sets what each piece has to wait.
func (p *proxy) slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// deafen loses what Redis answers, or no longer: connections stay.
func (p *proxy) deafen(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = on
}

// add notes connections; false: they must end.
func (p *proxy) add(cs ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range cs {
		p.conns[c] = struct{}{}
	}
	return !p.shut
}

func (p *proxy) serve(near net.Conn) {
	defer near.Close()
	if !p.add(near) {
		return
	}
	far, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer far.Close()
	var both sync.WaitGroup
	if p.add(far) {
		both.Go(func() { p.copy(far, near, false) })
		both.Go(func() { p.copy(near, far, true) })
		both.Wait()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, near)
	delete(p.conns, far)
}

func (p *proxy) copy(to, from net.Conn, answers bool) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		wait, lost := p.delay, p.mute && answers
		p.mu.Unlock()
		time.Sleep(wait)
		if lost {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil && err != io.EOF {
			return
		}
	}
}
