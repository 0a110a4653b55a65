package pusher_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestClients drives the fixture with pusher-js, Laravel Echo and the server library for Node.js. What is tested stands in
// clients/.
func TestClients(t *testing.T) {
	port := startFixture(t)
	const folder = "clients"
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
		install.Dir = folder
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("the clients cannot be installed: %v; install Node.js 20 or later and run: (cd dialect/pusher/clients && npm ci)\n%s", err, out)
		}
	}
	ctx, done := context.WithTimeout(t.Context(), 5*time.Minute)
	defer done()
	tests := exec.CommandContext(ctx, "npm", "test")
	tests.Dir = folder
	tests.Env = append(os.Environ(), "BASE_URL=http://127.0.0.1:"+port)
	if out, err := tests.CombinedOutput(); err != nil {
		t.Fatalf("npm test: %v\n%s", err, failures(string(out)))
	}
}

// startFixture builds and starts the fixture and returns its port.
func startFixture(t *testing.T) (port string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "fixture")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./fixture").CombinedOutput(); err != nil {
		t.Fatalf("build the fixture: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, "-listen", "127.0.0.1:0")
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
	if _, scanned := fmt.Sscanf(line, "ready %s", &port); scanned != nil {
		t.Fatalf("the fixture said %q, %v", line, err)
	}
	return port
}

// failures keeps of the test runner's output what failed, with what it says about it.
func failures(out string) string {
	var kept []string
	deep := -1
	for line := range strings.Lines(out) {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "not ok"), strings.HasPrefix(text, "✖"):
			deep = indent
		case indent <= deep && !strings.HasPrefix(text, "---"):
			deep = -1
		}
		if deep >= 0 || strings.HasPrefix(line, "# tests") || strings.HasPrefix(line, "# fail") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
