package postgrestest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// install is what a machine without PostgreSQL is told.
const install = "apt-get install -y --no-install-recommends postgresql"

// startTime is how long a server may take to start or to end.
const startTime = 60 * time.Second

// superuser needs no password from this machine.
const superuser = "madang"

// A Server is one PostgreSQL. Its address stays the same when it is killed and started again.
type Server struct {
	Port int

	bin, dir  string
	who       *syscall.SysProcAttr
	process   *exec.Cmd
	exited    chan struct{}
	databases atomic.Int64
}

// Start makes a cluster and starts it. Stop ends it.
func Start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	s := &Server{Port: port, bin: bin, dir: dir}
	if s.who, err = somebody(dir); err == nil {
		_, err = s.run("initdb", "--pgdata", s.data(), "--username", superuser, "--auth", "trust", "--encoding", "UTF8",
			"--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	}
	if err == nil {
		err = s.Restart()
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// StartFor is Start for one test.
func StartFor(t testing.TB) *Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Main runs the tests of a package with a server for all of them, which it hands to use.
func Main(m *testing.M, use func(*Server)) int {
	s, err := Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	use(s)
	code := m.Run()
	if err := s.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// binaries returns the folder of PostgreSQL's programs. Debian keeps them out of the path, a folder for each version.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path) // the others are beside it
		return filepath.Dir(path), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL is missing; %s", install)
	}
	return filepath.Dir(slices.Max(found)), nil
}

// freePort returns a port on which nobody listens, below those that the system gives to outgoing connections.
func freePort() (int, error) {
	for range 200 {
		port := 12000 + int(time.Now().UnixNano()/100)%15000
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("found no free port")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run runs one of PostgreSQL's programs and returns what it said.
func (s *Server) run(program string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // a program of PostgreSQL, which ends by itself
	cmd.SysProcAttr, cmd.Dir = s.who, s.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// Restart starts the server, also after Kill, and returns when it answers.
func (s *Server) Restart() error {
	out, err := os.OpenFile(filepath.Join(s.dir, "output"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	s.process = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.Port), //nolint:gosec,noctx // Stop ends it
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "shared_buffers=32MB",
		"-c", "max_connections=120", "-c", "max_wal_size=64MB")
	s.process.Stdout, s.process.Stderr = out, out
	s.process.SysProcAttr, s.process.Dir = s.who, s.dir
	if err := s.process.Start(); err != nil {
		return err
	}
	p, exited := s.process, make(chan struct{})
	s.exited = exited
	go func() {
		_ = p.Wait() // how it ended does not matter
		close(exited)
	}()
	return s.await()
}

// await returns when the server answers.
func (s *Server) await() error {
	for end := time.Now().Add(startTime); ; {
		_, err := s.SQL("postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
		default:
			if time.Now().Before(end) {
				time.Sleep(30 * time.Millisecond)
				continue
			}
		}
		said, _ := os.ReadFile(filepath.Join(s.dir, "output"))
		return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, said)
	}
}

// SQL runs statements in a database, as PostgreSQL's own psql does, and returns what they print.
func (s *Server) SQL(database, statements string) (string, error) {
	return s.run("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1",
		"--port", strconv.Itoa(s.Port), "--username", superuser, "--dbname", database, "--command", statements)
}

// URL is the address of a database.
func (s *Server) URL(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}).String()
}

// Database makes a new database, a copy of another one or, if from is "", an empty one, and returns its URL.
func (s *Server) Database(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if from == "" {
		from = "template0"
	}
	if _, err := s.SQL("postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, from)); err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}

// Kill ends all processes of the server at once, as the kernel does when memory runs out.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	all := append([]int{s.process.Process.Pid}, children(s.process.Process.Pid)...)
	for _, id := range all {
		if p, err := os.FindProcess(id); err == nil {
			_ = p.Kill() // it may be gone already
		}
	}
	<-s.exited
	s.process = nil
}

// children returns the processes that a process has started, where the system tells.
func children(id int) (ids []int) {
	list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", id, id))
	for field := range strings.FieldsSeq(string(list)) {
		if n, err := strconv.Atoi(field); err == nil {
			ids = append(ids, n)
		}
	}
	return ids
}

// Stop ends the server, with whoever is connected, and removes the cluster.
func (s *Server) Stop() error {
	if s.process != nil {
		_ = s.process.Process.Signal(syscall.SIGINT) // its "fast shutdown"; it may be gone already
		select {
		case <-s.exited:
		case <-time.After(startTime):
			s.Kill()
		}
		s.process = nil
	}
	return os.RemoveAll(s.dir)
}
