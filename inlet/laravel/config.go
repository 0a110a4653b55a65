package laravel

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Config says where Redis is and what to take from it. Begin with [Defaults].
type Config struct {
	// URL is where Laravel's Redis is: redis://user:password@host:6379, rediss:// with TLS, or unix:///path/of/socket. A
	// database after a slash is accepted and has no meaning: what is published is heard in all of them.
	URL string `yaml:"url" secret:"url"`
	// Addresses are host:port, one or several, instead of url: of the nodes of a Redis Cluster, of which one that lives
	// is enough, or of the Sentinels if master is set.
	Addresses []string `yaml:"addresses"`
	// Master is the name by which the Sentinels know the server. Empty: there are no Sentinels.
	Master string `yaml:"master"`
	// Username is the ACL user. Empty: Redis's default user. It needs the commands hello, ping and psubscribe, and for each
	// prefix exactly the channels that begin with it: "ACL SETUSER madang on >password &laravel_database_* +hello +ping
	// +psubscribe".
	Username string `yaml:"username"`
	// Password is the user's, or that of requirepass.
	Password string `yaml:"password" secret:"true"`
	// SentinelUsername is the ACL user at the Sentinels.
	SentinelUsername string `yaml:"sentinel_username"`
	// SentinelPassword is the password at the Sentinels. Empty: they want none.
	SentinelPassword string `yaml:"sentinel_password" secret:"true"`
	// TLS says how to speak to Redis with TLS.
	TLS TLS `yaml:"tls"`

	// Prefixes are what stands before the names of channels in Redis; each is Laravel's setting
	// database.redis.options.prefix. Default laravel_database_ and laravel-database-, which are Laravel's own. An empty
	// one takes everything that is published in that Redis. Of two that fit a channel the longer one counts.
	Prefixes []string `yaml:"prefixes"`
	// App is the app whose channels these are.
	App string `yaml:"app"`
	// StripSocket removes the member socket from an event's data if it is a connection's id. Laravel leaves the sender's
	// there for all to see when it broadcasts toOthers, and with Engine.IO 3 whoever knows it can read and write in the
	// sender's name. Default true.
	StripSocket bool `yaml:"strip_socket"`
	// PublishPresence publishes in Redis who is in a presence channel whenever that changes, as laravel-echo-server's
	// databaseConfig.publishPresence does: to the channel PresenceChannelUpdated, without a prefix. The ACL user then needs
	// "&PresenceChannelUpdated +publish" besides.
	PublishPresence bool `yaml:"publish_presence"`
	// PublishOnly takes nothing in: Redis is there for publish_presence only.
	PublishOnly bool `yaml:"publish_only"`
	// MaxPayload is the longest message in bytes that is taken in. Default 1 MiB.
	MaxPayload int `yaml:"max_payload"`

	// Heartbeat is how long the connection may be silent before Redis is asked whether it is still there. Default 2s.
	Heartbeat time.Duration `yaml:"heartbeat"`
	// Timeout is how long Redis may take to accept a connection or to answer. Default 3s.
	Timeout time.Duration `yaml:"timeout"`
	// RetryMax is the longest pause between attempts to connect again. Default 2s.
	RetryMax time.Duration `yaml:"retry_max"`
}

// TLS says how to speak to Redis with TLS.
type TLS struct {
	// Enabled turns TLS on; rediss:// does so too.
	Enabled bool `yaml:"enabled"`
	// Sentinels turns TLS on for the connections to the Sentinels.
	Sentinels bool `yaml:"sentinels"`
	// CA is a file with the certificates that may have signed that of Redis. Empty: those that the system trusts.
	CA string `yaml:"ca"`
	// Cert is a file with the certificate to show to Redis, if it wants one.
	Cert string `yaml:"cert"`
	// Key is a file with the private key of cert.
	Key string `yaml:"key"`
	// ServerName is what Redis's certificate must be for. Empty: the host of the address.
	ServerName string `yaml:"server_name"`
	// Insecure takes any certificate: then who stands between can read and change everything.
	Insecure bool `yaml:"insecure"`
}

