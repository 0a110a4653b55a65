package carrier

import (
	"compress/flate"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Config is how sessions behave. The names and defaults are those of the original server.
type Config struct {
	// Path is where clients connect, without a slash at the end; with one it works as well.
	Path string `yaml:"path"`
	// PingInterval is how often the server asks whether the client is there (revision 4), or how often the client
	// must (revision 3).
	PingInterval time.Duration `yaml:"ping_interval"`
	// PingTimeout is how long the answer may take.
	PingTimeout time.Duration `yaml:"ping_timeout"`
	// UpgradeTimeout is how long the change from polling to WebSocket may take.
	UpgradeTimeout time.Duration `yaml:"upgrade_timeout"`
	// MaxPayload is the largest message, and the largest request body, in bytes.
	MaxPayload int `yaml:"max_payload"`
	// Transports are the carriers clients may use.
	Transports []string `yaml:"transports"`
	// AllowUpgrades lets polling sessions change to WebSocket.
	AllowUpgrades bool `yaml:"allow_upgrades"`
	// AllowEIO3 takes clients of Socket.IO 1.x and 2.x.
	AllowEIO3 bool `yaml:"allow_eio3"`
	// HTTPCompression compresses polling answers of at least 1 KiB if the client can take that.
	HTTPCompression bool `yaml:"http_compression"`
	// PerMessageDeflate compresses WebSocket messages of at least 1 KiB, without context takeover. It costs much CPU.
	PerMessageDeflate bool `yaml:"per_message_deflate"`
	// Cookie sends the session's id as a cookie too, for load balancers that route by it.
	Cookie Cookie `yaml:"cookie"`
	// CORS says which pages of other origins may connect.
	CORS CORS `yaml:"cors"`
	// Origins are the origins whose pages may connect, such as https://example.com or *.example.com: the handshakes of
	// others are refused, over WebSocket too, where browsers do not ask for cors. Empty: all that the app allows.
	Origins []string `yaml:"origins"`
}

// Cookie describes the session's cookie.
type Cookie struct {
	// Name of the cookie; empty: none is sent.
	Name string `yaml:"name"`
	// Path of the cookie.
	Path string `yaml:"path"`
	// HTTPOnly hides the cookie from scripts.
	HTTPOnly bool `yaml:"http_only"`
	// SameSite is lax, strict or none.
	SameSite string `yaml:"same_site"`
	// Secure sends the cookie over TLS only.
	Secure bool `yaml:"secure"`
}

// Defaults returns the configuration of a server that was given none.
func Defaults() Config {
	return Config{
		Path: "/socket.io", PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second,
		UpgradeTimeout: 10 * time.Second, MaxPayload: 1_000_000, Transports: []string{"polling", "websocket"},
		AllowUpgrades: true, AllowEIO3: true, HTTPCompression: true,
		Cookie: Cookie{Path: "/", HTTPOnly: true, SameSite: "lax"}, CORS: corsDefaults(),
	}
}

// compressFrom is the smallest message that is worth compressing, in bytes.
const compressFrom = 1024

// Validate reports what cannot work.
func (c Config) Validate() error {
	switch {
	case !strings.HasPrefix(c.Path, "/"):
		return fmt.Errorf("path %q must begin with a slash", c.Path)
	case c.PingInterval <= 0, c.PingTimeout <= 0, c.UpgradeTimeout <= 0:
		return fmt.Errorf("ping_interval, ping_timeout and upgrade_timeout must be more than 0")
	case c.MaxPayload < 1:
		return fmt.Errorf("max_payload must be at least 1 byte, not %d", c.MaxPayload)
	case len(c.Transports) == 0:
		return fmt.Errorf("transports: none is allowed; name polling, websocket or both")
	}
	for _, t := range c.Transports {
		if t != polling && t != webSocket {
			return fmt.Errorf("transports: %q is not known; there are polling and websocket", t)
		}
	}
	if _, err := c.Cookie.sameSite(); err != nil {
		return err
	}
	return c.CORS.validate()
}

func (c *Cookie) sameSite() (http.SameSite, error) {
	switch strings.ToLower(c.SameSite) {
	case "", "lax":
		return http.SameSiteLaxMode, nil
	case "strict":
		return http.SameSiteStrictMode, nil
	case "none":
		return http.SameSiteNoneMode, nil
	}
	return 0, fmt.Errorf("cookie.same_site %q is not known; there are lax, strict and none", c.SameSite)
}

// Names of the carriers on the wire.
const (
	polling   = "polling"
	webSocket = "websocket"
)

// deflateLevel is cheap: messages are compressed one by one and once for all subscribers.
const deflateLevel = flate.BestSpeed
