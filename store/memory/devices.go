package memory

import (
	"sync"

	"madang/device/pairing"
)

// Devices is a pairing.Store in memory. Make it with NewDevices.
type Devices struct {
	mu       sync.Mutex
	pairings map[pairing.Hub]pairing.State
	tallies  map[inApp[string]]pairing.Tally
}

// NewDevices returns an empty store.
func NewDevices() *Devices {
	return &Devices{pairings: map[pairing.Hub]pairing.State{}, tallies: map[inApp[string]]pairing.Tally{}}
}
