package rest_test

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestClients drives the interface with the REST classes of Ably's own libraries. What is tested stands in clients/.
func TestClients(t *testing.T) {
	const folder = "clients"
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		install.Dir = folder
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("the clients cannot be installed: %v; install Node.js 20 or later and run: (cd dialect/ably/rest/clients && npm ci)\n%s", err, out)
		}
	}
	w := build(t, nil)
	u, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	tests := exec.CommandContext(ctx, "npm", "test")
	tests.Dir = folder
	var out bytes.Buffer
	tests.Stdout, tests.Stderr = &out, &out
	tests.WaitDelay = 5 * time.Second
	tests.Env = append(os.Environ(), "PORT="+u.Port())
	if err := tests.Run(); err != nil {
		t.Fatalf("npm test: %v\n%s", err, out.String())
	}
}
