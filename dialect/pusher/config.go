package pusher

import (
	"fmt"
	"strings"
	"time"

	"madang"
	"madang/internal/convention"
)

// Config is how a Server behaves. What differs from app to app is in [madang.Rules].
type Config struct {
	// Path stands before /app/{key}, for clients with a wsPath. Without a slash at the end.
	Path string `yaml:"path"`
	// ActivityTimeout is told to clients: after so long without a message they ask whether the server is there.
	ActivityTimeout time.Duration `yaml:"activity_timeout"`
	// PingInterval is how long a client may be silent before the server asks whether it is there.
	PingInterval time.Duration `yaml:"ping_interval"`
	// PongTimeout is how long the answer may take.
	PongTimeout time.Duration `yaml:"pong_timeout"`
	// MaxFrame is the largest message of a client in bytes; one that is larger ends the connection. It must hold an event as
	// large as the app allows (max_event) with its name and channel; every client can make the server keep
	// that much while the rest of a message is on its way. Default 64 KiB.
	MaxFrame int `yaml:"max_frame"`
	// CacheAge is how long cache channels keep their last event.
	CacheAge time.Duration `yaml:"cache_age"`
	// CountInterval is how long changes of the number of a channel's subscribers are gathered before they are told, for
	// apps that want that.
	CountInterval time.Duration `yaml:"count_interval"`
	// MaxWatchlist is how many users one user may watch.
	MaxWatchlist int `yaml:"max_watchlist"`
}

// Defaults returns the configuration of a server that was given none.
func Defaults() Config {
	return Config{
		ActivityTimeout: 30 * time.Second, PingInterval: time.Minute, PongTimeout: 30 * time.Second, MaxFrame: 64 << 10,
		CacheAge: 30 * time.Minute, CountInterval: time.Second, MaxWatchlist: 100,
	}
}

// Retain says that cache channels keep their last event for a while, and others nothing. It is for [madang.Config].
func (c Config) Retain(ch madang.Channel) madang.Retention {
	if !convention.Cached(ch.Name) {
		return madang.Retention{}
	}
	return madang.Retention{Count: 1, Age: c.CacheAge}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case c.Path != "" && (!strings.HasPrefix(c.Path, "/") || strings.HasSuffix(c.Path, "/") || strings.ContainsAny(c.Path, "{} ?#")):
		return fmt.Errorf("path %q must be empty, or begin with a slash and end without one", c.Path)
	case c.ActivityTimeout < time.Second:
		return fmt.Errorf("activity_timeout must be at least 1s, not %v: clients are told whole seconds", c.ActivityTimeout)
	case c.PingInterval <= 0, c.PongTimeout <= 0, c.CacheAge <= 0, c.CountInterval <= 0:
		return fmt.Errorf("ping_interval, pong_timeout, cache_age and count_interval must be more than 0")
	case c.MaxFrame < 1024:
		return fmt.Errorf("max_frame must be at least 1024 bytes, not %d", c.MaxFrame)
	case c.MaxWatchlist < 0:
		return fmt.Errorf("max_watchlist must not be negative")
	}
	return nil
}
