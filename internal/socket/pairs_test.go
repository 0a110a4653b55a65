package socket_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"madang/internal/memnet"
	"madang/internal/socket"
)

// kinds are the ways to make a connected pair of every sort of connection that a Socket has to do with.
var kinds = []struct {
	name string
	pair func(t testing.TB) (here, peer net.Conn)
}{
	{"tcp", tcpPair},
	{"unix", unixPair},
	{"tls", tlsPair},
	{"memory", memPair},
	{"pipe", func(t testing.TB) (net.Conn, net.Conn) { return net.Pipe() }},
}

// plainKinds is how many of kinds, the first ones, have a descriptor that may be read and written directly.
const plainKinds = 2

// funcs are a Handler.
type funcs struct {
	handle func([]byte) (stay, ok bool)
	end    func(error)
}

func (f funcs) Handle(b []byte) (stay, ok bool) { return f.handle(b) }
func (f funcs) End(err error)                   { f.end(err) }

// ignore is a Handler that is only interested in the end.
func ignore(end func(error)) socket.Handler {
	return funcs{func([]byte) (bool, bool) { return false, true }, end}
}

// eachKind runs f once for each sort of connection and each way to make a Conn of it.
func eachKind(t *testing.T, f func(t *testing.T, here net.Conn, c socket.Conn, peer net.Conn)) {
	run := func(name string, pair func(testing.TB) (here, peer net.Conn), take func(*socket.Pool, net.Conn) socket.Conn) {
		t.Run(name, func(t *testing.T) {
			here, peer := pair(t)
			c := take(new(socket.Pool), here)
			t.Cleanup(func() {
				c.Abort()
				peer.Close()
			})
			f(t, here, c, peer)
		})
	}
	for i, k := range kinds {
		run(k.name, k.pair, (*socket.Pool).Take)
		if i < plainKinds {
			run(k.name+" halves", k.pair, (*socket.Pool).Halves)
		}
	}
}

func memPair(testing.TB) (here, peer net.Conn) {
	a, b := memnet.Pipe(0)
	return a, b
}

func tcpPair(t testing.TB) (here, peer net.Conn) { return netPair(t, "tcp", "127.0.0.1:0") }

func unixPair(t testing.TB) (here, peer net.Conn) {
	return netPair(t, "unix", filepath.Join(t.TempDir(), "s"))
}

func netPair(t testing.TB, network, address string) (here, peer net.Conn) {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	peer, err = net.Dial(network, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return here, peer
}

// tlsPair is a TLS connection over TCP, after its handshake.
func tlsPair(t testing.TB) (here, peer net.Conn) {
	t.Helper()
	server, client := tlsConfigs()
	h, p := tcpPair(t)
	return shake(t, tls.Server(h, server), tls.Client(p, client))
}

// tlsConfigs makes configurations that trust each other.
func tlsConfigs() (server, client *tls.Config) {
	certs := httptest.NewTLSServer(nil) // only for its certificate
	defer certs.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certs.Certificate())
	return &tls.Config{Certificates: certs.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

// shake does the handshake, up to the session tickets, which the client takes in with its first read.
func shake(t testing.TB, server, client *tls.Conn) (here, peer net.Conn) {
	t.Helper()
	wrote := make(chan error, 1)
	go func() {
		_, err := server.Write([]byte{0})
		wrote <- err
	}()
	if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	return server, client
}

// send writes all of b the way a flusher does and returns when it has been taken.
func send(s socket.Socket, b []byte) error {
	n, again, err := s.TryWrite(b)
	if err != nil || !again {
		return err
	}
	done := make(chan error)
	s.Finish(b[n:], func(err error) { done <- err })
	return <-done
}

// fill writes until the Socket takes no more, and returns how many bytes it took.
func fill(t testing.TB, s socket.Socket) (n int) {
	t.Helper()
	chunk := make([]byte, 8<<10)
	for {
		m, again, err := s.TryWrite(chunk)
		if err != nil {
			t.Fatal(err)
		}
		if n += m; again {
			return n
		}
	}
}
