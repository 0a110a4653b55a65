package pairing_test

import (
	"path/filepath"
	"testing"

	"madang/device/pairing"
	"madang/store/memory"
	"madang/store/sqlite"
)

// stores runs a test with each store.
func stores(t *testing.T, test func(*testing.T, pairing.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, memory.NewDevices()) })
	t.Run("sqlite", func(t *testing.T) {
		c := sqlite.Defaults()
		c.Path = filepath.Join(t.TempDir(), "madang.db")
		s, err := sqlite.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, s.Devices())
	})
}
