//go:build unix

package standard_test

import (
	"path/filepath"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestAblyExample runs the Ably example's back end and clients, of two generations of Ably's library, against the program:
// they start it, kill it and start it again. The example's page has tests of its own, which need a browser.
func TestAblyExample(t *testing.T) {
	if testing.Short() {
		t.Log("the clients take more than a minute; they run without -short")
		return
	}
	nodetest.Script(t, filepath.Join("..", "..", "examples", "ably-chat"), "test:node", 8*time.Minute, "MADANG="+program())
}
