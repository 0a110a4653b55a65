// Package fake is a small server for the benchmark's own tests. It speaks each
// protocol just enough to be measured, and can misbehave in the ways that the
// benchmark has to notice.
package fake

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Faults says how the server misbehaves. The zero value is an honest server.
type Faults struct {
	Refuse bool // nobody is good enough
	Echoes bool // what a client whispers comes back to it
	// Alter changes each frame on its way to each connection: nil loses it.
	Alter func(frame string) []string
	// Queue is how many frames a slow connection may be behind; 0 means
	// without limit.
	Queue int
	// Patience is with how many connections, the first ones, Queue does not
	// count: a loaded machine lets any reader fall behind.
	Patience int
	// Drop loses what does not fit into the queue; otherwise the connection
	// is ended.
	Drop bool
	// Auth is where the application is asked whom to let in, for Echo.
	Auth string
}

// A Server listens on 127.0.0.1 until its test ends.
type Server struct {
	Port   int
	faults Faults

	mu    sync.Mutex
	rooms map[string][]*peer
	open  map[*peer]bool
	came  int // connections
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
	room   int       // for so many frames; 0: without limit
	op     byte      // opcode of its frames, with the bit of a final one
	more   sync.Cond // with server.mu
	ended  bool
}

func newPeer(s *Server, c net.Conn) *peer {
	_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10) // a stalled reader shall be felt soon
	p := &peer{server: s, conn: c, op: 0x81}
	p.more.L = &s.mu
	s.mu.Lock()
	s.open[p] = true
	if s.came++; s.came > s.faults.Patience {
		p.room = s.faults.Queue
	}
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

// send queues a frame; server.mu is held.
func (p *peer) send(text string) {
	texts := []string{text}
	if alter := p.server.faults.Alter; alter != nil {
		texts = alter(text)
	}
	for _, text := range texts {
		if p.room > 0 && len(p.queue) >= p.room {
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
		header := []byte{p.op, byte(len(text))}
		if len(text) > 125 {
			header = binary.BigEndian.AppendUint16([]byte{p.op, 126}, uint16(len(text)))
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
	if err != nil {
		return
	}
	if strings.HasPrefix(req.URL.Path, "/apps/") {
		p.server.channels(p.conn)
		return
	}
	if req.Header.Get("Sec-WebSocket-Key") != "dGhlIHNhbXBsZSBub25jZQ==" {
		return
	}
	_, err = io.WriteString(p.conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	if err != nil {
		return
	}
	handle := p.greet(req)
	for {
		text, err := readFrame(r)
		if err != nil {
			return
		}
		handle(text)
	}
}

// greet says what the protocol begins with and returns what reads its packets.
func (p *peer) greet(req *http.Request) (handle func(text string)) {
	switch {
	case strings.HasPrefix(req.URL.Path, "/app/"):
		p.answer(`{"event":"pusher:connection_established","data":"{\"socket_id\":\"`+socketID+`\",\"activity_timeout\":30}"}`, `{"event":"pusher:ping","data":{}}`)
		return p.pusher
	case req.URL.Path == "/":
		p.ablyConnect(req.URL.Query())
		return p.ably
	case req.URL.Query().Get("EIO") == "3":
		p.answer(`0{"sid":"x","pingInterval":25000}`, "40")
		return p.echo
	}
	p.answer(`0{"sid":"x","pingInterval":25000}`, "2")
	return p.socketIO
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

// whisper sends a text to everybody in a room but this peer; server.mu is held.
func (p *peer) whisper(room, text string) {
	for _, member := range p.server.rooms[room] {
		if member != p || p.server.faults.Echoes {
			member.send(text)
		}
	}
}
