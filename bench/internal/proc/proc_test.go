//go:build linux

package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// behaviour tells the test's own program, started as a child, what to be.
const behaviour = "BENCH_PROC_TEST"

func TestMain(m *testing.M) {
	if what := os.Getenv(behaviour); what != "" {
		os.Exit(child(what))
	}
	os.Exit(m.Run())
}

func child(what string) int {
	switch what {
	case "unavailable":
		fmt.Println("unavailable: no such engine")
		return 3
	case "ends":
		fmt.Fprintln(os.Stderr, "last words")
		return 7
	case "other pid":
		fmt.Println("ready 80", os.Getpid()+1)
	case "nonsense":
		fmt.Println("ready or not")
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready 4242", os.Getpid())
	case "ready":
		fmt.Printf("a line of its own\nready 4242 %d\n", os.Getpid())
	case "own words":
		fmt.Printf("port 4242 is open\nReady to accept connections\n")
	case "mute":
	}
	for {
		time.Sleep(time.Hour)
	}
}

func start(ctx context.Context, what string) (*Server, error) {
	c := Command{Path: os.Args[0], Env: []string{behaviour + "=" + what}}
	if what == "own words" {
		c.Ready, c.Port = "Ready to accept", 4242
	}
	return Start(ctx, c)
}

func gone(s *Server) bool { return errors.Is(syscall.Kill(s.PID, 0), syscall.ESRCH) }

func TestStartAndStop(t *testing.T) {
	for _, what := range []string{"ready", "stubborn", "own words"} {
		s, err := start(t.Context(), what)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if s.Port != 4242 || s.PID == os.Getpid() || gone(s) {
			t.Errorf("%s: port %d, process %d", what, s.Port, s.PID)
		}
		if rss, err := s.RSS(); err != nil || rss < 1<<20 {
			t.Errorf("%s: %d bytes of memory, %v", what, rss, err)
		}
		if cpu, err := s.CPU(); err != nil || cpu < 0 || cpu > time.Minute {
			t.Errorf("%s: %v of processor time, %v", what, cpu, err)
		}
		s.Stop()
		s.Stop()
		if !gone(s) {
			t.Errorf("%s: process %d is still there", what, s.PID)
		}
		if _, err := s.CPU(); err == nil {
			t.Errorf("%s: an ended process has processor time", what)
		}
		if _, err := s.RSS(); err == nil {
			t.Errorf("%s: an ended process has memory", what)
		}
	}
}

func TestStartFails(t *testing.T) {
	for what, want := range map[string]string{
		"unavailable": "no such engine",
		"ends":        "exit status 7); it wrote:\nlast words",
		"other pid":   "has to exec",
		"nonsense":    `"ready or not"`,
	} {
		s, err := start(t.Context(), what)
		if err == nil {
			s.Stop()
			t.Errorf("%s: no error", what)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %q does not tell %q", what, err, want)
		}
		if errors.Is(err, ErrUnavailable) != (what == "unavailable") {
			t.Errorf("%s: unavailable? %v", what, err)
		}
	}
	if _, err := Start(t.Context(), Command{Path: "/nonexistent/server"}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a program that does not exist: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := start(ctx, "mute"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestParse(t *testing.T) {
	stat := "12 (a (strange) name) S 1 12 12 0 -1 4194560 100 0 0 0 150 25 7 9 20 0 11 0 100 1 2 3"
	if cpu, err := parseCPU([]byte(stat)); err != nil || cpu != 1750*time.Millisecond {
		t.Errorf("processor time %v, %v", cpu, err)
	}
	if rss, err := parseRSS([]byte("900 25 10 1 0 5 0\n"), 4096); err != nil || rss != 25*4096 {
		t.Errorf("memory %d, %v", rss, err)
	}
	for _, bad := range []string{"", "12 (x) S 1", strings.Replace(stat, "150", "x", 1)} {
		if _, err := parseCPU([]byte(bad)); err == nil {
			t.Errorf("processor time of %q", bad)
		}
	}
	for _, bad := range []string{"", "1", "1 x"} {
		if _, err := parseRSS([]byte(bad), 4096); err == nil {
			t.Errorf("memory of %q", bad)
		}
	}
	if got := cpuModel("processor\t: 0\nmodel name\t: A: B\n"); got != "A: B" {
		t.Errorf("model %q", got)
	}
	if got := cpuModel("CPU implementer : 0x41\n"); got != "unknown" {
		t.Errorf("model %q", got)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var words tail
	for i := range 1000 {
		fmt.Fprintf(&words, "line %d\n", i)
	}
	if s := words.String(); len(s) > tailBytes || !strings.HasSuffix(s, "line 999") {
		t.Errorf("%d bytes, ending with %q", len(s), s[len(s)-20:])
	}
}

func TestRaiseFiles(t *testing.T) {
	if err := RaiseFiles(64); err != nil {
		t.Error(err)
	}
	if err := RaiseFiles(1 << 60); err == nil || !strings.Contains(err.Error(), "ulimit") {
		t.Errorf("more files than there can be: %v", err)
	}
}

func TestRedis(t *testing.T) {
	s, err := StartRedis(t.Context())
	if _, missing := exec.LookPath("redis-server"); missing != nil {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("it is not installed: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer := make([]byte, len("+PONG\r\n"))
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "+PONG\r\n" {
		t.Errorf("it answers %q, %v", answer, err)
	}
}

func TestWrites(t *testing.T) {
	n, err := parseWrites([]byte("rchar: 9\nwchar: 8\nsyscr: 7\nsyscw: 1234\nread_bytes: 0\n"))
	if err != nil || n != 1234 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := parseWrites([]byte("rchar: 9\n")); err == nil {
		t.Error("no error without the line")
	}
}
