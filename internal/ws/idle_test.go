//go:build linux

package ws_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"testing"

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

// idle opens connections, exchanges one message on each, says so, and holds them until its input ends.
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
		if _, err := io.WriteString(nc, good+"\r\n"); err != nil {
			return err
		}
		br := bufio.NewReader(nc)
		tp := textproto.NewReader(br)
		if _, err := tp.ReadLine(); err != nil {
			return err
		}
		if _, err := tp.ReadMIMEHeader(); err != nil {
			return err
		}
		if _, err := nc.Write(join(text("hello"))); err != nil {
			return err
		}
		echoed := make([]byte, 7)
		if _, err := io.ReadFull(br, echoed); err != nil {
			return err
		}
		if want := ws.AppendFrame(nil, ws.Text, []byte("hello")); !bytes.Equal(echoed, want) {
			return fmt.Errorf("%q came back", echoed)
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// BenchmarkIdleConnection reports what a connection costs that has been upgraded, has said something once, and is now
// silent: the growth of the resident set of the server's process, whose clients live in another one. Run it alone and
// once (-benchtime 1x).
func BenchmarkIdleConnection(b *testing.B) {
	const count = 5000
	for b.Loop() {
		address := serveEcho(b)
		debug.FreeOSMemory()
		before := resident(b)
		cmd := exec.CommandContext(b.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", idlersEnv, address, count))
		cmd.Stderr = os.Stderr
		hold, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			b.Fatalf("%q, %v", line, err)
		}
		b.ReportMetric(float64(resident(b)-before)/count, "B-resident/conn")
		debug.FreeOSMemory()
		b.ReportMetric(float64(resident(b)-before)/count, "B-after-gc/conn")
		hold.Close()
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

// resident is the resident set of this process in bytes.
func resident(b *testing.B) int {
	b.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.Atoi(string(bytes.Fields(statm)[1]))
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
