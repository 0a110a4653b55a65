//go:build linux

package socketio_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"testing"

	"madang"
	"madang/dialect/socketio"
	"madang/internal/ws"
)

// idlersEnv makes the test binary a process of clients instead: "address number".
const idlersEnv = "MADANG_TEST_IDLERS"

func TestMain(m *testing.M) {
	if job := os.Getenv(idlersEnv); job != "" {
		if err := idle(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// idle opens connections as a browser does, joins the guarded namespace with each, says so, and holds them until its
// input ends.
func idle(job string) error {
	var address string
	var count int
	if _, err := fmt.Sscan(job, &address, &count); err != nil {
		return err
	}
	conns := make([]net.Conn, count) // kept, or the collector would close them
	for i := range conns {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		conns[i] = nc
		if err := idler(nc); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

const idlersRequest = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" +
	"Host: chat.example:8080\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36\r\n" +
	"Upgrade: websocket\r\nOrigin: http://chat.example:8080\r\nSec-WebSocket-Version: 13\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"

func idler(nc net.Conn) error {
	if _, err := io.WriteString(nc, idlersRequest); err != nil {
		return err
	}
	br := bufio.NewReader(nc)
	if _, err := http.ReadResponse(br, nil); err != nil {
		return err
	}
	// A token of a usual length.
	connect := []byte(`40/g,{"token":"` + strings.Repeat("eyJhbGciOiJIUzI1NiJ9", 12) + `"}`)
	frame := ws.AppendHeader(nil, ws.Text, false, len(connect))
	frame[1] |= 0x80
	frame = append(append(frame, 0, 0, 0, 0), connect...)
	if _, err := nc.Write(frame); err != nil {
		return err
	}
	for { // until the event that follows the joining of the room
		head := make([]byte, 2)
		if _, err := io.ReadFull(br, head); err != nil {
			return err
		}
		text := make([]byte, head[1])
		if _, err := io.ReadFull(br, text); err != nil {
			return err
		}
		if bytes.HasPrefix(text, []byte(`42/g,["in"`)) {
			return nil
		}
	}
}

// BenchmarkIdleConnection reports what a client costs that has connected by WebSocket, has shown a token, is in one room
// and silent: the growth of the resident set of the server's process, whose clients live in another one. Run it alone
// and once (-benchtime 1x). With IDLE_HEAP=file the heap's profile is written there.
func BenchmarkIdleConnection(b *testing.B) {
	const count = 5000
	for b.Loop() {
		n := idleServer(b)
		debug.FreeOSMemory()
		before := resident(b)
		clients := exec.CommandContext(b.Context(), os.Args[0])
		clients.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", idlersEnv, n, count))
		clients.Stderr = os.Stderr
		in, err := clients.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := clients.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := clients.Start(); err != nil {
			b.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			b.Fatalf("the clients said %q: %v", line, err)
		}
		b.ReportMetric(float64(resident(b)-before)/count, "fresh-B/conn")
		var m runtime.MemStats
		debug.FreeOSMemory()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(resident(b)-before)/count, "RSS-B/conn")
		b.ReportMetric(float64(m.HeapAlloc)/count, "heap-B/conn")
		b.ReportMetric(float64(m.StackInuse)/count, "stack-B/conn")
		if name := os.Getenv("IDLE_HEAP"); name != "" {
			profile(b, name)
		}
		if err := in.Close(); err != nil {
			b.Fatal(err)
		}
		if err := clients.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

func profile(b *testing.B, name string) {
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
		b.Fatal(err)
	}
}

// idleServer is a server whose guarded clients are in one of a hundred rooms. It returns its address.
func idleServer(b *testing.B) (address string) {
	hub := madang.New(madang.Config{Guards: guards()})
	if err := hub.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = hub.Close() })
	cfg := socketio.Defaults()
	cfg.Namespaces = map[string]socketio.NamespaceConfig{"/g": {Guard: "api"}}
	sio, err := socketio.New(hub, cfg, socketio.Options{})
	if err != nil {
		b.Fatal(err)
	}
	g := sio.Of("/g")
	g.OnConnection(func(s *socketio.Socket) {
		if err := s.Join("room " + s.ID()[len(s.ID())-2:]); err != nil {
			b.Error(err)
		}
		_ = s.Emit("in") // without arguments: cannot fail
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: sio, BaseContext: func(net.Listener) context.Context { return context.Background() }}
	go func() { _ = srv.Serve(l) }()
	b.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String()
}

// resident returns the size of this process's resident set.
func resident(b *testing.B) int {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
