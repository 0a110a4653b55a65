package bearer

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config is how long tokens live, and how clients hear that theirs is no good.
type Config struct {
	// Issuer is the claim iss: this server's address, such as https://example.com. It also says whether cookies are for https
	// alone.
	Issuer string `yaml:"issuer"`
	// Audience is the claim aud. Empty: the issuer.
	Audience string `yaml:"audience"`
	// TTL is how long tokens of jwt-auth's interface are good, 1m to 24h. Default 1h.
	TTL time.Duration `yaml:"ttl"`
	// AccessTTL is how long access tokens are good that come with a refresh token, 1m to 24h. Default 15m.
	AccessTTL time.Duration `yaml:"access_ttl"`
	// Style is how the routes of jwt-auth's interface refuse tokens: as the guard does (auth), or in the words of the middleware
	// jwt.auth. Default auth.
	Style Style `yaml:"style" enum:"auth,jwt.auth"`
}

// A Style is how somebody hears that a token is no good.
type Style string

// Styles.
const (
	StyleAuth    Style = "auth"     // the middleware auth:api: "Unauthenticated."
	StyleJWTAuth Style = "jwt.auth" // jwt-auth's own: what is wrong with it, and the header WWW-Authenticate
)

// Defaults returns the configuration of a server that is told nothing but its address.
func Defaults() Config {
	return Config{TTL: time.Hour, AccessTTL: 15 * time.Minute, Style: StyleAuth}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	if u, err := url.Parse(c.Issuer); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("issuer must be like https://example.com, not %q", c.Issuer)
	}
	for name, d := range map[string]time.Duration{"ttl": c.TTL, "access_ttl": c.AccessTTL} {
		if d < time.Minute || d > 24*time.Hour {
			return fmt.Errorf("%s must be from 1m to 24h, not %v", name, d)
		}
	}
	if c.Style != StyleAuth && c.Style != StyleJWTAuth {
		return errors.New("style must be auth or jwt.auth")
	}
	return nil
}
