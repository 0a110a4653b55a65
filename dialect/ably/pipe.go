package ably

import (
	"context"
	"io"
	"net"
	"sync"

	"madang"
	"madang/internal/socket"
	"madang/internal/ws"
)

// A pipe is what a client that polls has instead of a socket: what is written waits until it is fetched. It takes the same
// frames as a WebSocket, and gives the messages in them.
type pipe struct {
	mu      sync.Mutex
	frames  []byte
	owed    int            // so many of them are the rest of a batch, which the hub knows of
	line    *madang.Line   // that has to answer for the frames; nil before it is known
	held    madang.Held    // of frames
	done    func(error)    // of a Finish
	more    chan struct{}  // closed when there is something; nil: nobody waits
	handler socket.Handler // told of the end
	closing bool           // nothing more will be written
	closed  bool
}

// maxPipe is how many bytes wait for a client until the hub is told to wait, too.
const maxPipe = 256 << 10

// bind says whose frames they are.
func (p *pipe) bind(k *madang.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = k
	p.count()
}

// count tells the hub how much waits; mu is held.
func (p *pipe) count() {
	switch {
	case p.line == nil:
	case p.closed: // what is left is fetched soon, or never
		p.held.Set(p.line, 0)
	default:
		p.held.Set(p.line, len(p.frames)-p.owed)
	}
}

// wake lets the one who waits look again; mu is held.
func (p *pipe) wake() {
	if p.more != nil {
		close(p.more)
		p.more = nil
	}
}

// TryWrite implements socket.Socket.
func (p *pipe) TryWrite(b []byte) (n int, again bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, false, net.ErrClosed
	}
	if len(p.frames) > maxPipe {
		return 0, true, nil
	}
	p.frames = append(p.frames, b...)
	p.count()
	p.wake()
	return len(b), false, nil
}

// Finish implements socket.Socket.
func (p *pipe) Finish(rest []byte, done func(error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		go done(net.ErrClosed)
		return
	}
	p.frames = append(p.frames, rest...)
	p.owed, p.done = len(rest), done
	p.wake()
}

// CloseWrite implements socket.Socket.
func (p *pipe) CloseWrite() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
	p.wake()
}

// Close implements socket.Socket.
func (p *pipe) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut()
}

// Abort implements socket.Socket.
func (p *pipe) Abort() { p.Close() }

// shut ends the pipe; mu is held.
func (p *pipe) shut() {
	if p.closed {
		return
	}
	p.closed = true
	p.count()
	p.wake()
	if p.done != nil {
		go p.done(net.ErrClosed)
		p.done = nil
	}
	if p.handler != nil {
		go p.handler.End(io.EOF)
	}
}

// Run implements socket.Conn.
func (p *pipe) Run(_ []byte, h socket.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handler = h
	if p.closed {
		go h.End(io.EOF)
	}
}

// Fork implements socket.Conn.
func (*pipe) Fork() bool { return false }

// fetch waits until there are messages, and returns them as a JSON array. It returns nil when there will be no more, or ctx
// ends. What has been fetched is gone: a client that does not get it has to resume.
func (p *pipe) fetch(ctx context.Context) []byte {
	for {
		p.mu.Lock()
		frames, ended := p.frames, p.closed || p.closing
		p.frames, p.owed = nil, 0
		p.count()
		if p.done != nil && !p.closed {
			go p.done(nil)
			p.done = nil
		}
		messages := array(frames)
		if messages == nil && !ended && p.more == nil {
			p.more = make(chan struct{})
		}
		more := p.more
		if ended && p.closing {
			p.shut()
		}
		p.mu.Unlock()
		if messages != nil || ended {
			return messages
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil
		}
	}
}

// array returns the messages in finished frames as a JSON array, with a newline, or nil if there are none: what a WebSocket
// says of itself is nothing to a client that polls.
func array(frames []byte) []byte {
	var out []byte
	for {
		f, rest, ok := ws.Next(frames)
		if !ok {
			break
		}
		frames = rest
		if f.Op != ws.Text {
			continue
		}
		if out == nil {
			out = append(out, '[')
		} else {
			out = append(out, ',')
		}
		out = append(out, f.Payload...)
	}
	if out == nil {
		return nil
	}
	return append(out, ']', '\n')
}
