package events

import (
	"fmt"
	"net/textproto"
	"strings"
)

// Config is how the interface behaves. Begin with [Defaults].
type Config struct {
	// MaxBody is the size of a request's body in bytes.
	MaxBody int `yaml:"max_body"`
	// PathPrefix stands before /apps in what backends ask for, such as /ws, whether a proxy in front takes it away or not:
	// they sign it.
	PathPrefix string `yaml:"path_prefix"`
	// Root answers GET / with OK, as laravel-echo-server does: to load balancers, curl and whoever else asks for no HTML. Where
	// there are pages, browsers get those.
	Root bool `yaml:"root"`
	// ReadOnly answers questions only. What publishes or ends connections is answered as a path that is not there (404), as
	// laravel-echo-server does without subscribers.http.
	ReadOnly bool `yaml:"read_only"`
	// CORS lets browsers use the interface from pages of another origin: laravel-echo-server's apiOriginAllow.
	CORS CORS `yaml:"cors"`
	// Headers are added to every answer: laravel-echo-server's headers.
	Headers map[string]string `yaml:"headers"`
}

// CORS is what browsers are told. It opens the interface to no one: requests need their key or signature all the same.
type CORS struct {
	// Allow sends the other fields as headers: laravel-echo-server's allowCors.
	Allow bool `yaml:"allow"`
	// Origin is the value of Access-Control-Allow-Origin, such as https://example.com.
	Origin string `yaml:"origin"`
	// Methods is the value of Access-Control-Allow-Methods, such as "GET, POST".
	Methods string `yaml:"methods"`
	// AllowedHeaders is the value of Access-Control-Allow-Headers.
	AllowedHeaders string `yaml:"allowed_headers"`
}

// Defaults returns the configuration of an interface that was given none.
func Defaults() Config { return Config{MaxBody: 1 << 20} }

// minBody is what a body needs to hold one event of the size that Pusher allows.
const minBody = 16 << 10

// Validate reports what cannot work.
func (c Config) Validate() error {
	if c.MaxBody < minBody {
		return fmt.Errorf("max_body is %d bytes; it must be at least %d, or ordinary events do not fit", c.MaxBody, minBody)
	}
	if p := c.PathPrefix; p != "" && (p[0] != '/' || strings.HasSuffix(p, "/") || strings.Contains(p, "//") || strings.ContainsAny(p, "{} ?#")) {
		return fmt.Errorf("path_prefix is %q; it must be a path such as /ws, without a slash at its end", p)
	}
	for name, value := range c.headers() {
		if !token(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("headers: %q cannot be sent: the name must be a word, and the value a single line", name)
		}
	}
	return nil
}

// headers returns what every answer is sent with.
func (c Config) headers() map[string]string {
	all := map[string]string{}
	for name, value := range c.Headers {
		all[textproto.CanonicalMIMEHeaderKey(name)] = value
	}
	if c.CORS.Allow {
		for name, value := range map[string]string{
			"Access-Control-Allow-Origin": c.CORS.Origin, "Access-Control-Allow-Methods": c.CORS.Methods,
			"Access-Control-Allow-Headers": c.CORS.AllowedHeaders,
		} {
			if value != "" { // laravel-echo-server sends it empty, which browsers read as nothing
				all[name] = value
			}
		}
	}
	return all
}

// token reports whether a text is a token of RFC 9110, section 5.6.2: the name of a header.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
