//go:build unix

package madang_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"madang"
	"madang/internal/socket"
)

// The clients of the benchmarks live in a process of their own, which is this test binary again: so the CPU time that is
// reported is the server's alone.
const (
	benchAddr  = "MADANG_BENCH_ADDR"
	benchLinks = "MADANG_BENCH_LINKS"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(benchAddr); addr != "" {
		if err := benchClients(addr, os.Getenv(benchLinks)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// benchClients connects and reads. For each number of bytes on standard input it answers with a line when so many have
// come in all.
func benchClients(addr, links string) error {
	n, err := strconv.Atoi(links)
	if err != nil {
		return err
	}
	var total, target atomic.Int64
	reached := make(chan struct{}, 1)
	for range n {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		go func() {
			buf := make([]byte, 32<<10)
			for {
				k, err := nc.Read(buf)
				if err != nil {
					return
				}
				now := total.Add(int64(k))
				if want := target.Load(); want > 0 && now >= want && target.CompareAndSwap(want, 0) {
					reached <- struct{}{}
				}
			}
		}()
	}
	fmt.Println("connected")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		want, err := strconv.ParseInt(in.Text(), 10, 64)
		if err != nil {
			return err
		}
		target.Store(want)
		if total.Load() < want || !target.CompareAndSwap(want, 0) { // else nobody else will say so
			<-reached
		}
		fmt.Println("reached")
	}
	return nil
}

// A tcpLink is the plainest link over TCP.
type tcpLink struct {
	sock socket.Socket
	line atomic.Pointer[madang.Line]
}

func (l *tcpLink) Flush(b *madang.Batch) (int, error) {
	n, again, err := l.sock.TryWrite(b.Bytes())
	if err != nil {
		return 0, err
	}
	units, rest := b.Cut(n)
	if again {
		b.Keep(len(rest))
		l.sock.Finish(rest, func(err error) {
			if err != nil {
				l.line.Load().Drop(madang.CloseGone)
				return
			}
			l.line.Load().Ready()
		})
	}
	return units, nil
}

func (l *tcpLink) Farewell(madang.CloseReason) []byte { return nil }
func (l *tcpLink) Close(madang.CloseReason)           { l.sock.Close() }

// A benchRig is a hub with clients in another process.
type benchRig struct {
	b      *testing.B
	h      *madang.Hub
	in     io.Writer
	out    *bufio.Scanner
	expect int64 // bytes
}

func newBenchRig(b *testing.B, links int, room func(link int) string) *benchRig {
	b.Helper()
	r := &benchRig{b: b, h: startHub(b, madang.Config{Limits: madang.Limits{MaxLag: 1 << 30}})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	child := exec.Command(self) // not for the context, which ends before the clean-up does
	child.Env = append(os.Environ(), benchAddr+"="+ln.Addr().String(), benchLinks+"="+strconv.Itoa(links))
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close() // tells it to end
		if err := child.Wait(); err != nil {
			b.Error(err)
		}
	})
	r.in, r.out = in, bufio.NewScanner(out)
	for i := range links {
		nc, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		l := &tcpLink{sock: socket.New(nc)}
		line, err := r.h.Open(l)
		if err != nil {
			b.Fatal(err)
		}
		l.line.Store(line)
		c, err := line.Connect(b.Context(), madang.ConnRequest{Dialect: plain{}, Principal: user("u")})
		if err != nil {
			b.Fatal(err)
		}
		sub(b, c, 0, room(i))
	}
	r.answer("connected")
	return r
}

func (r *benchRig) answer(want string) {
	r.b.Helper()
	if !r.out.Scan() || r.out.Text() != want {
		r.b.Fatalf("the clients said %q instead of %q", r.out.Text(), want)
	}
}

// await waits until the clients have so many more deliveries of 64 bytes of data.
func (r *benchRig) await(deliveries int) {
	r.b.Helper()
	r.expect += int64(deliveries) * 68
	if _, err := fmt.Fprintln(r.in, r.expect); err != nil {
		r.b.Fatal(err)
	}
	r.answer("reached")
}

// measure reports what turns cost, each of so many deliveries.
func (r *benchRig) measure(deliveries int, turn func()) {
	turn() // once, so that everything has its size
	r.await(deliveries)
	start := cpu(r.b)
	r.b.ResetTimer()
	for range r.b.N {
		turn()
		r.await(deliveries)
	}
	r.b.StopTimer()
	all := float64(r.b.N * deliveries)
	r.b.ReportMetric((cpu(r.b)-start).Seconds()/all*1e6, "cpu-s/M")
	r.b.ReportMetric(all/r.b.Elapsed().Seconds(), "deliveries/s")
}

// cpu returns the CPU time of this process, without its children.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchText = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func BenchmarkBursts(b *testing.B) {
	r := newBenchRig(b, 1000, func(int) string { return "all" })
	r.measure(64*1000, func() {
		for range 64 {
			publish(b, r.h, "all", benchText, "")
		}
	})
}

func BenchmarkOneByOne(b *testing.B) {
	r := newBenchRig(b, 1000, func(int) string { return "all" })
	r.measure(1000, func() { publish(b, r.h, "all", benchText, "") })
}

func BenchmarkRooms(b *testing.B) {
	r := newBenchRig(b, 5000, func(i int) string { return strconv.Itoa(i / 10) })
	r.measure(5000, func() {
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for room := w; room < 500; room += 4 {
					publish(b, r.h, strconv.Itoa(room), benchText, "")
				}
			})
		}
		wg.Wait()
	})
}
