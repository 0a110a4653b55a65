package token

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// MaxToken is the longest credential that is looked at, in bytes. Ably's clients take tokens of up to 128 KiB.
const MaxToken = 128 << 10

// Credentials are what a client shows: one of the two, or nothing.
type Credentials struct {
	Key   string // "app.key:secret"
	Token string
}

// FromHeader reads the header Authorization: "Basic" and a key in base64, or "Bearer" and a token, which Ably's clients
// write in base64 and others as it is. Without the header there are no credentials.
func FromHeader(authorization string) (Credentials, error) {
	if authorization == "" {
		return Credentials{}, nil
	}
	scheme, value, _ := strings.Cut(authorization, " ")
	value = strings.TrimSpace(value)
	switch {
	case len(value) > MaxToken:
		return Credentials{}, refuse(CodeCredentials, "the header Authorization is longer than %d bytes", MaxToken)
	case strings.EqualFold(scheme, "Basic"):
		key, ok := fromBase64(value)
		if _, _, isKey := SplitKey(key); !ok || !isKey {
			return Credentials{}, refuse(CodeCredentials, "the header Authorization has no key of the form app.key:secret in base64")
		}
		return Credentials{Key: key}, nil
	case strings.EqualFold(scheme, "Bearer") && value != "":
		// Every kind of token has dots, base64 has none.
		if token, ok := fromBase64(value); ok && strings.Contains(token, ".") {
			return Credentials{Token: token}, nil
		}
		return Credentials{Token: value}, nil
	}
	return Credentials{}, refuse(CodeCredentials, "the header Authorization is neither Basic with a key nor Bearer with a token")
}

// fromBase64 decodes text in either alphabet, padded or not.
func fromBase64(s string) (text string, ok bool) {
	b, err := decodeBase64(s)
	return string(b), err == nil && utf8.Valid(b)
}

func decodeBase64(s string) ([]byte, error) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return nil, base64.CorruptInputError(i) // the decoder would pass over them
	}
	s = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(s, "="))
	return base64.RawURLEncoding.Strict().DecodeString(s)
}
