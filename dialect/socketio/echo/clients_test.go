package echo_test

import (
	"os/exec"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestClients drives the fixture with real Laravel Echo clients of three generations, over Socket.IO clients of two, and
// has the conversations with it that laravel-echo-server itself is asked to have; that needs redis-server.
func TestClients(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatalf("laravel-echo-server, which we compare with, needs redis-server: %v; apt-get install redis-server", err)
	}
	ports := nodetest.Fixture(t, "fixture")
	nodetest.Run(t, "clients", 5*time.Minute, "BASE_URL=http://127.0.0.1:"+ports[0])
}
