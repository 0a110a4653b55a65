package outgoing

import (
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"madang"
	"madang/webhook"
)

// Config says how webhooks are sent. Where to is said by the apps: see [Endpoint].
type Config struct {
	webhook.ClientConfig `yaml:",inline"`

	// Window is how long an event waits for others that go with it.
	Window time.Duration
	// MaxEvents is how many events one request has at most.
	MaxEvents int
	// MaxQueue is how many events wait for an endpoint that is slow or gone; then the oldest are dropped.
	MaxQueue int
	// Delay is how long it is not told that a channel was vacated or a user left, in case they come back.
	Delay time.Duration
	// RetryFor is how long a batch that fails is tried again.
	RetryFor time.Duration
}

// Defaults returns the configuration of a server for which nothing is set.
func Defaults() Config {
	return Config{
		ClientConfig: webhook.ClientConfig{Timeout: 10 * time.Second}, Window: 250 * time.Millisecond, MaxEvents: 100,
		MaxQueue: 10_000, Delay: 3 * time.Second, RetryFor: 5 * time.Minute,
	}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	errs := []error{c.ClientConfig.Validate()}
	if c.Window < 0 || c.Delay < 0 || c.RetryFor < 0 {
		errs = append(errs, errors.New("window, delay and retry_for must not be negative"))
	}
	if c.MaxEvents < 1 || c.MaxQueue < c.MaxEvents {
		errs = append(errs, errors.New("max_events must be at least 1, and max_queue not less than that"))
	}
	return errors.Join(errs...)
}

// An Endpoint is an address of an app's backend.
type Endpoint struct {
	App     string
	URL     string
	Events  []string          // the kinds that are sent; empty: all of them
	Prefix  string            // only of channels whose names begin like that
	Suffix  string            // and end like that
	Headers map[string]string // sent along
}

// validate reports what cannot work with the apps that there are.
func (e Endpoint) validate(apps *madang.Apps) error {
	errs := []error{nil, e.Validate()}
	switch app := apps.ByID(e.App); {
	case app == nil:
		errs[0] = fmt.Errorf("webhooks of app %q: there is no such app", e.App)
	case len(app.Keys) == 0:
		errs[0] = fmt.Errorf("webhooks of app %q: the app has no key to sign with; give it one under keys", e.App)
	}
	return errors.Join(errs...)
}

// Validate reports what cannot work whatever apps there are.
func (e Endpoint) Validate() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("webhooks of app %q: "+format, append([]any{e.App}, args...)...))
	}
	if u, err := url.Parse(e.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		fail("url is not an address such as https://example.com/webhooks")
	}
	for _, name := range e.Events {
		if !slices.Contains(Kinds(), name) {
			fail("there is no event %q; there are %s", name, strings.Join(Kinds(), ", "))
		}
	}
	for name, value := range e.Headers {
		if !webhook.Sendable(name, value) || own(name) {
			fail("the header %q cannot be set", name)
		}
	}
	return errors.Join(errs...)
}

// own reports whether a header is the server's to set.
func own(name string) bool {
	switch key := textproto.CanonicalMIMEHeaderKey(name); key {
	case "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Host", "Connection", "Trailer", "Upgrade", "Expect":
		return true
	default:
		return strings.HasPrefix(key, "X-Pusher-")
	}
}

// wants reports whether an event of that kind and channel is sent there.
func (e *Endpoint) wants(kind, channel string) bool {
	return (len(e.Events) == 0 || slices.Contains(e.Events, kind)) &&
		strings.HasPrefix(channel, e.Prefix) && strings.HasSuffix(channel, e.Suffix) && len(channel) >= max(len(e.Prefix), len(e.Suffix))
}
