package token

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"madang/account/jws"
)

// Limits of what is accepted.
const (
	MaxToken  = jws.MaxToken    // bytes of a token
	MaxUser   = 255             // bytes of a user's id, a name or an app
	MaxKeySet = 1 << 20         // bytes of a JWK set
	MaxKeys   = 64              // keys of a JWK set
	MinSecret = 32              // bytes of an HS256 secret, as many as its hash has (RFC 7518, section 3.2)
	MaxLeeway = 5 * time.Minute // for [Config.Leeway]
)

// Config says which tokens are good and what they mean. At least one of Secret, Secrets, PublicKeys, JWKSURL and
// JWKSFile must be set; all that are set are used together. Begin with [Defaults].
type Config struct {
	// Secret verifies (and signs) HS256 tokens. Its bytes are used as they are written, at least 32 of them. Make one
	// with "openssl rand -hex 32".
	Secret string `yaml:"secret"`
	// Secrets are older secrets that still verify HS256 tokens while the secret is being changed.
	Secrets []string `yaml:"secrets"`
	// PublicKeys verify RS256 (RSA of 2048 to 8192 bits), ES256 (EC P-256) and EdDSA (Ed25519) tokens. Each is a PEM
	// text or the path of a PEM file, read once at start. They are tried for a token whatever its kid says.
	PublicKeys []string `yaml:"public_keys"`
	// JWKSURL is where an identity provider publishes its keys (RFC 7517). It must be https, except on this machine.
	// Set issuer and audience too: the provider signs tokens for others as well. While it cannot be reached, the
	// keys it gave last stay good.
	JWKSURL string `yaml:"jwks_url"`
	// JWKSFile is a file with a JWK set. It is read again when its time or size changes. Unlike the set of jwks_url
	// it may hold secrets (kty oct).
	JWKSFile string `yaml:"jwks_file"`
	// JWKSRefresh is how often jwks_url is asked again, at least 1m. A token that names an unknown key has it asked
	// sooner, once in 30 s. Default 10m. A key that the provider has withdrawn is refused after twice that.
	JWKSRefresh time.Duration `yaml:"jwks_refresh"`

	// Issuer is what the claim iss must be. Empty: not checked.
	Issuer string `yaml:"issuer"`
	// Audience lists what the claim aud may name; one that matches is enough. Empty: not checked.
	Audience []string `yaml:"audience"`
	// Leeway is how far apart the clocks of signer and server may be, when exp, nbf and iat are checked; at most 5m.
	// Default 10s.
	Leeway time.Duration `yaml:"leeway"`
	// RequireExp refuses tokens that never expire. Default true.
	RequireExp bool `yaml:"require_exp"`
	// MaxAge refuses tokens that were issued (iat) longer ago, whatever exp says. 0: not checked.
	MaxAge time.Duration `yaml:"max_age"`

	// UserClaims are the claims that may hold the user's id, a text or a whole number; the first that is present
	// counts. Default sub, userId, user_id, id.
	UserClaims []string `yaml:"user_claims"`
	// NameClaims are the claims that may hold a name for people to read. Default name, username.
	NameClaims []string `yaml:"name_claims"`
	// AppClaim is the claim that holds the app's id. Set it when several apps share keys: otherwise a token for one
	// of them is good for all. Empty: the token does not say.
	AppClaim string `yaml:"app_claim"`
	// App is the one app that these tokens are good for. Empty: the app whose endpoint the client uses.
	App string `yaml:"app"`

	// DefaultLocale is the language of refusals for clients that ask for none that there is: ko or en. Default ko.
	DefaultLocale Language `yaml:"default_locale"`
}

// Defaults returns the configuration for when only the keys are known.
func Defaults() Config {
	return Config{
		JWKSRefresh:   10 * time.Minute,
		Leeway:        10 * time.Second,
		RequireExp:    true,
		UserClaims:    []string{"sub", "userId", "user_id", "id"},
		NameClaims:    []string{"name", "username"},
		DefaultLocale: Korean,
	}
}

// Validate reports what cannot work. Files and addresses are looked at by [New].
func (c Config) Validate() error {
	errs := []error{c.validateKeys()}
	if c.Leeway < 0 || c.Leeway > MaxLeeway {
		errs = append(errs, fmt.Errorf("token: leeway is %v, must be from 0s to %v", c.Leeway, MaxLeeway))
	}
	if c.MaxAge < 0 {
		errs = append(errs, fmt.Errorf("token: max_age is %v, must not be negative", c.MaxAge))
	}
	if len(c.UserClaims) == 0 {
		errs = append(errs, errors.New("token: user_claims is empty, name the claim that holds the user's id"))
	}
	for _, l := range []struct {
		key   string
		items []string
	}{{"audience", c.Audience}, {"user_claims", c.UserClaims}, {"name_claims", c.NameClaims}} {
		for i, v := range l.items {
			if v == "" {
				errs = append(errs, fmt.Errorf("token: %s[%d] is empty", l.key, i))
			}
		}
	}
	if c.App != "" && c.AppClaim != "" {
		errs = append(errs, errors.New("token: app and app_claim are both set, only one can say which app a token is for"))
	}
	if c.DefaultLocale != Korean && c.DefaultLocale != English {
		errs = append(errs, fmt.Errorf("token: default_locale is %q, must be %q or %q", c.DefaultLocale, Korean, English))
	}
	return errors.Join(errs...)
}

func (c Config) validateKeys() error {
	var errs []error
	if c.Secret == "" && len(c.Secrets) == 0 && len(c.PublicKeys) == 0 && c.JWKSURL == "" && c.JWKSFile == "" {
		errs = append(errs, errors.New("token: there is no key, set secret (\"openssl rand -hex 32\" makes one), public_keys, jwks_url or jwks_file"))
	}
	if c.Secret != "" {
		errs = append(errs, checkSecret("secret", c.Secret))
	}
	for i, s := range c.Secrets {
		errs = append(errs, checkSecret(fmt.Sprintf("secrets[%d]", i), s))
	}
	if c.JWKSURL != "" {
		if u, err := url.Parse(c.JWKSURL); err != nil {
			// The parser's error repeats the address, which may hold a password.
			errs = append(errs, errors.New("token: jwks_url is not an address"))
		} else if err := checkAddress(u); err != nil {
			errs = append(errs, fmt.Errorf("token: jwks_url: %w", err))
		}
		if c.JWKSRefresh < time.Minute {
			errs = append(errs, fmt.Errorf("token: jwks_refresh is %v, must be at least 1m", c.JWKSRefresh))
		}
	}
	return errors.Join(errs...)
}

// checkSecret refuses secrets that can be guessed, and public keys: as a secret, whoever knows them could sign.
func checkSecret(key, s string) error {
	switch {
	case strings.Contains(s, "-----BEGIN"):
		return fmt.Errorf("token: %s is a key in PEM; a public key belongs in public_keys", key)
	case len(s) < MinSecret:
		return fmt.Errorf("token: %s has %d bytes, HS256 needs at least %d; make one with \"openssl rand -hex 32\"",
			key, len(s), MinSecret)
	}
	return nil
}
