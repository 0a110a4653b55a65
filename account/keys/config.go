package keys

import (
	"fmt"
	"time"
)

// Config is how long keys live.
type Config struct {
	// Rotate is how long a key signs, from 24h to 8760h. Default 720h, 30 days.
	Rotate time.Duration `yaml:"rotate"`
	// Publish is how long before that it is published, at least 2h and less than rotate: others keep copies of the set for an
	// hour. Default 24h.
	Publish time.Duration `yaml:"publish"`
	// Keep is how long it is published after that. It must be as long as the longest token can be shown, which is 20160
	// minutes where expired tokens are refreshed. Default 360h, 15 days.
	Keep time.Duration `yaml:"keep"`
}

// Defaults returns the configuration of a server that is told nothing.
func Defaults() Config {
	return Config{Rotate: 720 * time.Hour, Publish: 24 * time.Hour, Keep: 360 * time.Hour}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case c.Rotate < 24*time.Hour || c.Rotate > 8760*time.Hour:
		return fmt.Errorf("rotate must be from 24h to 8760h, not %v", c.Rotate)
	case c.Publish < 2*maxAge || c.Publish >= c.Rotate:
		return fmt.Errorf("publish must be at least %v and less than rotate, not %v", 2*maxAge, c.Publish)
	case c.Keep < time.Hour || c.Keep > 8760*time.Hour:
		return fmt.Errorf("keep must be from 1h to 8760h, not %v", c.Keep)
	}
	return nil
}
