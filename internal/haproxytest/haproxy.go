// Package haproxytest starts a real haproxy for tests, with the configuration that it is given. It ends with the test.
package haproxytest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"madang/internal/child"
)

// install is what a machine without haproxy is told.
const install = "apt-get install -y --no-install-recommends haproxy"

// startTime is how long haproxy may take to listen: the machine may be busy.
const startTime = 60 * time.Second

// T is what the package needs of a testing.TB. A program that is no test can be one, too.
type T interface {
	Helper()
	Fatal(args ...any)                 // does not return
	Fatalf(format string, args ...any) // does not return
	TempDir() string                   // a folder that is removed in the end
	Cleanup(f func())                  // f runs in the end, what came last first
}

// Address returns an address of 127.0.0.1 at which nobody listens, for a configuration to bind. Its port is below those that the
// system gives to outgoing connections: one of these could take it before haproxy does.
func Address(t T) string {
	t.Helper()
	for range 200 {
		port := 12000 + int(time.Now().UnixNano()/100)%15000
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close() // it was only a question
			return l.Addr().String()
		}
	}
	t.Fatal("found no free port")
	return ""
}

// Start starts haproxy with a configuration, and returns when it accepts connections at one of the addresses (host:port) that
// the configuration binds. What haproxy says about a configuration that it refuses fails the test.
func Start(t T, configuration, address string) {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/haproxy"); err != nil {
			t.Fatalf("haproxy is missing: %v; %s", err, install)
		}
	}
	dir := t.TempDir()
	file, said := filepath.Join(dir, "haproxy.cfg"), filepath.Join(dir, "output")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(path, "-db", "-f", file) //nolint:noctx // Cleanup ends it
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = out, out, child.Bound()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start haproxy: %v", err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // what it has said tells more
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // os.ErrProcessDone: it has ended
		<-exited
	})
	if !listens(address, exited) {
		text, _ := os.ReadFile(said) // an unreadable file says nothing
		t.Fatalf("haproxy does not listen on %s:\n%s", address, text)
	}
}

// listens waits until somebody accepts connections, or exited says that nobody will.
func listens(address string, exited <-chan struct{}) bool {
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil { //nolint:noctx // it has a time limit
			_ = c.Close() // nothing was said
			return true
		}
		select {
		case <-exited:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}
