package hook

import (
	"errors"
	"time"

	"madang/webhook"
)

// Config says what is told where.
type Config struct {
	webhook.Config `yaml:",inline"`

	// HookEndpoint is the path that follows the host; empty: nobody is told.
	HookEndpoint string
	// MaxHooks is how many events may wait; what comes then is dropped.
	MaxHooks int
}

// Defaults returns the configuration of a server that tells nobody.
func Defaults() Config { return Config{Config: webhook.Defaults(), MaxHooks: 10_000} }

// Enabled reports whether anybody is told.
func (c Config) Enabled() bool { return c.HookEndpoint != "" }

// Validate reports what cannot work.
func (c Config) Validate() error {
	errs := []error{c.Config.Validate()}
	if c.MaxHooks < 1 {
		errs = append(errs, errors.New("max_hooks must be at least 1"))
	}
	if c.Enabled() && len(c.AuthHost) == 0 {
		errs = append(errs, errors.New("hook_endpoint is a path on the backend, but auth_host does not say where that is"))
	}
	return errors.Join(errs...)
}

// workers is how many requests are under way at a time.
const workers = 8

// quiet is how long the log says nothing more about the same trouble.
const quiet = 10 * time.Second
