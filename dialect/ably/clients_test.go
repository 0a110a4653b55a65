package ably_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestClients drives the fixture with Ably's own client libraries of two generations. What is tested stands in clients/.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Log("the clients take a minute; they run without -short")
		return
	}
	ports := startFixture(t)
	npm(t, 5*time.Minute, "test", "PORT="+ports[0], "FAST_PORT="+ports[1])
}

// npm runs a script of clients/ with more in its environment, and returns what it says.
func npm(t *testing.T, atMost time.Duration, script string, env ...string) string {
	t.Helper()
	const folder = "clients"
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = folder
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("the clients cannot be installed: %v; install Node.js 20 or later and run: (cd dialect/ably/clients && npm ci)\n%s", err, out)
		}
	}
	ctx, done := context.WithTimeout(t.Context(), atMost)
	defer done()
	run := exec.CommandContext(ctx, "npm", "run", script)
	run.Dir, run.Env = folder, append(os.Environ(), env...)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("npm run %s: %v\n%s", script, err, out)
	}
	return string(out)
}

// startFixture builds and starts the fixture and returns its ports, two for each node.
func startFixture(t *testing.T, flags ...string) (ports []string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "fixture")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./fixture").CombinedOutput(); err != nil {
		t.Fatalf("build the fixture: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, flags...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop the fixture: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the fixture has failed: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "ready" {
		t.Fatalf("the fixture said %q, %v", line, err)
	}
	return words[1:]
}
