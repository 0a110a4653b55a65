package oauth

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config is what can be set about hubs that speak OAuth. Begin with Defaults.
type Config struct {
	// URL is the address of this server, such as https://home.example, without a path: the issuer. It is never taken from a
	// request.
	URL string `doc:"address of this server, without a path"`
	// App is the app that hubs belong to.
	App string `doc:"the app that hubs belong to"`
	// Guard is the name of the hub's guard that says who a person is, as in package caller. Default home.
	Guard string `doc:"the guard that says who a person is"`
	// TTL is how long codes are good. Default 10m.
	TTL time.Duration `yaml:"ttl" doc:"how long codes are good"`
	// Interval is the least time between two questions of a hub for its token. Default 5s.
	Interval time.Duration `doc:"the least time between two questions of a hub for its token"`
	// Locale is the language of texts for people who do not say theirs: ko or en. Default ko.
	Locale string `enum:"ko,en" doc:"language of texts for people who do not say theirs"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config {
	return Config{Guard: "home", TTL: 10 * time.Minute, Interval: 5 * time.Second, Locale: "ko"}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if u, err := url.Parse(c.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.String() != u.Scheme+"://"+u.Host {
		errs = append(errs, fmt.Errorf("oauth: url is %q, must be of the form https://host", c.URL))
	}
	if c.App == "" || c.Guard == "" {
		errs = append(errs, errors.New("oauth: an app and a guard are needed"))
	}
	if c.TTL < time.Minute || c.TTL > 30*time.Minute {
		errs = append(errs, fmt.Errorf("oauth: ttl is %v, must be 1m to 30m", c.TTL))
	}
	if c.Interval < time.Second || c.Interval > MaxInterval || c.Interval%time.Second != 0 {
		errs = append(errs, fmt.Errorf("oauth: interval is %v, must be 1s to %v in whole seconds", c.Interval, MaxInterval))
	}
	if c.Locale != "ko" && c.Locale != "en" {
		errs = append(errs, fmt.Errorf("oauth: locale is %q, want ko or en", c.Locale))
	}
	return errors.Join(errs...)
}
