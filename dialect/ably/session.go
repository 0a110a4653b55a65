package ably

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
	"madang/internal/beats"
	"madang/internal/ws"
)

// A session is one of the protocol's connections: the hub's Link, the owner of its Conn, and what takes in what its client
// sends. It has a socket, its carrier, or waits for its client to come back.
type session struct {
	srv    *Server
	app    string
	id     string // the connection's id on the wire
	remote string // address of the client when it began
	events wire   // how conn's events are written
	line   *madang.Line
	conn   *madang.Conn

	in sync.Mutex // held while something that the client has sent is handled, and while the carrier changes

	// Guarded by in.
	echo     bool // the client wants its own messages back
	claimed  string
	details  *token.Details         // set under mu as well
	attached map[string]*attachment // by the name that the client uses
	sides    map[string]*madang.Conn
	members  map[membership]*madang.Conn
	kept     map[madang.Channel]*madang.Listener
	upgrade  *upgrade // a WebSocket on which the client may go on
	sideNo   int
	syncNo   int
	done     acks

	mu       sync.Mutex
	carrier  *carrier
	pings    bool     // the client wants heartbeats as messages, because it does not see pings
	binary   bool     // it speaks MessagePack now, else JSON: it may come back in the other
	gone     *carrier // the one that was lost last
	fence    []byte   // a unit: what was sent before it was meant for an earlier carrier
	key      string   // what the client shows to find the connection again
	bye      []byte   // the farewell, if it is known already
	promptAt time.Time
	timers   [2]*time.Timer // while the client is away: for its presence, and for the session
	settled  bool           // it has begun, and may be ended by what it rests on
	ended    bool

	turn beats.Turn // of the next heartbeat
}

// A membership is one entry of a presence set.
type membership struct {
	channel  madang.Channel
	clientID string
}

// current returns the carrier, or nil.
func (s *session) current() *carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.carrier
}

// wire is what the client speaks now.
func (s *session) wire() wire {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire{binary: s.binary}
}

// send sends a message to this client alone.
func (s *session) send(p *protocol.Frame) { s.line.Send(s.wire().unit(p)) }

// parting is a last message and the WebSocket's end.
func (s *session) parting(p *protocol.Frame) []byte {
	return ws.AppendClose(s.wire().unit(p), ws.CodeNormal, "")
}

// end ends the session with a last message.
func (s *session) end(p *protocol.Frame) {
	bye := s.parting(p)
	s.mu.Lock()
	s.bye = bye
	s.mu.Unlock()
	s.line.Close(madang.CloseNormal)
}

// fail ends the session with an error that the client does not come back from by itself, unless its token is to blame.
func (s *session) fail(info *protocol.ErrorInfo) {
	s.end(&protocol.Frame{Action: protocol.Error, Error: info})
}

