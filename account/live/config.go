package live

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Config is what a Live is made of.
type Config struct {
	// Guards are those whose principals' claim sign_in counts. In the guards of dialects it is signed by this server.
	Guards []string `yaml:"guards"`
	// Look is how often the sign-ins that have connections are looked up: 1s to 10m. It matters for what a node did not hear.
	Look time.Duration `yaml:"look"`
	// Grace is after how long connections end that are to come back: time for the answer that has the new cookie to arrive.
	Grace time.Duration `yaml:"grace"`
	// SessionIdle and SessionRemember are how long a session lives on after it was last used, the latter for who asked to be
	// remembered: as those of package signin.
	SessionIdle     time.Duration `yaml:"session_idle"`
	SessionRemember time.Duration `yaml:"session_remember"`
}

// Defaults looks twice a minute.
func Defaults() Config {
	return Config{
		Guards: []string{"web", "api", "pusher", "ably"}, Look: 30 * time.Second, Grace: 500 * time.Millisecond,
		SessionIdle: 2 * time.Hour, SessionRemember: 30 * 24 * time.Hour,
	}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case len(c.Guards) == 0 || slices.Contains(c.Guards, ""):
		return errors.New("live: guards: none is named, or one has no name")
	case c.Look < time.Second || c.Look > 10*time.Minute:
		return fmt.Errorf("live: look: %v is not between 1s and 10m", c.Look)
	case c.Grace < 0 || c.Grace > time.Second:
		return fmt.Errorf("live: grace: %v is not between 0s and 1s", c.Grace)
	case c.SessionIdle < time.Second || c.SessionRemember < time.Second:
		return errors.New("live: session_idle and session_remember must be at least 1s")
	}
	return nil
}
