package pairing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
)

// A Format is what codes look like.
type Format string

// Formats.
const (
	// Digits is six digits, as everybody can type on everything.
	Digits Format = "digits-6"
	// Letters is eight letters of an alphabet without vowels, so that no words come about: RFC 8628, section 6.1.
	Letters Format = "base20-8"
)

// maxTyped is how many bytes of what somebody has typed are looked at.
const maxTyped = 64

// shape returns the alphabet and length of a format's codes.
func (f Format) shape() (alphabet string, length int) {
	if f == Letters {
		return "BCDFGHJKLMNPQRSTVWXZ", 8
	}
	return "0123456789", 6
}

// Codes returns how many codes there are.
func (f Format) Codes() float64 {
	alphabet, length := f.shape()
	n := 1.0
	for range length {
		n *= float64(len(alphabet))
	}
	return n
}

// make returns a random code, each as likely as the others.
func (f Format) make() (string, error) {
	alphabet, length := f.shape()
	most := big.NewInt(int64(len(alphabet)))
	code := make([]byte, length)
	for i := range code {
		n, err := rand.Int(rand.Reader, most)
		if err != nil {
			return "", fmt.Errorf("make a code: %w", err)
		}
		code[i] = alphabet[n.Int64()]
	}
	return string(code), nil
}

// Normal returns what somebody has typed as a code would be written: without spaces and hyphens, letters in capitals. It is
// empty if that is no code of the format.
func (f Format) Normal(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	alphabet, length := f.shape()
	typed = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	if len(typed) != length || strings.Trim(typed, alphabet) != "" {
		return ""
	}
	return typed
}

// A MAC is what is kept of a code.
type MAC [sha256.Size]byte

// mac returns the MAC of a code that is good for one hub and one person only. Every part is preceded by its length, so that
// no two sets of parts are written alike.
func mac(key []byte, parts ...string) (m MAC) {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		h.Write([]byte(p))
	}
	h.Sum(m[:0])
	return m
}

// equal compares in constant time.
func (m MAC) equal(other MAC) bool { return hmac.Equal(m[:], other[:]) }
