package carrier

import (
	"errors"
	"net/http"
	"time"

	"madang/dialect/socketio/engineio"
	"madang/internal/ws"
)

var errProbe = errors.New("engine.io: unexpected packet while moving to websocket")

// upgrade takes the WebSocket to which a polling session wants to move. The session goes on polling until the client
// says that it has moved; one such request at a time.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, k *Session) {
	k.mu.Lock()
	busy := k.closed || k.sock != nil || k.probe != nil || !s.cfg.AllowUpgrades
	k.mu.Unlock()
	if busy {
		s.refuseUpgrade(w, r)
		return
	}
	c, leftover, err := s.accept(w, r, k)
	if err != nil {
		return
	}
	c.probing = true
	k.mu.Lock()
	if k.closed || k.sock != nil || k.probe != nil {
		k.mu.Unlock()
		c.sock.Close()
		return
	}
	k.probe = c
	k.mu.Unlock()
	time.AfterFunc(s.cfg.UpgradeTimeout, func() {
		if k.dropProbe(c) {
			c.sock.Close()
		}
	})
	c.sock.Run(leftover, c)
}

// refuseUpgrade lets a WebSocket in only to close it, as the original does: clients expect no HTTP error here.
func (s *Server) refuseUpgrade(w http.ResponseWriter, r *http.Request) {
	up, err := ws.Upgrade(w, r, ws.UpgradeOptions{Header: w.Header()})
	if err != nil {
		return
	}
	_, _ = up.Conn.Write(ws.AppendClose(nil, ws.CodeNoStatus, "")) // it is closed whether it hears it or not
	_ = up.Conn.Close()
}

// probe takes a message of a WebSocket that is not the session's carrier yet.
func (c *wire) probe(m ws.Message) error {
	if c.owns() {
		return c.message(m)
	}
	switch m.Op {
	case ws.Ping, ws.Pong:
		return nil
	case ws.Close:
		return errClosed
	}
	p, err := parse(c.k.version, m)
	switch {
	case err != nil:
		return err
	case p.Type == engineio.Ping && string(p.Data) == "probe":
		return c.answerProbe()
	case p.Type == engineio.Upgrade:
		return c.takeOver()
	}
	return errProbe
}

// answerProbe says that the WebSocket works, and releases the poll that waits so that the client can stop polling.
func (c *wire) answerProbe() error {
	answer := c.k.packet(engineio.Packet{Type: engineio.Pong, Data: []byte("probe")})
	if n, _, err := c.sock.TryWrite(answer); err != nil || n < len(answer) {
		return errProbe // a fresh connection that has no room for eight bytes
	}
	c.k.mu.Lock()
	waiting := c.k.poll
	c.k.mu.Unlock()
	if waiting != nil {
		time.AfterFunc(noopDelay, func() { c.k.release(waiting) })
	}
	return nil
}

// overtakeTime is how long before the end of the move a poll may have come that was really sent after it: it came on
// another connection. Clients stop polling before they move.
const overtakeTime = 10 * time.Millisecond

// takeOver makes the WebSocket the session's carrier.
func (c *wire) takeOver() error {
	k := c.k
	k.mu.Lock()
	if k.closed || k.probe != c {
		k.mu.Unlock()
		return errProbe
	}
	waiting := k.poll
	k.poll, k.probe, k.sock = nil, nil, c
	k.mu.Unlock()
	switch {
	case waiting == nil:
	case time.Since(waiting.moving) < overtakeTime:
		waiting.refuse()
	default:
		waiting.answer(k.payload(engineio.Packet{Type: engineio.Noop}), engineio.ContentText)
	}
	k.line.Ready()
	return nil
}

// dropProbe forgets a WebSocket that did not take over; false if it is not, or no longer, the one.
func (k *Session) dropProbe(c *wire) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.probe != c {
		return false
	}
	k.probe = nil
	return true
}
