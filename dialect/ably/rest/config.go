package rest

import "fmt"

// Config is how an API behaves.
type Config struct {
	// MaxMessage is the size of what one request publishes in one channel, in bytes.
	MaxMessage int `yaml:"max_message"`
	// MaxBody is the size of a request's body in bytes: a batch may be larger than a message.
	MaxBody int `yaml:"max_body"`
	// MaxBatch is how many channels one request may name.
	MaxBatch int `yaml:"max_batch"`
	// MaxPage is how many entries a page holds at most. Clients that do not say how many they want get 100.
	MaxPage int `yaml:"max_page"`
}

// Defaults returns the configuration of an API that was given none.
func Defaults() Config {
	return Config{MaxMessage: 64 << 10, MaxBody: 2 << 20, MaxBatch: 100, MaxPage: 1000}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case c.MaxMessage < 1024, c.MaxBody < c.MaxMessage:
		return fmt.Errorf("max_message must be at least 1024 bytes, not %d, and max_body not less", c.MaxMessage)
	case c.MaxBatch < 1:
		return fmt.Errorf("max_batch must be at least 1, not %d", c.MaxBatch)
	case c.MaxPage < 1:
		return fmt.Errorf("max_page must be at least 1, not %d", c.MaxPage)
	}
	return nil
}
