package redis

import (
	"context"
	"errors"

	"github.com/redis/rueidis"
)

// Dialer returns what connects to the Redis of a configuration, for others who speak to it: address, sign-in, TLS and timeouts count.
// All connections end with the context that it is given, at once and whatever waits for them.
func Dialer(c Config) (func(context.Context) (rueidis.Client, error), error) {
	if !c.On() {
		return nil, errors.New("redis: no address to connect to")
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return func(life context.Context) (rueidis.Client, error) { return newClient(life, c) }, nil
}

// Config returns the configuration in force.
func (b *Broker) Config() Config { return b.config }
