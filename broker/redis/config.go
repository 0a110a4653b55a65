package redis

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Config says where Redis is and how to use it. Begin with [Defaults].
type Config struct {
	// URL is where Redis is. One server, or one node of a Cluster: redis://user:password@host:6379. A Cluster:
	// redis+cluster://user:password@host1:6379,host2:6379. Sentinels: redis+sentinel://user:password@host1:26379,host2:26379/master.
	// With rediss in place of redis it is TLS. Empty: there is no Redis, this node is alone.
	URL string `yaml:"-" secret:"url"`
	// Username is the ACL user, if url names none. Empty: Redis's default user. This is enough: "ACL SETUSER madang on
	// >password ~madang:* &madang:* +@all -@admin -@dangerous +info", with Sentinels +role as well, and on a Cluster
	// +cluster|slots and +cluster|shards.
	Username string
	// Password is the user's, or that of requirepass, if url has none.
	Password string `secret:"true"`
	// SentinelUsername is the ACL user at the Sentinels: user and password of url are for Redis alone. This is enough there:
	// "ACL SETUSER watcher on >password &* -@all +auth +hello +ping +subscribe +sentinel|sentinels
	// +sentinel|get-master-addr-by-name". Empty: the default user.
	SentinelUsername string
	// SentinelPassword is the password at the Sentinels. Empty: they want none.
	SentinelPassword string `secret:"true"`
	// TLS says whom to trust.
	TLS TLS `yaml:"tls"`

	// Prefix is what all keys and channels in Redis begin with. Nodes with another prefix are another cluster. Default
	// "madang:".
	Prefix string
	// Partitions is how many parts channels are spread over, each with a connection of its own for what is published. It
	// must be the same on all nodes, and with another number all histories are gone. On a Cluster it should be some
	// times the number of masters. Default 16.
	Partitions int

	// Timeout is how long Redis may take to accept a connection or to answer. Default 3s.
	Timeout time.Duration
	// Heartbeat is how often each partition is probed: something is published and has to come back. Default 1s.
	Heartbeat time.Duration
	// RetryMax is the longest pause between attempts to connect again. Default 1s.
	RetryMax time.Duration
	// FlushDelay is how long a connection gathers commands after it has sent some: with more of them in one write both ends
	// need less time for each. At rest nothing waits. Default 100µs.
	FlushDelay time.Duration
	// Forget is how long a stream without history is remembered after its last event. Default 1h.
	Forget time.Duration
	// MaxAge is how long a stream with a history is remembered after its last event when nothing says how old its messages
	// may become. Default 168h.
	MaxAge time.Duration
}

// TLS says how to speak to Redis with TLS.
type TLS struct {
	// Sentinels turns TLS on for the connections to the Sentinels, too.
	Sentinels bool
	// CA is a file with the certificates that may have signed that of Redis. Empty: those that the system trusts.
	CA string `yaml:"ca"`
	// Cert is a file with the certificate to show to Redis, if it wants one.
	Cert string
	// Key is a file with the private key of cert.
	Key string
	// ServerName is what Redis's certificate must be for. Empty: the host of the address.
	ServerName string
	// Insecure takes any certificate: then who stands between can read and change everything.
	Insecure bool
}

// Defaults returns the configuration for when only the address is known.
func Defaults() Config {
	return Config{
		Prefix: "madang:", Partitions: 16, Timeout: 3 * time.Second, Heartbeat: time.Second, RetryMax: time.Second,
		FlushDelay: 100 * time.Microsecond, Forget: time.Hour, MaxAge: 7 * 24 * time.Hour,
	}
}

// Bounds of what is counted.
const (
	maxPartitions = 256
	maxPrefix     = 128
)

// On reports whether there is an address.
func (c Config) On() bool { return c.URL != "" }

// Validate reports what cannot work. Files are read by [Open]. A configuration without an address is valid: it is off.
func (c Config) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("redis: "+format, args...)) }
	if c.URL != "" {
		if _, err := parseURL(c.URL); err != nil {
			errs = append(errs, err)
		}
	}
	if !utf8.ValidString(c.Prefix) || strings.ContainsAny(c.Prefix, "{}\r\n") || len(c.Prefix) > maxPrefix {
		fail("prefix is %q, want a text of one line without braces and of at most %d bytes", c.Prefix, maxPrefix)
	}
	if c.Partitions < 1 || c.Partitions > maxPartitions {
		fail("partitions is %d, must be from 1 to %d", c.Partitions, maxPartitions)
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		fail("tls: cert and key belong together, but only one is given")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"timeout", c.Timeout, 10 * time.Millisecond}, {"heartbeat", c.Heartbeat, 10 * time.Millisecond},
		{"retry_max", c.RetryMax, 10 * time.Millisecond}, {"flush_delay", c.FlushDelay, 0},
		{"forget", c.Forget, time.Second}, {"max_age", c.MaxAge, time.Second},
	} {
		if d.value < d.least {
			fail("%s is %v, must be at least %v", d.name, d.value, d.least)
		}
	}
	return errors.Join(errs...)
}
