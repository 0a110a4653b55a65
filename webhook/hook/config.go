package hook

import (
	"errors"
	"time"
)

// Config says what is told where. The backend is that of the authorization.
type Config struct {
	// HookEndpoint is the path that follows the host; empty: nobody is told.
	HookEndpoint string
	// MaxHooks is how many events may wait; what comes then is dropped.
	MaxHooks int
}

// Defaults returns the configuration of a server that tells nobody.
func Defaults() Config { return Config{MaxHooks: 10_000} }

// Enabled reports whether anybody is told.
func (c Config) Enabled() bool { return c.HookEndpoint != "" }

// Validate reports what cannot work.
func (c Config) Validate() error {
	if c.MaxHooks < 1 {
		return errors.New("max_hooks must be at least 1")
	}
	return nil
}

// workers is how many requests are under way at a time.
const workers = 8

// quiet is how long the log says nothing more about the same trouble.
const quiet = 10 * time.Second
