package chat

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Config is what can be set about chat.
type Config struct {
	// MaxTextRunes is the greatest length of a message in characters (code points). Default 5000.
	MaxTextRunes int
	// MaxTextBytes is the greatest length of a message in bytes of UTF-8. Default 20000, enough for 5000 of any characters.
	MaxTextBytes int
	// MaxNameRunes is the greatest length of a room's name in characters. Default 100.
	MaxNameRunes int
	// MaxFirstMembers is how many members a room may be created with. Default 100.
	MaxFirstMembers int
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config {
	return Config{MaxTextRunes: 5000, MaxTextBytes: 20000, MaxNameRunes: 100, MaxFirstMembers: 100}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	for _, v := range []struct {
		name  string
		value int
	}{
		{"max_text_runes", c.MaxTextRunes},
		{"max_text_bytes", c.MaxTextBytes},
		{"max_name_runes", c.MaxNameRunes},
		{"max_first_members", c.MaxFirstMembers},
	} {
		if v.value < 1 {
			errs = append(errs, fmt.Errorf("chat: %s is %d, must be at least 1", v.name, v.value))
		}
	}
	return errors.Join(errs...)
}

func (c Config) text() TextLimits { return TextLimits{Runes: c.MaxTextRunes, Bytes: c.MaxTextBytes} }

func (c Config) name() TextLimits {
	return TextLimits{Runes: c.MaxNameRunes, Bytes: 4 * c.MaxNameRunes}
}

// An Option sets what a Service takes from its surroundings.
type Option func(*Service)

// WithClock makes a Service take the time from now instead of time.Now.
func WithClock(now func() time.Time) Option { return func(s *Service) { s.now = now } }

// WithIDs makes a Service take the ids of new rooms from newID, which must return a different valid room id at every
// call, instead of 26 random letters and digits.
func WithIDs(newID func() string) Option { return func(s *Service) { s.newID = newID } }

// New returns a Service that keeps its data in store, which stays the caller's to close.
func New(c Config, store Store, options ...Option) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Service{config: c, store: store, now: time.Now, newID: rand.Text}
	for _, o := range options {
		o(s)
	}
	return s, nil
}
