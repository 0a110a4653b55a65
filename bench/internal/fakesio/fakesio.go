// Package fakesio is a small Socket.IO server for the benchmark's own tests.
// It speaks just enough to be measured, and can misbehave in the ways that the
// benchmark has to notice.
package fakesio

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Faults says how the server misbehaves. The zero value is an honest server.
type Faults struct {
	Refuse bool // no token is good enough
	// Alter changes each frame on its way to each connection: nil loses it.
	Alter func(frame string) []string
	// Queue is how many frames a slow connection may be behind; 0 means
	// without limit.
	Queue int
	// Drop loses what does not fit into the queue; otherwise the connection
	// is ended.
	Drop bool
}

// A Server listens on 127.0.0.1 until its test ends.
type Server struct {
	Port   int
	faults Faults

	mu    sync.Mutex
	rooms map[string][]*peer
	open  map[*peer]bool
}

// Start starts a server for a test.
func Start(t *testing.T, faults Faults) *Server {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Port: l.Addr().(*net.TCPAddr).Port, faults: faults, rooms: map[string][]*peer{}, open: map[*peer]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p := newPeer(s, c)
			all.Go(p.read)
			all.Go(p.write)
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.CloseAll()
		all.Wait()
	})
	return s
}

// CloseAll ends every connection.
func (s *Server) CloseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.open {
		p.end()
	}
}

// A peer is one connection: read handles calls, write empties the queue.
type peer struct {
	server *Server
	conn   net.Conn
	queue  []string
	more   sync.Cond // with server.mu
	ended  bool
}

func newPeer(s *Server, c net.Conn) *peer {
	_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10) // a stalled reader shall be felt soon
	p := &peer{server: s, conn: c}
	p.more.L = &s.mu
	s.mu.Lock()
	s.open[p] = true
	s.mu.Unlock()
	return p
}

// end closes the connection; server.mu is held.
func (p *peer) end() {
	p.ended = true
	p.conn.Close()
	p.more.Broadcast()
	delete(p.server.open, p)
}

// send queues a text frame; server.mu is held.
func (p *peer) send(text string) {
	texts := []string{text}
	if alter := p.server.faults.Alter; alter != nil {
		texts = alter(text)
	}
	for _, text := range texts {
		if q := p.server.faults.Queue; q > 0 && len(p.queue) >= q {
			if !p.server.faults.Drop {
				p.end()
			}
			return
		}
		p.queue = append(p.queue, text)
	}
	p.more.Signal()
}

func (p *peer) write() {
	for {
		p.server.mu.Lock()
		for len(p.queue) == 0 && !p.ended {
			p.more.Wait()
		}
		if p.ended {
			p.server.mu.Unlock()
			return
		}
		text := p.queue[0]
		p.queue = p.queue[1:]
		p.server.mu.Unlock()
		header := []byte{0x81, byte(len(text))}
		if len(text) > 125 {
			header = binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(text)))
		}
		if _, err := p.conn.Write(append(header, text...)); err != nil {
			return // read ends the connection
		}
	}
}

func (p *peer) read() {
	defer func() {
		p.server.mu.Lock()
		p.end()
		p.server.mu.Unlock()
	}()
	r := bufio.NewReader(p.conn)
	req, err := http.ReadRequest(r)
	if err != nil || req.Header.Get("Sec-WebSocket-Key") != "dGhlIHNhbXBsZSBub25jZQ==" {
		return
	}
	_, err = io.WriteString(p.conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	if err != nil {
		return
	}
	p.answer(`0{"sid":"x","pingInterval":25000}`, "2")
	for {
		text, err := readFrame(r)
		if err != nil {
			return
		}
		p.handle(text)
	}
}

// readFrame reads one frame whose mask is zero.
func readFrame(r *bufio.Reader) (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		var long [2]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return "", err
		}
		n = int(binary.BigEndian.Uint16(long[:]))
	}
	b := make([]byte, 4+n)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	return string(b[4:]), nil
}

func (p *peer) answer(texts ...string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	for _, text := range texts {
		p.send(text)
	}
}

func (p *peer) handle(text string) {
	if strings.HasPrefix(text, "40") {
		if p.server.faults.Refuse || strings.Count(text, ".") != 2 {
			p.answer(`44{"message":"unauthorized"}`)
			return
		}
		p.answer(`40{"sid":"x"}`)
		return
	}
	at := strings.IndexByte(text, '[')
	if at < 0 {
		return // a pong
	}
	var call []json.RawMessage
	if err := json.Unmarshal([]byte(text[at:]), &call); err != nil || len(call) < 2 {
		p.answer(fmt.Sprintf(`44{"message":%q}`, text))
		return
	}
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch room := string(call[1]); string(call[0]) {
	case `"sub"`:
		s.rooms[room] = append(s.rooms[room], p)
		p.send("43" + text[2:at] + "[1]")
	case `"pub"`:
		for _, member := range s.rooms[room] {
			member.send(`42["msg",` + string(call[2]) + "]")
		}
	case `"echo"`:
		p.send("43" + text[2:at] + "[" + room + "]")
	}
}
