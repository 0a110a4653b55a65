//go:build unix

package standard_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestAblyExample runs the Ably example's back end and clients, of two generations of Ably's library, against the program:
// they start it, kill it and start it again. The example's page has tests of its own, which need a browser.
func TestAblyExample(t *testing.T) {
	if testing.Short() {
		t.Log("the clients take more than a minute; they run without -short")
		return
	}
	folder := filepath.Join("..", "..", "examples", "ably-chat")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = folder
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v; install Node.js 20 or later and run: (cd examples/ably-chat && npm ci)\n%s", err, out)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Minute)
	defer stop()
	tests := exec.CommandContext(ctx, "npm", "run", "test:node")
	tests.Dir, tests.Env = folder, append(os.Environ(), "MADANG="+program())
	if out, err := tests.CombinedOutput(); err != nil {
		t.Fatalf("npm run test:node: %v\n%s", err, out)
	}
}
