//go:build unix

package standard_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestDevicesByEveryProtocol lets real clients of all protocols be hubs, and people who command them. What they expect stands in
// account/clients/assembled/devices.test.mjs.
func TestDevicesByEveryProtocol(t *testing.T) {
	folder := filepath.Join("..", "..", "account", "clients")
	nodetest.Install(t, folder)
	nodetest.Install(t, filepath.Join("..", "..", "dialect", "ably", "clients"))
	dir := t.TempDir()
	configure(t, dir, accountsOn+"device: {enabled: true}\napps: [{id: app1, keys: [{name: key1, secret: the-secret-of-key1}]}]\n")
	p := serve(t, dir, nil)
	all := map[string]map[string]string{"hubs": {}, "users": {}}
	for i := range 4 {
		serial := fmt.Sprint("SN-", i)
		all["hubs"][serial] = hub(t, dir, serial)
	}
	for _, name := range []string{"kim", "lee", "mallory"} {
		all["users"][name] = user(t, p, name)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	nodetest.Script(t, folder, "devices", 2*time.Minute, "BASE_URL="+p.url, "PUSHER_KEY=key1", "DEVICES="+string(b))
}
