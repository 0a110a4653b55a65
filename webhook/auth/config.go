package auth

import (
	"errors"
	"fmt"
	"time"

	"madang/webhook"
)

// Config says whom to ask.
type Config struct {
	webhook.Config `yaml:",inline"`

	// AuthEndpoint is the path that follows the host: Laravel's own unless said otherwise.
	AuthEndpoint string
	// MaxConcurrent is how many questions this node asks at a time.
	MaxConcurrent int
	// MaxWaiting is how many more may wait for that; what comes then is refused at once.
	MaxWaiting int
	// Expiry is how long an answer holds; then the subscription ends. 0: as long as the connection.
	Expiry time.Duration
}

// Defaults returns the configuration of a server that has no backend to ask.
func Defaults() Config {
	return Config{Config: webhook.Defaults(), AuthEndpoint: "/broadcasting/auth", MaxConcurrent: 64, MaxWaiting: 10_000}
}

// Enabled reports whether there is somebody to ask.
func (c Config) Enabled() bool { return len(c.AuthHost) > 0 }

// Validate reports what cannot work.
func (c Config) Validate() error {
	errs := []error{c.Config.Validate()}
	if c.MaxConcurrent < 1 || c.MaxWaiting < 0 {
		errs = append(errs, fmt.Errorf("max_concurrent must be at least 1 and max_waiting not negative"))
	}
	if c.Expiry < 0 {
		errs = append(errs, fmt.Errorf("expiry must not be negative"))
	}
	if c.Enabled() && c.AuthEndpoint == "" {
		errs = append(errs, fmt.Errorf("auth_endpoint is empty; Laravel's is /broadcasting/auth"))
	}
	return errors.Join(errs...)
}
