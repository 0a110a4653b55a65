package laravel

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// FromIORedis reads databaseConfig.redis of a laravel-echo-server.json: the options of ioredis, with its defaults. The
// result differs from Defaults only in what they say; the prefix of a file that names none is empty, which takes
// everything. Options that cannot be obeyed are errors; ignored are the names of those that make no difference here,
// such as db and retry strategies.
func FromIORedis(raw []byte) (c Config, ignored []string, err error) {
	c = Defaults()
	c.Prefixes = []string{""}
	var o ioredis
	rest := map[string]json.RawMessage{}
	if len(raw) > 0 && string(raw) != "null" {
		if err := json.Unmarshal(raw, &o); err != nil {
			return Config{}, nil, fmt.Errorf("laravel: databaseConfig.redis: %w", err)
		}
		if err := json.Unmarshal(raw, &rest); err != nil {
			return Config{}, nil, fmt.Errorf("laravel: databaseConfig.redis: %w", err)
		}
	}
	c.Username, c.Password = o.Username, o.Password
	if o.KeyPrefix != "" {
		c.Prefixes = []string{o.KeyPrefix}
	}
	if err := o.address(&c); err != nil {
		return Config{}, nil, err
	}
	if err := o.tls(&c); err != nil {
		return Config{}, nil, err
	}
	for _, known := range []string{
		"host", "port", "path", "username", "password", "keyPrefix", "sentinels", "name", "sentinelUsername",
		"sentinelPassword", "tls", "sentinelTLS", "enableTLSForSentinelMode",
	} {
		delete(rest, known)
	}
	return c, slices.Sorted(maps.Keys(rest)), c.Validate()
}

// ioredis is what we read of its options.
type ioredis struct {
	Host             string          `json:"host"`
	Port             port            `json:"port"`
	Path             string          `json:"path"` // of a socket
	Username         string          `json:"username"`
	Password         string          `json:"password"`
	KeyPrefix        string          `json:"keyPrefix"`
	Sentinels        []sentinel      `json:"sentinels"`
	Name             string          `json:"name"`
	Role             string          `json:"role"`
	SentinelUsername string          `json:"sentinelUsername"`
	SentinelPassword string          `json:"sentinelPassword"`
	TLS              json.RawMessage `json:"tls"`
	SentinelTLS      json.RawMessage `json:"sentinelTLS"`
	TLSBehind        bool            `json:"enableTLSForSentinelMode"`
}

// A sentinel is where one of them is.
type sentinel struct {
	Host string `json:"host"`
	Port port   `json:"port"`
}

// A port is a number, or a text with one.
type port string

// UnmarshalJSON takes 6379, "6379", "" and null; as the last two ioredis takes its default.
func (p *port) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" || text == "" {
		return nil
	}
	if n, err := strconv.ParseUint(text, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("port is %s, want a number from 1 to 65535", b)
	}
	*p = port(text)
	return nil
}

// join returns host:port with ioredis's defaults.
func (p port) join(host, defaultPort string) string {
	if host == "" {
		host = "127.0.0.1"
	}
	if p == "" {
		p = port(defaultPort)
	}
	return net.JoinHostPort(host, string(p))
}

// address sets where Redis is.
func (o *ioredis) address(c *Config) error {
	switch {
	case len(o.Sentinels) > 0:
		if o.Name == "" {
			return errors.New("laravel: databaseConfig.redis: sentinels without name, which says which master they watch over")
		}
		for _, s := range o.Sentinels {
			c.Addresses = append(c.Addresses, s.Port.join(s.Host, "26379"))
		}
		c.Master, c.SentinelUsername, c.SentinelPassword = o.Name, o.SentinelUsername, o.SentinelPassword
	case o.Path != "":
		c.URL = "unix://" + o.Path
	default:
		c.Addresses = []string{o.Port.join(o.Host, "6379")}
	}
	return nil
}

// tls sets how to speak TLS. In Node the texts of certificates stand in the file itself, where JSON cannot hold what a
// program would read from a file; ours are names of files.
func (o *ioredis) tls(c *Config) error {
	own, sentinels := wants(o.TLS), wants(o.SentinelTLS)
	c.TLS.Enabled = own && (c.Master == "" || o.TLSBehind)
	c.TLS.Sentinels = sentinels
	for _, raw := range []json.RawMessage{o.TLS, o.SentinelTLS} {
		if !wants(raw) || raw[0] != '{' {
			continue
		}
		var t struct {
			ServerName         string          `json:"servername"`
			RejectUnauthorized *bool           `json:"rejectUnauthorized"`
			CA                 json.RawMessage `json:"ca"`
			Cert               json.RawMessage `json:"cert"`
			Key                json.RawMessage `json:"key"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return fmt.Errorf("laravel: databaseConfig.redis.tls: %w", err)
		}
		if t.CA != nil || t.Cert != nil || t.Key != nil {
			return errors.New("laravel: databaseConfig.redis.tls: ca, cert and key are texts there; put them into files and " +
				"name these in the settings laravel.tls.ca, cert and key")
		}
		c.TLS.ServerName = t.ServerName
		c.TLS.Insecure = c.TLS.Insecure || t.RejectUnauthorized != nil && !*t.RejectUnauthorized
	}
	return nil
}

// wants reports whether an option is there and says yes.
func wants(raw json.RawMessage) bool {
	return len(raw) > 0 && string(raw) != "null" && string(raw) != "false"
}
