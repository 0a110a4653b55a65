package memory_test

import (
	"testing"

	"madang/device"
	"madang/device/devicetest"
	"madang/device/oauth"
	"madang/device/pairing"
	"madang/store/memory"
)

func TestPairings(t *testing.T) {
	devicetest.Pairing(t, func(*testing.T) pairing.Store { return memory.NewDevices() })
}

func TestDevices(t *testing.T) {
	devicetest.Run(t, func(*testing.T) device.Store { return memory.NewDevices() })
}

func TestGrants(t *testing.T) {
	devicetest.Grants(t, func(*testing.T) oauth.Store { return memory.NewDevices() })
}
