//go:build unix

package standard_test

import (
	"path/filepath"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestDeviceClients lets real clients of two generations pair with a box, in both modes. What they expect stands in
// dialect/socketio/clients.
func TestDeviceClients(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "dialect", "socketio", "clients")
	nodetest.Install(t, folder)
	atHomeDir, cloudDir := t.TempDir(), t.TempDir()
	// The display's two codes come at once, as tests do.
	atHome(t, atHomeDir, "origins: [http://panel.test]\n  pairing: {hub: {pace: 0s}}")
	configure(t, cloudDir, accountsOn+"device: {enabled: true, pairing: {hub: {pace: 0s}}}\n")
	box, cloud := serve(t, atHomeDir, nil), serve(t, cloudDir, nil)
	shown, kim := hub(t, cloudDir, "SN-1"), user(t, cloud, "kim")
	for mode, env := range map[string][]string{
		"home":  {"BASE_URL=" + box.url, "SERIAL=box-1", "PAGE_ORIGIN=http://panel.test"},
		"cloud": {"BASE_URL=" + cloud.url, "SERIAL=SN-1", "HUB_TOKEN=" + shown, "PERSON_TOKEN=" + kim},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			nodetest.Script(t, folder, "devices", time.Minute, env...)
		})
	}
}
