//go:build linux

package proc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrUnavailable is returned by Start when a server says that it cannot run on
// this machine, or when its program does not exist.
var ErrUnavailable = errors.New("not run")

const (
	startLimit = 20 * time.Second
	stopLimit  = 3 * time.Second
	tailBytes  = 4 << 10 // of a server's complaints, for error messages
)

// A Command says how a server is started. The program has to print one line
// "ready PORT PID" when it listens on 127.0.0.1, or "unavailable: REASON".
type Command struct {
	Path string
	Args []string
	Dir  string
	Env  []string // added to the environment
	// Ready is for a program that has words of its own: it is ready with the
	// first line that holds these, and listens on Port.
	Ready string
	Port  int
	// On is the list of processors that it may use, as taskset(1) takes it;
	// empty: those of this process.
	On string
}

// A Server is a running child process.
type Server struct {
	Port int // on 127.0.0.1
	PID  int

	command Command
	cmd     *exec.Cmd
	stderr  *tail
	exited  chan struct{}
	stop    sync.Once
}

// Start starts a server and waits until it is ready. The caller has to Stop it.
// Should this process die without doing so, the kernel ends the child.
func Start(ctx context.Context, c Command) (*Server, error) {
	path, args := c.Path, c.Args
	if c.On != "" { // which becomes the server: the process stays the same
		path, args = "taskset", append([]string{"-c", c.On, c.Path}, c.Args...)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	// In a group of its own, a Ctrl-C at the terminal reaches only the
	// benchmark, which then ends its children in order. The signal at the
	// parent's death follows the thread that starts the child: Go ends a thread
	// early only under a goroutine that locked it, and there is none here.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	s := &Server{command: c, cmd: cmd, stderr: &tail{}, exited: make(chan struct{})}
	cmd.Stderr = s.stderr
	cmd.WaitDelay = stopLimit // for what inherited its stderr
	out, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		out.Close()
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is told by its silence and its last words
		close(s.exited)
	}()
	if err := s.awaitReady(ctx, out); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	return s, nil
}

// awaitReady reads the first line that matters and leaves a reader behind, so
// that the child never blocks on its output.
func (s *Server) awaitReady(ctx context.Context, out *os.File) error {
	said := make(chan error, 1)
	go func() {
		defer out.Close()
		r := bufio.NewScanner(out)
		said <- s.readReady(r)
		_, _ = io.Copy(io.Discard, out)
	}()
	timer := time.NewTimer(startLimit)
	defer timer.Stop()
	select {
	case err := <-said:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("it did not say that it is ready within %v%s", startLimit, s.lastWords())
	}
}

func (s *Server) readReady(lines *bufio.Scanner) error {
	for lines.Scan() {
		line := lines.Text()
		if reason, ok := strings.CutPrefix(line, "unavailable: "); ok {
			return fmt.Errorf("%w: %s", ErrUnavailable, reason)
		}
		if words := s.command.Ready; words != "" && strings.Contains(line, words) {
			s.Port, s.PID = s.command.Port, s.cmd.Process.Pid
			return nil
		}
		if !strings.HasPrefix(line, "ready ") {
			continue
		}
		port, pid, err := parseReady(line)
		if err != nil {
			return err
		}
		if pid != s.cmd.Process.Pid {
			return fmt.Errorf("it is process %d but says it is %d: a wrapper has to exec the server", s.cmd.Process.Pid, pid)
		}
		s.Port, s.PID = port, pid
		return nil
	}
	<-s.exited
	return fmt.Errorf("it ended before it was ready (%s)%s", s.cmd.ProcessState, s.lastWords())
}

func parseReady(line string) (port, pid int, err error) {
	if _, err := fmt.Sscanf(line, "ready %d %d", &port, &pid); err != nil || port < 1 || port > 65535 || pid < 1 {
		return 0, 0, fmt.Errorf("it said %q instead of \"ready PORT PID\"", line)
	}
	return port, pid, nil
}

// Stop ends the process, politely first, and returns when it is gone.
// More calls do nothing.
func (s *Server) Stop() {
	s.stop.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // an ended process is what is wanted
		select {
		case <-s.exited:
			return
		case <-time.After(stopLimit):
		}
		_ = s.cmd.Process.Kill()
		<-s.exited
	})
}

// Exited is closed when the process is gone.
func (s *Server) Exited() <-chan struct{} { return s.exited }

func (s *Server) lastWords() string {
	if words := s.stderr.String(); words != "" {
		return "; it wrote:\n" + words
	}
	return ""
}

// A tail keeps the last bytes written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailBytes; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
