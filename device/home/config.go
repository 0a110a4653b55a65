package home

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"madang/device"
)

// A Mode is where the server runs.
type Mode string

// Modes.
const (
	Home  Mode = "home"  // in the box itself
	Cloud Mode = "cloud" // boxes connect to it
)

// Config is what can be set about the box's requests. Begin with Defaults.
type Config struct {
	// Mode is home or cloud. Default cloud.
	Mode Mode `doc:"home: this server is the box; cloud: boxes connect to it"`
	// Serial is the box's own, in home mode.
	Serial string `doc:"serial of the box, in home mode"`
	// Hosts are the names, beside its addresses and localhost, by which the box is called in home mode.
	Hosts []string `doc:"names by which the box may be called, in home mode, besides its addresses and localhost"`
	// Origins are the sites, besides this one, whose pages may ask: "https://home.example".
	Origins []string `doc:"origins, besides this one, whose pages may ask for codes and check them"`
	// Displays are the networks from which the box's display connects without a token, in home mode. Default the machine itself.
	Displays []string `doc:"networks from which the box's display connects without a token, in home mode"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config {
	return Config{Mode: Cloud, Displays: []string{"127.0.0.0/8", "::1/128"}}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Mode != Home && c.Mode != Cloud {
		errs = append(errs, fmt.Errorf("home: mode: %q is neither %s nor %s", c.Mode, Home, Cloud))
	}
	if c.Mode == Home {
		if err := device.CheckSerial(c.Serial); err != nil {
			errs = append(errs, fmt.Errorf("home: serial: in home mode the box needs one, such as box-0001: %w", err))
		}
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.String() != u.Scheme+"://"+u.Host {
			errs = append(errs, fmt.Errorf("home: origins: %q is not of the form https://host", o))
		}
	}
	for _, d := range c.Displays {
		if _, err := netip.ParsePrefix(d); err != nil {
			errs = append(errs, fmt.Errorf("home: displays: %w", err))
		}
	}
	return errors.Join(errs...)
}
