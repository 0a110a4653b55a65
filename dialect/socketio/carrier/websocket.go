package carrier

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/internal/socket"
	"madang/internal/ws"
)

// closeTime is how long a client may take to answer a close frame.
const closeTime = 5 * time.Second

// A wire is the WebSocket of a session, or of one that wants to move to it.
type wire struct {
	k       *Session
	sock    socket.Conn
	parser  ws.Parser
	probing bool        // it asks to take over, or did
	held    madang.Held // of input; the session's in guards it
	plain   bool        // this connection did not agree to compression although the session's frames may have it
	busy    atomic.Bool // it sends much: its goroutine stays, if it has one
	ending  atomic.Bool
}

// accept answers a WebSocket's handshake. What comes in is for the caller to Run, beginning with what is returned.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, k *Session) (c *wire, leftover []byte, err error) {
	up, err := ws.Upgrade(w, r, ws.UpgradeOptions{Deflate: s.deflater != nil, Header: w.Header()})
	if err != nil {
		return nil, nil, err
	}
	c = &wire{k: k, sock: s.pool.Take(up.Conn), plain: !up.Deflate}
	c.parser = ws.Parser{MaxMessage: s.cfg.MaxPayload, Deflate: up.Deflate, Inflater: s.inflater}
	return c, up.Buffered, nil
}

// Handle implements socket.Handler.
func (c *wire) Handle(b []byte) (stay, ok bool) {
	take := c.message
	if c.probing {
		take = c.probe
	}
	k := c.k
	k.in.Lock()
	err := c.parser.Feed(b, take)
	c.held.Set(k.line, c.parser.Held())
	mine := k.handler.Settle()
	k.in.Unlock()
	k.handler.Work(mine)
	if err != nil {
		c.failed(err)
	}
	return c.busy.Load(), err == nil
}

// End implements socket.Handler.
func (c *wire) End(err error) {
	c.k.in.Lock()
	c.held.Set(c.k.line, 0) // the session may live on without it
	c.k.in.Unlock()
	if err != nil { // else it was us who stopped reading
		c.lost()
	}
}

// beginWebSocket starts a session on a WebSocket.
func (s *Server) beginWebSocket(w http.ResponseWriter, r *http.Request, k *Session) {
	c, leftover, err := s.accept(w, r, k)
	if err != nil {
		k.line.Drop(madang.CloseGone)
		return
	}
	k.mu.Lock()
	if c.plain {
		k.deflate = false
	}
	k.sock = c
	closed := k.closed
	k.mu.Unlock()
	s.add(k)
	if closed || !k.open(r, nil) { // the hub is going away
		s.forget(k)
		c.sock.Close()
		return
	}
	c.sock.Run(leftover, c)
}

// message takes a message of a session's own WebSocket.
func (c *wire) message(m ws.Message) error {
	switch m.Op {
	case ws.Ping:
		c.k.line.Send(ws.AppendFrame(nil, ws.Pong, m.Data))
		return nil
	case ws.Pong:
		return nil
	case ws.Close:
		code, _ := m.CloseReason()
		return &ws.CloseError{Code: code, Text: ""} // said back, as RFC 6455 §5.5.1 wants it
	}
	p, err := parse(c.k.version, m)
	if err != nil {
		return err
	}
	return c.k.receive(p)
}

func parse(v engineio.Version, m ws.Message) (engineio.Packet, error) {
	if m.Op == ws.Binary {
		return engineio.ParseBinary(v, m.Data)
	}
	return engineio.ParseText(v, m.Data)
}

// Busy says that the client sends much.
func (k *Session) Busy() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sock != nil {
		k.sock.busy.Store(true)
	}
}

// flush gives a batch to the connection. The session's lock is held.
func (c *wire) flush(b *madang.Batch) (int, error) {
	out := b.Bytes()
	if c.plain && c.k.deflate {
		return c.flushPlain(b)
	}
	n, again, err := c.sock.TryWrite(out)
	if err != nil || !again {
		return b.Len(), err
	}
	units, rest := b.Cut(n)
	c.finish(b, rest)
	return units, nil
}

// flushPlain undoes the compression for a connection that did not agree to it.
func (c *wire) flushPlain(b *madang.Batch) (int, error) {
	var out []byte
	for rest := b.Bytes(); len(rest) > 0; {
		f, more, ok := ws.Next(rest)
		if !ok {
			return 0, errors.New("websocket: a unit is not made of whole frames")
		}
		if f.Compressed {
			data, err := c.k.srv.inflater.Append(nil, f.Payload, 1<<30)
			if err != nil {
				return 0, err
			}
			out = ws.AppendFrame(out, f.Op, data)
		} else {
			out = append(out, rest[:len(rest)-len(more)]...)
		}
		rest = more
	}
	n, again, err := c.sock.TryWrite(out)
	if err == nil && again {
		c.finish(b, out[n:])
	}
	return b.Len(), err
}

// finish lets the connection write what it did not take at once.
func (c *wire) finish(b *madang.Batch, rest []byte) {
	b.Keep(len(rest))
	c.sock.Finish(rest, func(err error) {
		if err != nil {
			c.k.line.Drop(madang.CloseGone)
			return
		}
		c.k.line.Ready()
	})
}

// failed ends the session because of what came in. Where the WebSocket itself is at fault, or was closed, the client is
// told behind what was sent before; a WebSocket that was only probing takes nothing with it.
func (c *wire) failed(err error) {
	if !c.owns() {
		c.k.dropProbe(c)
		c.sock.Close()
		return
	}
	if refused, ok := errors.AsType[*ws.CloseError](err); ok {
		c.k.line.Send(ws.AppendClose(nil, refused.Code, refused.Text))
		c.k.line.Close(madang.CloseGone)
		return
	}
	c.k.fail(err)
}

// owns reports whether this is the session's carrier.
func (c *wire) owns() bool {
	c.k.mu.Lock()
	defer c.k.mu.Unlock()
	return c.k.sock == c
}

// lost is called when nothing more comes in.
func (c *wire) lost() {
	c.sock.Close()
	if c.owns() {
		c.k.line.Drop(madang.CloseGone)
	} else {
		c.k.dropProbe(c)
	}
}

// end closes the connection when the session has ended.
func (c *wire) end(r madang.CloseReason) {
	if c.ending.Swap(true) {
		return
	}
	switch r {
	case madang.CloseSlow, madang.CloseTimeout:
		c.sock.Abort()
	case madang.CloseProtocol:
		c.sock.Close()
	default: // the farewell is out; the client's answer, or its end, ends it
		c.sock.CloseWrite()
		time.AfterFunc(closeTime, c.sock.Close)
	}
}
