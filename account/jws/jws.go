package jws

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// MaxToken is the longest token that is looked at, in bytes.
const MaxToken = 8 << 10

// Reasons why a token cannot be one that is looked for.
var (
	// ErrMalformed says that it is not a signed JSON Web Token, or one with more in it than is understood.
	ErrMalformed = errors.New("not a signed JSON Web Token")
	// ErrAlgorithm says that it is signed in a way that is not accepted.
	ErrAlgorithm = errors.New("signature algorithm not allowed")
)

// A Token is one whose form is right and whose signature is not verified yet. Nothing in it can be trusted.
type Token struct {
	Algorithm jose.SignatureAlgorithm
	KeyID     string // empty: the token names no key
	jws       *jose.JSONWebSignature
}

// Parse checks the form of a JWS in compact serialization (RFC 7515, section 7.1) that is signed with one of some
// algorithms. "none" must not be among them.
func Parse(raw string, algorithms ...jose.SignatureAlgorithm) (Token, error) {
	if len(raw) > MaxToken {
		return Token{}, fmt.Errorf("%w: it has %d bytes, more than %d", ErrMalformed, len(raw), MaxToken)
	}
	segments := strings.Split(raw, ".")
	if len(segments) != 3 {
		return Token{}, fmt.Errorf("%w: it has %d segments instead of 3", ErrMalformed, len(segments))
	}
	var header []byte
	for i, s := range segments {
		b, err := decodeSegment(s)
		if err != nil {
			return Token{}, fmt.Errorf("%w: segment %d: %w", ErrMalformed, i+1, err)
		}
		if i == 0 {
			header = b
		}
	}
	h, err := Object(header)
	if err != nil {
		return Token{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	var t Token
	if t.Algorithm, t.KeyID, err = checkHeader(h, algorithms); err != nil {
		return Token{}, err
	}
	if t.jws, err = jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{t.Algorithm}); err != nil {
		return Token{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return t, nil
}

// Verify returns the payload if a key has signed the token: a []byte for HS256, else a public key as package crypto has
// them. The key must be one for [Token.Algorithm]: that is what keeps a public key from being taken for a secret.
// Signatures of HS256 are compared in constant time.
func (t Token) Verify(key any) ([]byte, bool) {
	payload, err := t.jws.Verify(key)
	return payload, err == nil
}

// decodeSegment accepts only the one way to write bytes in base64url: no padding, no line breaks, no stray bits at the
// end. Otherwise a token could be changed without breaking its signature.
func decodeSegment(s string) ([]byte, error) {
	if i := strings.IndexFunc(s, notBase64URL); i >= 0 {
		return nil, base64.CorruptInputError(i)
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

func notBase64URL(r rune) bool {
	switch {
	case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-', r == '_':
		return false
	}
	return true
}

// checkHeader returns algorithm and key id of a header that has nothing in it that would need more than that.
func checkHeader(h map[string]any, algorithms []jose.SignatureAlgorithm) (alg jose.SignatureAlgorithm, kid string, err error) {
	for _, name := range []string{
		"jwk", "jku", "x5u", "x5c", // a key, or where to find one: whoever made the token would choose what verifies it
		"crit", "b64", // extensions that must be understood (RFC 7515, section 4.1.11; RFC 7797)
		"enc", "zip", // encryption and its compression
	} {
		if _, ok := h[name]; ok {
			return "", "", fmt.Errorf("%w: header %q is not accepted", ErrMalformed, name)
		}
	}
	a, _ := h["alg"].(string)
	alg = jose.SignatureAlgorithm(a)
	if !slices.Contains(algorithms, alg) {
		return "", "", fmt.Errorf("%w: %.32q", ErrAlgorithm, a)
	}
	if v, ok := h["kid"]; ok {
		if kid, ok = v.(string); !ok {
			return "", "", fmt.Errorf("%w: header kid is not a text", ErrMalformed)
		}
	}
	if v, ok := h["typ"]; ok {
		if typ, _ := v.(string); !isTokenType(typ) {
			return "", "", fmt.Errorf("%w: header typ is %.32q, not JWT or at+jwt", ErrMalformed, typ)
		}
	}
	return alg, kid, nil
}

// isTokenType tells tokens that say who somebody is from others that the same keys sign, such as logout tokens
// (RFC 8725, section 3.11).
func isTokenType(typ string) bool {
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	return typ == "jwt" || typ == "at+jwt"
}
