package socketio_test

import (
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestClients drives the fixture with the real clients of four generations, over each carrier, and with raw requests.
// What is tested stands in clients/, and what the fixture must do in clients/FIXTURE.md.
func TestClients(t *testing.T) {
	ports := nodetest.Fixture(t, "fixture", "-profile", "matrix")
	nodetest.Run(t, "clients", 8*time.Minute, "BASE_URL=http://127.0.0.1:"+ports[0])
}
