package pairing

import (
	"errors"
	"fmt"
	"time"
)

// Config is what can be set about pairing. Begin with Defaults.
type Config struct {
	// Format is what codes look like. Default digits-6.
	Format Format `doc:"what codes look like: digits-6 or base20-8"`
	// TTL is how long a code is good, at most 10m. Default 180s.
	TTL time.Duration `yaml:"ttl" doc:"how long a code is good"`
	// Tries is how many wrong tries a code takes before it is destroyed, at most 10. Default 5.
	Tries int `doc:"how many wrong tries destroy a code"`
	// Alarm is after how many codes that failed the hub is locked until its button is pressed, at most 10. Default 3.
	Alarm int `doc:"after how many codes that failed the hub is locked until its button is pressed"`

	// Hub is how many codes may be asked for at a hub, whoever asks.
	Hub Budget `doc:"how many codes may be asked for at a hub"`
	// Person is how many codes one person may ask for, and, counted apart, how often they may try one.
	Person Budget `doc:"how many codes one person may ask for, and how often they may try one"`
	// Address is the same for one address of the network, whoever uses it.
	Address Budget `doc:"how many codes may be asked for from one address, and how often one may be tried from there"`
}

// Defaults returns the configuration for when nothing is set. See the package's comment for how safe it is.
func Defaults() Config {
	return Config{
		Format: Digits, TTL: 180 * time.Second, Tries: 5, Alarm: 3,
		Hub:     Budget{Burst: 10, Pace: 10 * time.Second, Wait: time.Hour, Most: 24 * time.Hour, Rest: 24 * time.Hour},
		Person:  Budget{Burst: 10, Wait: time.Hour, Most: 24 * time.Hour, Rest: time.Hour},
		Address: Budget{Burst: 20, Wait: time.Hour, Most: 24 * time.Hour, Rest: time.Hour},
	}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Format != Digits && c.Format != Letters {
		errs = append(errs, fmt.Errorf("pairing: format is %q, must be %s or %s", c.Format, Digits, Letters))
	}
	if c.TTL < 10*time.Second || c.TTL > 10*time.Minute {
		errs = append(errs, fmt.Errorf("pairing: ttl is %v, must be 10s to 10m", c.TTL))
	}
	if c.Tries < 1 || c.Tries > 10 {
		errs = append(errs, fmt.Errorf("pairing: tries is %d, must be 1 to 10", c.Tries))
	}
	if c.Alarm < 1 || c.Alarm > 10 {
		errs = append(errs, fmt.Errorf("pairing: alarm is %d, must be 1 to 10", c.Alarm))
	}
	for name, b := range map[string]Budget{"hub": c.Hub, "person": c.Person, "address": c.Address} {
		if err := b.validate(); err != nil {
			errs = append(errs, fmt.Errorf("pairing: %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}
