package rest_test

import (
	"net/url"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestClients drives the interface with the REST classes of Ably's own libraries. What is tested stands in clients/.
func TestClients(t *testing.T) {
	u, err := url.Parse(build(t, nil).url)
	if err != nil {
		t.Fatal(err)
	}
	nodetest.Run(t, "clients", time.Minute, "PORT="+u.Port())
}
