package pairing_test

import (
	"testing"

	"madang/device/pairing"
	"madang/store/memory"
)

// stores runs a test with each store.
func stores(t *testing.T, test func(*testing.T, pairing.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, memory.NewDevices()) })
}
