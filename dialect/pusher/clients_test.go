package pusher_test

import (
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestClients drives the fixture with pusher-js, Laravel Echo and the server library for Node.js. What is tested stands in
// clients/.
func TestClients(t *testing.T) {
	ports := nodetest.Fixture(t, "fixture")
	nodetest.Run(t, "clients", 5*time.Minute, "BASE_URL=http://127.0.0.1:"+ports[0])
}
