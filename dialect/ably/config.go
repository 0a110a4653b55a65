package ably

import (
	"fmt"
	"time"

	"madang"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/token"
)

// Config is how a Server behaves. What differs from app to app is in [madang.Rules].
type Config struct {
	// Heartbeat is how long the server lets a connection be silent before it says something. Clients that hear nothing for
	// ten seconds longer come anew.
	Heartbeat time.Duration `yaml:"heartbeat"`
	// StateTTL is how long a client that was cut off may take to find its connection again.
	StateTTL time.Duration `yaml:"state_ttl"`
	// PresenceTTL is how long it stays in the presence sets meanwhile.
	PresenceTTL time.Duration `yaml:"presence_ttl"`
	// History is for how long channels keep messages for clients that come back, and who came and went.
	History time.Duration `yaml:"history"`
	// HistoryCount is how many messages a channel keeps at most, and how many comings and goings.
	HistoryCount int `yaml:"history_count"`
	// MaxMessage is the size of what one publish holds, in bytes.
	MaxMessage int `yaml:"max_message"`
	// MaxFrame is the size of one frame in bytes.
	MaxFrame int `yaml:"max_frame"`
	// Mutable are the channels whose messages clients may update, delete, append to and annotate, where their capabilities
	// allow it: names, and patterns as in capabilities. What is older than the history cannot be changed.
	Mutable []string `yaml:"mutable"`
}

// Defaults returns the configuration of a server that was given none.
func Defaults() Config {
	return Config{
		Heartbeat: 15 * time.Second, StateTTL: 2 * time.Minute, PresenceTTL: 15 * time.Second,
		History: 2 * time.Minute, HistoryCount: 1000, MaxMessage: 64 << 10, MaxFrame: 512 << 10,
		Mutable: []string{"*"},
	}
}

// Retain says how much channels keep, of messages and of who came and went. Those of the server keep nothing, but for what has been
// revoked: as long as such a token could live, for nodes that start later or were cut off. It is for [madang.Config].
func (c Config) Retain(ch madang.Channel) madang.Retention {
	if ch == revoked() {
		return madang.Retention{Count: token.MaxRevocations, Age: token.MaxRevocableTTL}
	}
	if ch.Reserved() {
		return madang.Retention{}
	}
	return madang.Retention{Count: c.HistoryCount, Age: c.History, Presence: true}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case c.Heartbeat < time.Second:
		return fmt.Errorf("heartbeat must be at least 1s, not %v", c.Heartbeat)
	case c.StateTTL <= 0, c.PresenceTTL <= 0, c.History <= 0:
		return fmt.Errorf("state_ttl, presence_ttl and history must be more than 0")
	case c.PresenceTTL > c.StateTTL:
		return fmt.Errorf("presence_ttl must not be more than state_ttl: whoever is gone for good is not present")
	case c.HistoryCount < 1:
		return fmt.Errorf("history_count must be at least 1, not %d", c.HistoryCount)
	case c.MaxMessage < 1024, c.MaxFrame < c.MaxMessage:
		return fmt.Errorf("max_message must be at least 1024 bytes, and max_frame not less")
	}
	_, err := mutable.ParsePatterns(c.Mutable)
	return err
}
