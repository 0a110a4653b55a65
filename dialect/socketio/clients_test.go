package socketio_test

import (
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestClients drives the fixture with the real clients of four generations, by WebSocket and from polling to it, and with raw
// requests; those that stay with polling are TestRoundRobin's. What is tested stands in clients/, and what the fixture must
// do in clients/FIXTURE.md.
func TestClients(t *testing.T) {
	nodetest.Install(t, "clients")
	t.Parallel()
	ports := nodetest.Fixture(t, "fixture", "-profile", "matrix")
	nodetest.Run(t, "clients", 8*time.Minute, "BASE_URL=http://127.0.0.1:"+ports[0], "CARRIERS=websocket,upgrade")
}
