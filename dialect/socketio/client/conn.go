package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"madang/dialect/socketio/engineio"
	"madang/dialect/socketio/packet"
	"madang/internal/ws"
)

// closeTime is how long Close waits for what is still to be written.
const closeTime = time.Second

// A Conn is a connection to a namespace. It is safe for concurrent use. Make it with Dial.
type Conn struct {
	config    Config
	namespace string
	rw        io.ReadWriteCloser
	joined    chan struct{} // closed when the namespace has been joined
	done      chan struct{} // closed when the connection has ended

	out outbox
	in  inbox

	mu    sync.Mutex
	err   error
	bye   bool // Close was called: however it ends, that is why
	id    string
	next  uint64
	calls map[uint64]chan Args
	alive *time.Timer // ends a connection whose server is silent
	quiet time.Duration
}

// Dial connects to a namespace. ctx is for connecting alone. Errors are a *RefusedError, a *ws.RefusedError wrapped (HTTP),
// ErrLost, ErrProtocol, ctx's, and what is wrong with c.
func Dial(ctx context.Context, c Config) (*Conn, error) {
	to, err := c.check()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, c.ConnectTimeout)
	defer stop()
	rw, err := ws.Dial(ctx, c.HTTP, to.address, c.Header)
	if err != nil {
		return nil, fmt.Errorf("socket.io client: %w", err)
	}
	conn := &Conn{
		config: c, namespace: to.namespace, rw: rw, joined: make(chan struct{}), done: make(chan struct{}), calls: map[uint64]chan Args{},
	}
	conn.out.init(c.MaxQueue)
	conn.in.init(c.MaxQueue)
	go conn.write()
	go conn.handle()
	go conn.read(to.auth)
	select {
	case <-conn.joined:
		return conn, nil
	case <-conn.done:
		return nil, conn.Err()
	case <-ctx.Done():
		conn.end(ErrClosed)
		return nil, fmt.Errorf("socket.io client: connect: %w", ctx.Err())
	}
}

// ID returns the name that the server gave the connection.
func (c *Conn) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// Done returns a channel that is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection has ended, or nil.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Emit sends an event. Arguments are as in [packet.Deconstruct]. It does not wait; ErrFull: too much waits to be written.
func (c *Conn) Emit(name string, args ...any) error {
	return c.send(packet.Event, 0, false, append([]any{name}, args...))
}

// Call sends an event and waits for its acknowledgement, or until ctx or the connection ends. An answer that comes after ctx
// has ended is dropped.
func (c *Conn) Call(ctx context.Context, name string, args ...any) (Args, error) {
	answer := make(chan Args, 1)
	c.mu.Lock()
	if len(c.calls) >= MaxCalls {
		c.mu.Unlock()
		return Args{}, fmt.Errorf("%w: %d calls have no answer yet", ErrFull, MaxCalls)
	}
	id := c.next
	c.next++
	c.calls[id] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
	}()
	if err := c.send(packet.Event, id, true, append([]any{name}, args...)); err != nil {
		return Args{}, err
	}
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return Args{}, fmt.Errorf("socket.io client: %s has no answer: %w", name, ctx.Err())
	case <-c.done:
		select { // it may have come just before
		case a := <-answer:
			return a, nil
		default:
			return Args{}, fmt.Errorf("socket.io client: %s has no answer: %w", name, c.Err())
		}
	}
}

// Close says good-bye to the server and ends the connection. What was sent before is written first, for a second at most.
func (c *Conn) Close() error {
	bye := packet.Packet{Type: packet.Disconnect, Namespace: c.namespace}.Append(nil)
	c.mu.Lock()
	c.bye = true
	c.mu.Unlock()
	last := frame(engineio.Packet{Type: engineio.Message, Data: bye})
	last = ws.AppendMasked(last, ws.Close, ws.ClosePayload(ws.CodeNormal))
	if c.out.add(last, true) == nil {
		late := time.NewTimer(closeTime)
		defer late.Stop()
		select {
		case <-c.out.flushed:
		case <-late.C:
		case <-c.done:
		}
	}
	c.end(ErrClosed)
	return nil
}

// end ends the connection, once.
func (c *Conn) end(why error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	if c.err = why; c.bye {
		c.err = ErrClosed
	}
	if c.alive != nil {
		c.alive.Stop()
	}
	c.mu.Unlock()
	_ = c.rw.Close() // it has ended either way
	c.out.close()
	c.in.close()
	close(c.done)
}

// send sends a packet of the namespace.
func (c *Conn) send(kind packet.Type, id uint64, hasID bool, args []any) error {
	data, parts, err := packet.Deconstruct(nil, args...)
	if err != nil {
		return fmt.Errorf("socket.io client: %w", err)
	}
	p := packet.Packet{Type: kind.With(len(parts)), Namespace: c.namespace, ID: id, HasID: hasID, Attachments: len(parts), Data: data}
	frames := frame(engineio.Packet{Type: engineio.Message, Data: p.Append(nil)})
	for _, part := range parts {
		frames = ws.AppendMasked(frames, ws.Binary, part)
	}
	if err := c.out.add(frames, false); err != nil {
		return errors.Join(err, c.Err())
	}
	return nil
}

// frame returns a frame with a packet of text.
func frame(p engineio.Packet) []byte {
	return ws.AppendMasked(nil, ws.Text, p.AppendText(nil, engineio.V4))
}
