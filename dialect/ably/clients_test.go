package ably_test

import (
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestClients drives the fixture with Ably's own client libraries of two generations. What is tested stands in clients/.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Log("the clients take a minute; they run without -short")
		return
	}
	ports := nodetest.Fixture(t, "fixture")
	nodetest.Run(t, "clients", 5*time.Minute, "PORT="+ports[0], "FAST_PORT="+ports[1])
}
