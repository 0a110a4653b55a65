package ably_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestGoClients drives the fixture with Ably's own client library for Go. What is tested stands in clients/go, a module of
// its own.
func TestGoClients(t *testing.T) {
	if testing.Short() {
		t.Log("the Go clients take some seconds; they run without -short")
		return
	}
	ports := nodetest.Fixture(t, "fixture")
	ctx, done := context.WithTimeout(t.Context(), 3*time.Minute)
	defer done()
	tests := exec.CommandContext(ctx, "go", "test", "-count=1", "./...")
	tests.Dir = "clients/go"
	tests.Env = append(os.Environ(), "GOWORK=off", "PORT="+ports[0], "FAST_PORT="+ports[1])
	tests.WaitDelay = 5 * time.Second
	if out, err := tests.CombinedOutput(); err != nil {
		t.Fatalf("go test in %s: %v; if modules are missing: (cd dialect/ably/clients/go && go mod download)\n%s", tests.Dir, err, out)
	}
}
