package password

import (
	"fmt"
	"runtime"
)

// Config is how much a new hash costs, and how many are made at a time.
type Config struct {
	// Memory is what one hash takes, in KiB.
	Memory uint32 `yaml:"memory"`
	// Passes is how many times a hash goes over its memory.
	Passes uint32 `yaml:"passes"`
	// Lanes is how many processors one hash is made for. The process has few of them, and many logins to make.
	Lanes uint8 `yaml:"lanes"`
	// Parallel is how many hashes are made at a time. 0: one for each processor.
	Parallel int `yaml:"parallel"`
	// Waiting is how many more may wait for their turn. What comes on top of them is told to try later.
	Waiting int `yaml:"waiting"`
}

// Defaults returns the configuration of a Hasher that was given none.
func Defaults() Config {
	return Config{Memory: 19 << 10, Passes: 2, Lanes: 1, Waiting: 1000}
}

// Bounds of the cost. A hash that somebody imports is checked at its own cost, so those are bounded too.
const (
	minMemory = 8 << 10   // KiB
	maxMemory = 256 << 10 // KiB
	maxPasses = 16
	maxLanes  = 16
)

// Validate reports what cannot work, or would not protect anybody.
func (c Config) Validate() error {
	switch {
	case c.Memory < minMemory || c.Memory > maxMemory:
		return fmt.Errorf("memory must be from %d to %d KiB, not %d", minMemory, maxMemory, c.Memory)
	case c.Passes < 1 || c.Passes > maxPasses:
		return fmt.Errorf("passes must be from 1 to %d, not %d", maxPasses, c.Passes)
	case c.Lanes < 1 || c.Lanes > maxLanes:
		return fmt.Errorf("lanes must be from 1 to %d, not %d", maxLanes, c.Lanes)
	case c.Memory < 64<<10 && uint64(c.Memory)*uint64(c.Passes) < 38<<10:
		return fmt.Errorf("memory %d KiB with passes %d is too cheap to guess; take at least 19456 KiB with 2 passes, or 65536 with 1", c.Memory, c.Passes)
	case c.Parallel < 0 || c.Waiting < 0:
		return fmt.Errorf("parallel and waiting must not be negative")
	}
	return nil
}

func (c Config) parallel() int {
	if c.Parallel > 0 {
		return c.Parallel
	}
	return runtime.GOMAXPROCS(0)
}
