package carrier

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/internal/beats"
	"madang/internal/ws"
)

// A Session is one Engine.IO session: the hub's Link for one client.
type Session struct {
	srv     *Server
	line    *madang.Line
	handler Handler
	sid     string
	owner   string // what requests must have in common; see fingerprint
	version engineio.Version
	b64     bool // the client wants no binary payloads
	deflate bool // the frames in the logs may be compressed

	in sync.Mutex // held while a piece of input is taken apart: two carriers may bring some at once

	mu      sync.Mutex
	sock    *wire         // nil while polling
	poll    *poll         // the request that waits
	posting bool          // a POST is being read
	polled  chan struct{} // closed when a poll comes; nil: nobody waits for one
	probe   *wire         // asks to take over
	beaten  time.Duration // when the heartbeat began anew, on the clock of the beats
	pinged  bool          // a ping is out (revision 4)
	spared  bool          // it was late once, for the reason that a handler held up the reading
	closed  bool          // Close was called
	asked   uint64        // the newest stamp when the ping that is out was sent
	seen    uint64        // asked, of the last ping that was answered

	turn beats.Turn // when the next heartbeat is
}

// ID returns the session's id. It is a secret: who has it can read and write the session.
func (k *Session) ID() string { return k.sid }

// Version returns the revision of the protocol.
func (k *Session) Version() engineio.Version { return k.version }

// Seen returns a stamp of the hub's: whatever the session was sent with an older one has arrived, because the client has
// answered a heartbeat that was sent behind it. It is 0 before the first answer, and always in revision 3.
func (k *Session) Seen() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seen
}

// Line returns the hub's end.
func (k *Session) Line() *madang.Line { return k.line }

// Deflate reports whether frames for this session may be compressed.
func (k *Session) Deflate() bool { return k.deflate }

// Transport returns the name of the carrier: polling or websocket.
func (k *Session) Transport() string {
	if k.isPolling() {
		return polling
	}
	return webSocket
}

func (k *Session) isPolling() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sock == nil
}

// mayBe refuses requests that only know a session's public name.
func (k *Session) mayBe(r *http.Request) bool {
	return k.owner == "" || k.owner == fingerprint(k.srv.o.Remote(r), r)
}

// SendText sends one message of text.
func (k *Session) SendText(data []byte) {
	k.line.Send(k.packet(engineio.Packet{Type: engineio.Message, Data: data}))
}

// SendBinary sends one message of bytes.
func (k *Session) SendBinary(data []byte) {
	k.line.Send(k.packet(engineio.Packet{Type: engineio.Message, Binary: true, Data: data}))
}

func (k *Session) packet(p engineio.Packet) []byte {
	if p.Binary {
		return ws.AppendFrame(nil, ws.Binary, p.AppendBinary(nil, k.version))
	}
	return ws.AppendFrame(nil, ws.Text, p.AppendText(make([]byte, 0, len(p.Data)+1), k.version))
}

// End ends the session after what was sent.
func (k *Session) End(r madang.CloseReason) { k.line.Close(r) }

// Finish implements madang.Finisher.
func (k *Session) Finish(done func()) {
	if f, ok := k.handler.(interface{ Finish(func()) }); ok {
		f.Finish(done)
		return
	}
	done()
}

// Fork lets later bytes be read while Settle waits for something in them.
func (k *Session) Fork() {
	k.mu.Lock()
	c := k.sock
	k.mu.Unlock()
	if c != nil {
		c.sock.Fork()
	} // polling hands each request to a goroutine of its own
}

// Flush implements madang.Link.
func (k *Session) Flush(b *madang.Batch) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sock != nil {
		return k.sock.flush(b)
	}
	if k.poll == nil {
		return 0, nil
	}
	units, body, contentType, err := k.reframe(b)
	if err != nil {
		return 0, err
	}
	if body != nil { // else there was nothing that polling has a word for
		k.poll.answer(body, contentType)
		k.poll = nil
	}
	return units, nil
}

// Farewell implements madang.Link.
func (k *Session) Farewell(r madang.CloseReason) []byte {
	switch r {
	case madang.CloseDrain:
		return ws.AppendClose(nil, ws.CodeServiceRestart, "")
	case madang.CloseExpired, madang.CloseDenied:
		return ws.AppendClose(nil, ws.CodePolicyViolation, "")
	case madang.CloseError:
		return ws.AppendClose(nil, ws.CodeInternalError, "")
	case madang.CloseGone:
		return nil
	}
	return ws.AppendClose(nil, ws.CodeNoStatus, "")
}

// Close implements madang.Link.
func (k *Session) Close(r madang.CloseReason) {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return
	}
	k.closed = true
	k.srv.beats.Drop(k)
	sock, probe, waiting, handler := k.sock, k.probe, k.poll, k.handler
	k.poll, k.probe = nil, nil
	k.mu.Unlock()
	k.srv.forget(k)
	if waiting != nil {
		last := engineio.Packet{Type: engineio.Close}
		if r == madang.CloseGone { // it was the client who closed
			last.Type = engineio.Noop
		}
		waiting.answer(k.payload(last), engineio.ContentText)
	}
	if probe != nil {
		probe.sock.Close()
	}
	if sock != nil {
		sock.end(r)
	}
	if handler != nil {
		handler.Closed(r)
	}
}

// payload is a polling body of one packet.
func (k *Session) payload(p engineio.Packet) []byte {
	body, _ := engineio.AppendPayload(nil, k.version, []engineio.Packet{p}, true)
	return body
}

// open sends the handshake's packet and starts the handler. It reports false if the session has ended meanwhile.
func (k *Session) open(r *http.Request, upgrades []string) bool {
	h := engineio.Handshake{
		SID: k.sid, Upgrades: upgrades, MaxPayload: k.srv.cfg.MaxPayload,
		PingInterval: k.srv.cfg.PingInterval, PingTimeout: k.srv.cfg.PingTimeout,
	}
	k.line.Send(k.packet(engineio.Packet{Type: engineio.Open, Data: engineio.AppendOpen(nil, h)}))
	handler := k.srv.o.Open(k, r)
	k.mu.Lock()
	closed := k.closed
	k.handler = handler
	k.mu.Unlock()
	if closed { // by the hub, which is going away: nobody else has told the handler
		handler.Closed(madang.CloseDrain)
		return false
	}
	k.beat()
	return true
}

// receive takes one packet of the client.
func (k *Session) receive(p engineio.Packet) error {
	switch p.Type {
	case engineio.Message:
		return k.handler.Receive(p.Data, p.Binary)
	case engineio.Ping:
		if k.version == engineio.V4 {
			return errDirection
		}
		k.beat()
		k.line.Send(k.packet(engineio.Packet{Type: engineio.Pong, Data: p.Data}))
	case engineio.Pong:
		if k.version == engineio.V3 {
			return errDirection
		}
		k.mu.Lock()
		k.seen = k.asked
		k.mu.Unlock()
		k.beat()
	case engineio.Close:
		return errClosed
	case engineio.Open, engineio.Upgrade, engineio.Noop:
		// Without meaning here; the original ignores them too.
	}
	return nil
}

// fail ends the session because of what the client sent or did.
func (k *Session) fail(err error) {
	r := madang.CloseProtocol
	if errors.Is(err, errClosed) {
		r = madang.CloseGone
	}
	k.line.Drop(r)
}
