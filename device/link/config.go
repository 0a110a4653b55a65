package link

import (
	"errors"
	"fmt"
	"net/url"

	"madang/device"
	"madang/internal/config"
)

// Config says to which cloud a box is linked. The zero value: to none.
type Config struct {
	// URL is the cloud's address: "https://madang.example".
	URL string `yaml:"url" doc:"address of the server that this box is linked to, such as https://madang.example; empty: none"`
	// Serial is what the cloud calls this box. Default the box's own.
	Serial string `doc:"serial of this box at that server; default: its own"`
	// Secret is what the box proves itself with there.
	Secret config.Secret `doc:"secret of this box at that server, as \"madang hub add\" printed it there"`
}

// On reports whether the box is linked.
func (c Config) On() bool { return c.URL != "" }

// Validate reports what cannot work.
func (c Config) Validate() error {
	if !c.On() {
		if c.Serial != "" || c.Secret != "" {
			return errors.New("link.url: is missing, and there is a serial or a secret")
		}
		return nil
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("link.url: %q is no address of http or https", c.URL)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("link.url: %q has more than a host", u.Redacted())
	case c.Secret == "":
		return errors.New("link.secret: is missing; it was printed when the box was made known to that server (madang hub add)")
	case c.Serial == "":
		return nil // the box's own
	}
	if err := device.CheckSerial(c.Serial); err != nil {
		return fmt.Errorf("link.serial: %w", err)
	}
	return nil
}
