package socketio

import (
	"fmt"
	"strings"
	"time"

	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/packet"
)

// Config is how a Server behaves.
type Config struct {
	carrier.Config `yaml:",inline"`

	// App is the app that connections belong to.
	App string `yaml:"app"`
	// ConnectTimeout is how long a client may take to join its first namespace.
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// MaxAttachments is the largest number of binary attachments of one packet.
	MaxAttachments int `yaml:"max_attachments"`
	// MaxNamespaces is how many namespaces one client may be in at a time.
	MaxNamespaces int `yaml:"max_namespaces"`
	// Recovery lets clients that were away for a moment take up their connection again.
	Recovery Recovery `yaml:"connection_state_recovery"`
	// CleanupEmptyChildNamespaces forgets dynamic namespaces without sockets. Unlike in the original it is on unless
	// said otherwise: else clients could make the server keep any number of names.
	CleanupEmptyChildNamespaces bool `yaml:"cleanup_empty_child_namespaces"`
	// ServeClient serves the client library as socket.io.js below the path.
	ServeClient bool `yaml:"serve_client"`
	// Namespaces are guards of namespaces, by name. A namespace that is not named here takes everybody.
	Namespaces map[string]NamespaceConfig `yaml:"namespaces"`
	// Locale is the language of texts for clients that do not say theirs: ko or en.
	Locale string `yaml:"locale"`
}

// Recovery is the configuration of connection state recovery.
type Recovery struct {
	// MaxDisconnectionDuration is how long a client may be away; 0: recovery is off.
	MaxDisconnectionDuration time.Duration `yaml:"max_disconnection_duration"`
	// SkipMiddlewares does not run middlewares for recovered connections. The token is checked in any case.
	SkipMiddlewares bool `yaml:"skip_middlewares"`
	// MaxBytes bounds what is kept for one namespace; older events go first. Default 8 MiB.
	MaxBytes int `yaml:"max_bytes"`
}

// NamespaceConfig says who may connect to a namespace.
type NamespaceConfig struct {
	// Guard is the name of the guard that is asked; empty: everybody may connect.
	Guard string `yaml:"guard"`
	// Mode is what happens to a client that the guard refuses.
	Mode Mode `yaml:"mode"`
	// IncludeCause adds Nest's "cause" to exception events, as NestJS since 11 does.
	IncludeCause bool `yaml:"include_cause"`
}

// Mode is how a guard's refusal is told.
type Mode string

// Modes.
const (
	// Reject answers the connection with connect_error; err.data is {code, reason}.
	Reject Mode = "reject"
	// Disconnect accepts the connection and disconnects it at once, as a Nest gateway does that calls
	// client.disconnect() in handleConnection.
	Disconnect Mode = "disconnect"
	// PerEvent accepts the connection and answers each of its events with the event exception, as a Nest gateway does
	// that guards its handlers.
	PerEvent Mode = "per-event"
)

// Defaults returns the configuration of a server that was given none.
func Defaults() Config {
	return Config{
		Config: carrier.Defaults(), ConnectTimeout: 45 * time.Second, MaxAttachments: packet.DefaultMaxAttachments,
		MaxNamespaces: 100, Recovery: Recovery{MaxBytes: 8 << 20}, CleanupEmptyChildNamespaces: true, ServeClient: true,
		Locale: "ko",
	}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if c.Locale != "ko" && c.Locale != "en" {
		return fmt.Errorf("locale %q is not known; there are ko and en", c.Locale)
	}
	if c.ConnectTimeout <= 0 {
		return fmt.Errorf("connect_timeout must be more than 0")
	}
	if c.MaxNamespaces < 1 || c.MaxAttachments < 0 {
		return fmt.Errorf("max_namespaces must be at least 1 and max_attachments not negative")
	}
	for name, n := range c.Namespaces {
		if !strings.HasPrefix(name, "/") {
			return fmt.Errorf("namespaces: %q must begin with a slash", name)
		}
		switch n.Mode {
		case "", Reject, Disconnect, PerEvent:
		default:
			return fmt.Errorf("namespaces: %s: mode %q is not known; there are reject, disconnect and per-event", name, n.Mode)
		}
	}
	return nil
}
