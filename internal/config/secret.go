package config

import (
	"log/slog"
	"net/url"
)

// A Secret is a text that must not be seen in logs, errors or listings: it prints as three asterisks, whatever prints
// it. Convert it to a string to use it.
type Secret string

// hidden is what is shown instead of a secret.
const hidden = "***"

// String returns asterisks, or nothing if the secret is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// MarshalText is String, for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is String, for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}

// redact returns what may be shown of a secret text, by the value of the tag "secret".
func redact(tag, text string) string {
	if text == "" {
		return ""
	}
	if tag != "url" {
		return hidden
	}
	u, err := url.Parse(text)
	if err != nil {
		return hidden // it may hold a password that the parser could not find
	}
	if u.User == nil && u.RawQuery == "" {
		return text
	}
	if u.RawQuery != "" {
		u.RawQuery = hidden // libpq and others take a password there too
	}
	return u.Redacted()
}