// Defaults returns the configuration for when only the address is known.
func Defaults() Config {
	return Config{
		Prefixes: []string{"laravel_database_", "laravel-database-"}, StripSocket: true,
		MaxPayload: 1 << 20, Heartbeat: 2 * time.Second, Timeout: 3 * time.Second, RetryMax: 2 * time.Second,
	}
}

// On reports whether there is an address to listen at.
func (c Config) On() bool { return c.URL != "" || len(c.Addresses) > 0 }

// Validate reports what cannot work. Files are read by [New]. A configuration without an address is valid: it is off.
func (c Config) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("laravel: "+format, args...)) }
	if c.URL != "" {
		if len(c.Addresses) > 0 {
			fail("url and addresses are both set, only one can say where Redis is")
		}
		if c.Master != "" {
			fail("master is set: give the addresses of the Sentinels in addresses, not in url")
		}
		if _, err := parseURL(c.URL); err != nil {
			errs = append(errs, err)
		}
	}
	for i, a := range c.Addresses {
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
			fail("addresses[%d] is %q, want host:port", i, a)
		}
	}
	if c.Master != "" && !c.On() {
		fail("master is set, but no addresses of Sentinels")
	}
	if c.PublishOnly && !c.PublishPresence {
		fail("publish_only is set, but nothing is published without publish_presence")
	}
	if len(c.Prefixes) == 0 {
		fail(`prefixes is empty; to take everything that is published in that Redis, write [""]`)
	}
	for i, p := range c.Prefixes {
		if !utf8.ValidString(p) || strings.ContainsAny(p, "\r\n") {
			fail("prefixes[%d] is %q, want a text of one line", i, p)
		}
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		fail("tls: cert and key belong together, but only one is given")
	}
	if c.MaxPayload < 1 {
		fail("max_payload is %d, must be at least 1", c.MaxPayload)
	}
	for name, d := range map[string]time.Duration{"heartbeat": c.Heartbeat, "timeout": c.Timeout, "retry_max": c.RetryMax} {
		if d < 10*time.Millisecond {
			fail("%s is %v, must be at least 10ms", name, d)
		}
	}
	return errors.Join(errs...)
}

// A target is what an address says.
type target struct {
	network            string // tcp or unix
	address            string
	username, password string
	tls                bool
}

// parseURL reads a URL. Its errors do not repeat it: it may hold a password.
func parseURL(text string) (target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return target{}, errors.New("laravel: url is not an address such as redis://127.0.0.1:6379")
	}
	t := target{network: "tcp", username: u.User.Username()}
	t.password, _ = u.User.Password()
	switch u.Scheme {
	case "redis", "valkey":
	case "rediss", "valkeys":
		t.tls = true
	case "unix":
		t.network, t.address = "unix", u.Path
		if u.Host != "" || u.Path == "" {
			return target{}, errors.New("laravel: url: a socket is written with three slashes: unix:///run/redis.sock")
		}
		return t, nil
	default:
		return target{}, fmt.Errorf("laravel: url begins with %q, want redis://, rediss:// or unix://", u.Scheme)
	}
	if u.Hostname() == "" {
		return target{}, errors.New("laravel: url names no host; it looks like redis://127.0.0.1:6379")
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	t.address = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

// place says where Redis is, for logs.
func (c Config) place() string {
	if t, err := parseURL(c.URL); err == nil {
		return t.address
	}
	where := strings.Join(c.Addresses, ", ")
	if c.Master != "" {
		return "master " + c.Master + " of the Sentinels " + where
	}
	return where
}

// readable reports files of the configuration that cannot be read.
func (c Config) readable() error {
	var errs []error
	for key, file := range map[string]string{"tls.ca": c.TLS.CA, "tls.cert": c.TLS.Cert, "tls.key": c.TLS.Key} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			errs = append(errs, fmt.Errorf("laravel: %s: %w", key, err))
		}
	}
	return errors.Join(errs...)
}
