package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"madang/dialect/socketio/engineio"
	"madang/dialect/socketio/packet"
	"madang/internal/ws"
)

// readSize is how much is read at once.
const readSize = 16 << 10

// maxSilence is the longest time for which a server may be silent, whatever it says of itself.
const maxSilence = 10 * time.Minute

// A reader is a connection's incoming side. It is used by one goroutine.
type reader struct {
	*Conn
	auth      []byte
	opened    bool // Engine.IO
	connected bool // Socket.IO
	packets   packet.Parser
	whole     packet.Assembler
}

// read reads until the connection ends.
func (c *Conn) read(auth []byte) {
	r := &reader{Conn: c, auth: auth}
	r.whole.Limits.MaxBytes = c.config.MaxMessage
	frames := ws.Parser{Client: true, MaxMessage: c.config.MaxMessage}
	b := make([]byte, readSize)
	for {
		n, err := c.rw.Read(b)
		if wrong := frames.Feed(b[:n], r.message); wrong != nil {
			if closing, ok := errors.AsType[*ws.CloseError](wrong); ok {
				wrong = fmt.Errorf("%w: %w", ErrProtocol, closing)
			}
			c.end(wrong)
			return
		}
		if err != nil {
			c.end(fmt.Errorf("%w: %w", ErrLost, err))
			return
		}
	}
}

// message takes a message of the WebSocket. What it returns ends the connection.
func (r *reader) message(m ws.Message) error {
	r.heard()
	var p engineio.Packet
	var err error
	switch m.Op {
	case ws.Ping:
		return r.out.add(ws.AppendMasked(nil, ws.Pong, m.Data), false)
	case ws.Pong:
		return nil
	case ws.Close:
		code, reason := m.CloseReason()
		return fmt.Errorf("%w: the server closed it (%d %q)", ErrLost, code, reason)
	case ws.Binary:
		p, err = engineio.ParseBinary(engineio.V4, m.Data)
	default:
		p, err = engineio.ParseText(engineio.V4, m.Data)
	}
	if err == nil {
		err = r.engine(p)
	}
	if errors.Is(err, engineio.ErrMalformed) || errors.Is(err, packet.ErrMalformed) {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return err
}

// engine takes an Engine.IO packet.
func (r *reader) engine(p engineio.Packet) error {
	if !r.opened && p.Type != engineio.Open {
		return fmt.Errorf("%w: %v came before the session was open", ErrProtocol, p.Type)
	}
	switch p.Type {
	case engineio.Open:
		return r.open(p.Data)
	case engineio.Ping:
		return r.out.add(frame(engineio.Packet{Type: engineio.Pong, Data: p.Data}), false)
	case engineio.Message:
		return r.socket(p)
	case engineio.Close:
		return fmt.Errorf("%w: the server closed the session", ErrLost)
	default: // Noop and Upgrade are polling's; a Pong answers nothing
		return nil
	}
}

// open reads the handshake and joins the namespace.
func (r *reader) open(data []byte) error {
	var h struct {
		PingInterval int64 `json:"pingInterval"`
		PingTimeout  int64 `json:"pingTimeout"`
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return fmt.Errorf("%w: the handshake: %w", ErrProtocol, err)
	}
	if r.opened || h.PingInterval <= 0 || h.PingTimeout <= 0 {
		return fmt.Errorf("%w: the handshake %.200q", ErrProtocol, data)
	}
	r.opened = true
	most := maxSilence.Milliseconds()
	quiet := time.Duration(min(h.PingInterval, most)+min(h.PingTimeout, most)) * time.Millisecond
	r.mu.Lock()
	if r.err == nil {
		r.quiet = min(quiet, maxSilence)
		r.alive = time.AfterFunc(r.quiet, func() { r.end(fmt.Errorf("%w: the server has said nothing for %v", ErrLost, r.quiet)) })
	}
	r.mu.Unlock()
	join := packet.Packet{Type: packet.Connect, Namespace: r.namespace, Data: r.auth}.Append(nil)
	return r.out.add(frame(engineio.Packet{Type: engineio.Message, Data: join}), false)
}

// heard notes that the server is there.
func (c *Conn) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.alive != nil && c.err == nil {
		c.alive.Reset(c.quiet)
	}
}

// patience is how long the server may take nothing.
func (c *Conn) patience() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet == 0 {
		return c.config.ConnectTimeout
	}
	return c.quiet
}

// socket takes what belongs to a Socket.IO packet.
func (r *reader) socket(p engineio.Packet) error {
	var m packet.Message
	var complete bool
	var err error
	if p.Binary {
		m, complete, err = r.whole.Binary(p.Data)
	} else {
		var head packet.Packet
		if head, err = r.packets.Parse(p.Data); err == nil {
			m, complete, err = r.whole.Text(head)
		}
	}
	if err != nil || !complete || m.Packet.Namespace != r.namespace {
		return err
	}
	switch m.Packet.Type.Plain() {
	case packet.Connect:
		return r.welcome(m.Packet.Data)
	case packet.ConnectError:
		return refused(m.Packet.Data)
	case packet.Disconnect:
		return ErrDisconnected
	}
	if !r.connected {
		return fmt.Errorf("%w: %v came before the namespace was joined", ErrProtocol, m.Packet.Type)
	}
	if m.Packet.Attachments == 0 {
		m.Packet.Data = bytes.Clone(m.Packet.Data) // it is the frame's
	}
	list, err := args(m)
	if err != nil {
		return err
	}
	if m.Packet.Type.Plain() == packet.Ack {
		r.answer(m.Packet.ID, list)
		return nil
	}
	return r.event(m, list)
}

func (r *reader) welcome(data []byte) error {
	var said struct {
		SID string `json:"sid"`
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &said); err != nil {
			return fmt.Errorf("%w: the answer to CONNECT: %w", ErrProtocol, err)
		}
	}
	if r.connected {
		return fmt.Errorf("%w: the namespace was joined twice", ErrProtocol)
	}
	r.connected = true
	r.mu.Lock()
	r.id = said.SID
	r.mu.Unlock()
	close(r.joined)
	return nil
}

// answer hands an acknowledgement to who waits for it, if anybody still does.
func (r *reader) answer(id uint64, a Args) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to := r.calls[id]; to != nil {
		delete(r.calls, id)
		to <- a // there is room for one, and there is only this one
	}
}

func (r *reader) event(m packet.Message, list Args) error {
	if list.Len() == 0 {
		return fmt.Errorf("%w: an event without a name", ErrProtocol)
	}
	name, err := packet.Name(list.list[0])
	if err != nil {
		return err
	}
	if r.config.Events[name] == nil {
		return nil
	}
	size := overhead + len(m.Packet.Data)
	for _, part := range m.Parts {
		size += len(part)
	}
	list.list = list.list[1:]
	return r.in.add(&Event{Name: name, Args: list, conn: r.Conn, id: m.Packet.ID, wantsAck: m.Packet.HasID, size: size})
}
