//go:build unix

package standard_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"madang/internal/nodetest"
	"madang/internal/postgrestest"
	"madang/internal/redistest"
)

// TestWanderers lets real clients lose their connection to one server and come back to another.
func TestWanderers(t *testing.T) {
	t.Parallel() // clients wait before they come back
	more := fmt.Sprintf("apps: [{id: shop, keys: [{name: shop-key, secret: shop-secret}]}]\nstore: {url: '%s'}\n"+
		"redis: {url: '%s', partitions: 4}\nsocketio: {connection_state_recovery: {max_disconnection_duration: 2m}}\n",
		postgrestest.StartFor(t).Database(t, ""), redistest.Start(t).URL())
	var urls []string
	for range 2 {
		dir := t.TempDir()
		configure(t, dir, more)
		urls = append(urls, serve(t, dir, nil).url)
	}
	nodetest.Script(t, filepath.Join("..", "..", "account", "clients"), "wander", time.Minute, "NODE_A="+urls[0], "NODE_B="+urls[1])
}
