package redistest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"madang/internal/child"
)

// install is what a machine without Redis is told.
const install = "apt-get install -y --no-install-recommends redis-server redis-sentinel redis-tools"

// startTime is how long a server may take to answer.
const startTime = 20 * time.Second

// A Server is one redis-server. Its address stays the same when it is killed and started again.
type Server struct {
	Addr    string // host:port
	Port    int
	TLSPort int // 0: it speaks no TLS

	t        T
	binary   string
	args     []string // as on the command line
	dir      string
	password string // for the package's own commands
	process  *exec.Cmd
	exited   chan struct{}
}

// Start starts a redis-server and returns when it answers. The settings are those of redis.conf as on its command line:
// Start(t, "--requirepass", "secret").
func Start(t T, settings ...string) *Server {
	t.Helper()
	s := newServer(t, "redis-server", freePort(t))
	s.args = append([]string{
		"--port", strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.dir,
		"--daemonize", "no", "--loglevel", "warning",
	}, settings...)
	for i, a := range settings[:max(0, len(settings)-1)] {
		switch a {
		case "--requirepass":
			s.password = settings[i+1]
		case "--tls-port":
			s.TLSPort, _ = strconv.Atoi(settings[i+1]) // else Redis says what is wrong with it
		}
	}
	s.Restart()
	return s
}

// newServer returns a server that is not running yet and ends with the test.
func newServer(t T, binary string, port int) *Server {
	t.Helper()
	path, err := exec.LookPath(binary)
	if err != nil {
		t.Fatalf("%s is missing: %v; %s", binary, err, install)
	}
	s := &Server{
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Port: port, t: t, binary: path, dir: t.TempDir(),
	}
	t.Cleanup(s.Kill)
	return s
}

// freePort returns a port on which nobody listens, below those that the system gives to outgoing connections: one of
// these could take it before the server does.
func freePort(t T) int {
	t.Helper()
	for range 200 {
		port := 12000 + int(time.Now().UnixNano()/100)%15000
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("found no free port")
	return 0
}

// URL returns the address as redis://host:port, with the password if there is one.
func (s *Server) URL() string {
	if s.password != "" {
		return "redis://:" + s.password + "@" + s.Addr
	}
	return "redis://" + s.Addr
}

// Restart starts the server again after Kill, with nothing in it, and returns when it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.launch()
	s.await("PONG", "PING")
}

// RestartAsReplica starts the server again after Kill, as a replica of another one, and returns when it answers.
func (s *Server) RestartAsReplica(of *Server) {
	s.t.Helper()
	s.args = append(s.args, "--replicaof", fmt.Sprint("127.0.0.1 ", of.public())) // the last one counts
	s.Restart()
}

// launch starts the process. What it says goes to a file that a failure shows.
func (s *Server) launch() {
	s.t.Helper()
	out, err := os.Create(filepath.Join(s.dir, "output"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Close()
	s.process = exec.Command(s.binary, s.args...) //nolint:gosec,noctx // the arguments are the test's; Kill ends it
	s.process.Stdout, s.process.Stderr = out, out
	s.process.SysProcAttr = child.Bound()
	if err := s.process.Start(); err != nil {
		s.t.Fatalf("start %s: %v", s.binary, err)
	}
	p, exited := s.process, make(chan struct{})
	s.exited = exited
	go func() {
		_ = p.Wait() // it is killed: there is always an error
		close(exited)
	}()
}

// Kill ends the process as a power cut does.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // it may be gone already
	<-s.exited
	s.process = nil
}

// Pause stops the process where it is: its connections stay open and silent.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(sig); err != nil {
		s.t.Fatalf("%v to %s: %v", sig, s.Addr, err)
	}
}

// Do sends a command on a connection of its own and returns the reply: texts as they are, arrays with a line for each
// item. An error of Redis fails the test.
func (s *Server) Do(args ...string) string {
	s.t.Helper()
	reply, err := s.Try(args...)
	if err != nil {
		s.t.Fatalf("%s: %s: %v", s.Addr, strings.Join(args, " "), err)
	}
	return reply
}

// Try is Do for commands that may fail.
func (s *Server) Try(args ...string) (string, error) {
	c, err := dial(s.Addr, s.password)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.do(args...)
}

// await sends a command until its reply contains a text.
func (s *Server) await(text string, args ...string) {
	s.t.Helper()
	var reply string
	var err error
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if reply, err = s.Try(args...); err == nil && strings.Contains(reply, text) {
			return
		}
		select {
		case <-s.exited:
			err = errors.Join(err, errors.New("it has ended"))
			s.t.Fatalf("%s on %s: %v\n%s", s.binary, s.Addr, err, s.output())
		default:
		}
	}
	s.t.Fatalf("%s on %s: no %q for %v within %v: %q, %v\n%s", s.binary, s.Addr, text, args, startTime, reply, err, s.output())
}

// output is what the process has said.
func (s *Server) output() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "output"))
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}
