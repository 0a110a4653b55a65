package ably_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	const folder = "clients"
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = folder
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("the clients cannot be installed: %v; install Node.js 20 or later and run: (cd dialect/ably/clients && npm ci)\n%s", err, out)
		}
	}
	ctx, done := context.WithTimeout(t.Context(), 5*time.Minute)
	defer done()
	tests := exec.CommandContext(ctx, "npm", "test")
	tests.Dir = folder
	tests.Env = append(os.Environ(), "PORT="+ports[0], "FAST_PORT="+ports[1])
	if out, err := tests.CombinedOutput(); err != nil {
		t.Fatalf("npm test: %v\n%s", err, out)
	}
}

// startFixture builds and starts the fixture and returns its ports.
func startFixture(t *testing.T) (ports [2]string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "fixture")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./fixture").CombinedOutput(); err != nil {
		t.Fatalf("build the fixture: %v\n%s", err, out)
	}
	cmd := exec.Command(bin)
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
	if _, scanned := fmt.Sscanf(line, "ready %s %s", &ports[0], &ports[1]); scanned != nil {
		t.Fatalf("the fixture said %q, %v", line, err)
	}
	return ports
}
