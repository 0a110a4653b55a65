package madangtest

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"

	"madang/internal/ws"
)

// A WebSocket is the Driver of dialects that are spoken over WebSocket. A line is a text message; a binary one is written
// as "binary" and its bytes in hexadecimal, the end as "end" with the close code, if there was one.
type WebSocket struct {
	// Target makes the request's path and query of what the transcript says.
	Target func(params string) string
	// Header is sent with the request. It may be nil.
	Header http.Header
	// Answer returns what the client answers to a message by itself (heartbeats), and whether the transcript does not
	// show either. It may be nil.
	Answer func(message string) (answer string, hidden bool)
}

// Open implements Driver.
func (d WebSocket) Open(ctx context.Context, dial Dial, params string) (Peer, error) {
	nc, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://talk"+d.Target(params), nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, d.Header)
	for k, v := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(k, v)
	}
	if err := r.Write(nc); err != nil {
		return nil, err
	}
	p := &webPeer{nc: nc, br: bufio.NewReader(nc), driver: d}
	answer, err := http.ReadResponse(p.br, r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the server answers the WebSocket with %s", answer.Status)
	}
	go p.read()
	return p, nil
}

// A webPeer is a client that is connected.
type webPeer struct {
	nc     net.Conn
	br     *bufio.Reader
	driver WebSocket

	mu    sync.Mutex
	lines []string
}

// Send implements Peer.
func (p *webPeer) Send(line string) error {
	op, payload := ws.Text, []byte(line)
	if digits, ok := strings.CutPrefix(line, "binary "); ok {
		b, err := hex.DecodeString(digits)
		if err != nil {
			return err
		}
		op, payload = ws.Binary, b
	}
	return p.write(op, payload)
}

// write sends a client's frame. The mask is a constant: nothing here needs to be hidden from a proxy.
func (p *webPeer) write(op ws.OpCode, payload []byte) error {
	frame := ws.AppendHeader(nil, op, false, len(payload))
	frame[1] |= 0x80
	mask := [4]byte{1, 2, 3, 4}
	frame = append(frame, mask[:]...)
	for i, c := range payload {
		frame = append(frame, c^mask[i%4])
	}
	_, err := p.nc.Write(frame)
	return err
}

// Received implements Peer.
func (p *webPeer) Received() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.lines
	p.lines = nil
	return lines
}

// Close implements Peer.
func (p *webPeer) Close() error { return p.nc.Close() }

func (p *webPeer) heard(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

// read takes the server's frames, which are whole messages and never masked.
func (p *webPeer) read() {
	for {
		op, payload, err := p.frame()
		if err != nil {
			p.heard("end")
			return
		}
		switch op {
		case ws.Text:
			p.text(string(payload))
		case ws.Binary:
			p.heard("binary " + hex.EncodeToString(payload))
		case ws.Ping:
			_ = p.write(ws.Pong, payload) // an end shows when it is read
		case ws.Close:
			line := "end"
			if len(payload) >= 2 {
				line = fmt.Sprintf("end %d", binary.BigEndian.Uint16(payload))
			}
			p.heard(line)
			_ = p.nc.Close() // the far end has ended as well
			return
		}
	}
}

func (p *webPeer) text(line string) {
	if p.driver.Answer != nil {
		if answer, hidden := p.driver.Answer(line); hidden {
			_ = p.write(ws.Text, []byte(answer)) // an end shows when it is read
			return
		}
	}
	p.heard(line)
}

func (p *webPeer) frame() (ws.OpCode, []byte, error) {
	var head [10]byte
	if _, err := io.ReadFull(p.br, head[:2]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1] & 0x7f)
	switch n {
	case 126:
		if _, err := io.ReadFull(p.br, head[2:4]); err != nil {
			return 0, nil, err
		}
		n = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		if _, err := io.ReadFull(p.br, head[2:10]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(head[2:])
	}
	payload := make([]byte, n)
	_, err := io.ReadFull(p.br, payload)
	return ws.OpCode(head[0] & 0x0f), payload, err
}
