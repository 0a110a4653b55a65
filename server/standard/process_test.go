//go:build unix

package standard_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come. It is long: the machine may be busy.
const patience = 30 * time.Second

// secret signs the tokens of configured servers.
const secret = "a-secret-of-the-tests-long-enough-for-HS256"

// environment is what programs of the test get: nothing that is set here.
func environment(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, more...)
}

// configure writes a configuration file into dir: the secret, a drain that takes no time, and what is given.
func configure(t *testing.T, dir, more string) {
	t.Helper()
	text := "auth: {jwt: {secret: " + secret + ", leeway: 0s}}\n" + more
	if !strings.Contains(more, "drain:") {
		text += "\ndrain: {grace: 0s, spread: 0s, timeout: 20s}\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "madang.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs the program to its end.
func command(t *testing.T, dir string, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	c := exec.CommandContext(ctx, program(), args...)
	var out, errs bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, environment(env...), &out, &errs
	_ = c.Run() // the status says it too
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// A process is a running server.
type process struct {
	url    string
	cmd    *exec.Cmd
	out    *bufio.Reader
	errors bytes.Buffer // to be read after it has ended
	ended  bool
}

// serve starts a server in dir and waits until it listens. It is killed at the end of the test if it still runs.
func serve(t *testing.T, dir string, env []string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program(), "serve", "--listen", "127.0.0.1:0")}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = dir, environment(env...), &p.errors
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.ended {
			p.kill(t)
		}
	})
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.ended = true
		t.Fatalf("%v: %v\n%s", err, p.cmd.Wait(), p.errors.String())
	}
	var ok bool
	if p.url, ok = strings.CutPrefix(strings.TrimSpace(line), "listening on "); !ok {
		t.Fatalf("first line %q", line)
	}
	return p
}

// kill ends the server as a power cut would, as far as a process can.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.ended = true
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	_ = p.cmd.Wait() // it says that it was killed
}

// signal tells the server to stop.
func (p *process) signal(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the server's end and returns its exit status and the rest of its output.
func (p *process) wait(t *testing.T) (status int, stdout string) {
	t.Helper()
	stop := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() }) // the status tells
	defer stop.Stop()
	rest, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	p.ended = true
	_ = p.cmd.Wait() // the status says it too
	return p.cmd.ProcessState.ExitCode(), string(rest)
}

// stop stops the server in good order.
func (p *process) stop(t *testing.T) (stdout string) {
	t.Helper()
	p.signal(t)
	status, out := p.wait(t)
	if status != 0 {
		t.Errorf("exit status %d after SIGTERM\n%s", status, p.errors.String())
	}
	return out
}