// renewKey makes what the client finds the connection with next time.
func (s *session) renewKey() {
	var b [15]byte
	_, _ = rand.Read(b[:]) // it never fails
	key := s.id + "-" + base64.RawURLEncoding.EncodeToString(b[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

// connected is CONNECTED, with an error if an earlier connection was not found.
func (s *session) connected(info *protocol.ErrorInfo) []byte { return s.wire().unit(s.hello(info)) }

func (s *session) hello(info *protocol.ErrorInfo) *protocol.Frame {
	cfg := &s.srv.cfg
	s.mu.Lock()
	key := s.key
	s.mu.Unlock()
	d := &protocol.ConnectionDetails{
		ConnectionKey: key, ClientID: s.details.ClientID, MaxMessageSize: int64(cfg.MaxMessage), MaxFrameSize: int64(cfg.MaxFrame),
		ConnectionStateTTL: cfg.StateTTL.Milliseconds(), MaxIdleInterval: cfg.Heartbeat.Milliseconds(),
		ServerID: string(s.srv.hub.Node()), MaxInboundRate: int64(s.srv.hub.Limits().MessageRate),
	}
	if s.details.Wildcard && d.ClientID == "" {
		d.ClientID = "*"
	}
	return &protocol.Frame{Action: protocol.Connected, ConnectionID: s.id, ConnectionDetails: d, Error: info}
}

// prove notes what the client has proved, from now on.
func (s *session) prove(d *token.Details) {
	at, ok := d.PromptAt(s.srv.hub.Now())
	if !ok {
		at = time.Time{}
	}
	s.mu.Lock()
	s.details, s.promptAt = d, at
	s.mu.Unlock()
}

// take handles one message of the client.
func (s *session) take(b []byte, binary bool) {
	defer func() {
		if v := recover(); v != nil {
			s.srv.log.Error("handling a message panicked; its connection is closed", "conn", s.conn.ID(),
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			s.line.Close(madang.CloseError)
		}
	}()
	if !s.afford() {
		return
	}
	p, err := protocol.Decode(b, binary)
	if err != nil {
		s.srv.log.Debug("a client sent something that is no message", "conn", s.conn.ID(), "error", err)
		s.fail(shape.Info(shape.CodeBadRequest, "This is not a message of the protocol."))
		return
	}
	for range max(len(p.Messages), len(p.Presence), len(p.Annotations)) - 1 { // the first has been paid for
		if !s.afford() {
			return
		}
	}
	s.dispatch(p)
}

// alone calls f while nothing else of the client is handled. The session can end even if f panics.
func (s *session) alone(f func()) {
	s.in.Lock()
	defer s.in.Unlock()
	f()
}

// throttle is how long a client that sends more than the node's limit waits for its next message to be looked at.
const throttle = 50 * time.Millisecond

// afford waits until the connection's allowance has room; false if it has ended meanwhile. Reading stops while it waits.
func (s *session) afford() bool {
	for {
		err := s.conn.Spend()
		if !errors.Is(err, madang.ErrTooMany) {
			return err == nil
		}
		select {
		case <-time.After(throttle):
		case <-s.conn.Done():
			return false
		}
	}
}

// dispatch does what a message asks for. Actions that it does not know are passed over, as the protocol wants it.
func (s *session) dispatch(p *protocol.Frame) {
	switch p.Action {
	case protocol.Heartbeat:
		s.send(&protocol.Frame{Action: protocol.Heartbeat, ID: p.ID})
	case protocol.Attach:
		s.attach(p)
	case protocol.Detach:
		s.detach(p.Channel)
	case protocol.Messages, protocol.Presence, protocol.Annotation, protocol.Objects:
		s.acknowledge(p)
	case protocol.Sync:
		if a := s.attached[p.Channel]; a != nil && a.modes&protocol.ModePresenceSub != 0 {
			if there, err := s.membersOf(a); err != nil {
				s.comeBack(err)
			} else {
				s.sync(a, there)
			}
		}
	case protocol.Auth:
		s.renew(p.Auth)
	case protocol.Close:
		s.leaveAll(func(membership) bool { return true }) // now: whoever asks next must not find it there
		s.end(&protocol.Frame{Action: protocol.Closed})
	case protocol.Disconnect:
		if c := s.current(); c != nil {
			s.line.Send(ws.AppendClose(nil, ws.CodeNormal, ""))
			c.finish()
		}
	}
}

// Disconnect implements madang.Owner. Whose token has expired may come back with another one to the same session.
func (s *session) Disconnect(r madang.CloseReason) {
	c := s.current()
	if r != madang.CloseExpired || c == nil {
		s.line.Close(r)
		return
	}
	s.line.Send(s.parting(goodbye(r)))
	c.finish()
}

// Describe implements madang.Described.
func (s *session) Describe() madang.Description {
	return madang.Description{Dialect: "ably", Remote: s.remote}
}

// Closed implements madang.Owner.
func (s *session) Closed(madang.CloseReason) {}

// Revoked implements madang.Revoker: a right has ended, or was not given again at a renewal; then recheck is about to see to
// it.
func (s *session) Revoked(ch madang.Channel) {
	go func() {
		s.in.Lock()
		defer s.in.Unlock()
		for name, a := range s.attached {
			if a.channel == ch && a.sub != nil && !slices.Contains(a.conn.Subscriptions(), a.sub) {
				s.drop(a)
				s.refuse(name, shape.Info(shape.CodeDenied, "The right to this channel has ended."))
			}
		}
	}()
}

// refuse tells the client that it is not in a channel.
func (s *session) refuse(channel string, info *protocol.ErrorInfo) {
	// Even if the name was empty, which is why: an error without a channel would be about the connection.
	s.send(&protocol.Frame{Action: protocol.Error, Channel: channel, OfChannel: true, Error: info})
}
