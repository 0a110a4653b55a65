//go:build unix

package standard_test

import (
	"path/filepath"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestAccountClients lets real clients sign in to the whole server and talk. What they expect stands in account/clients.
func TestAccountClients(t *testing.T) {
	folder := filepath.Join("..", "..", "account", "clients")
	nodetest.Install(t, folder)
	dir := t.TempDir()
	configure(t, dir, accountsOn+"apps: [{id: app1, keys: [{name: key1, secret: the-secret-of-key1}]}]\n")
	p := serve(t, dir, nil)
	nodetest.Script(t, folder, "assembled", 2*time.Minute, "BASE_URL="+p.url, "PUSHER_KEY=key1")
}
