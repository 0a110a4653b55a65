package ws_test

import (
	"compress/flate"
	"errors"
	"net"
	"net/http"
	"testing"

	"madang/internal/socket"
	"madang/internal/ws"
)

// echo is a server that sends every message back, as a server of this module would be built: nothing of net/http stays
// behind.
type echo struct {
	pool     socket.Pool
	inflater ws.Inflater
	deflater *ws.Deflater
}

// serveEcho runs an echo server on a free port until the test ends, and returns its address.
func serveEcho(t testing.TB) string {
	t.Helper()
	deflater, err := ws.NewDeflater(flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: &echo{deflater: deflater}}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	return ln.Addr().String()
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up, err := ws.Upgrade(w, r, ws.UpgradeOptions{Deflate: true})
	if err != nil {
		return // answered
	}
	c := &echoConn{
		echo:    e,
		sock:    e.pool.Take(up.Conn),
		parser:  ws.Parser{Deflate: up.Deflate, Inflater: &e.inflater},
		deflate: up.Deflate,
	}
	c.sock.Run(up.Buffered, c)
}

// An echoConn is one connection. It writes from its reader, which therefore waits for a client that does not read.
type echoConn struct {
	*echo
	sock    socket.Conn
	parser  ws.Parser
	deflate bool
	over    bool // the close frame is out
}

var errLastWord = errors.New("the close frame has been answered")

// Handle implements socket.Handler.
func (c *echoConn) Handle(b []byte) (stay, ok bool) {
	if c.over { // a close with bytes unread would be a reset, which may overtake the last word
		return false, true
	}
	var out []byte
	err := c.parser.Feed(b, func(m ws.Message) error {
		switch {
		case m.Op == ws.Ping:
			out = ws.AppendFrame(out, ws.Pong, m.Data)
		case m.Op == ws.Pong:
		case m.Op == ws.Close:
			code, reason := m.CloseReason()
			out = ws.AppendClose(out, code, reason)
			return errLastWord
		case c.deflate:
			out = c.deflater.AppendDeflated(out, m.Op, m.Data)
		default:
			out = ws.AppendFrame(out, m.Op, m.Data)
		}
		return nil
	})
	if failed, ok := errors.AsType[*ws.CloseError](err); ok {
		out = ws.AppendClose(out, failed.Code, failed.Text)
	}
	if c.send(out) != nil {
		return false, false
	}
	if err != nil {
		c.over = true
		c.sock.CloseWrite() // and read on until the client has had its say
	}
	return false, true
}

func (c *echoConn) send(b []byte) error {
	n, again, err := c.sock.TryWrite(b)
	if err != nil || !again {
		return err
	}
	done := make(chan error)
	c.sock.Finish(b[n:], func(err error) { done <- err })
	return <-done
}

// End implements socket.Handler.
func (c *echoConn) End(error) { c.sock.Close() }
