package oauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"

	"madang/device/pairing"
)

// alphabet has no vowels, so that no words come about: RFC 8628, section 6.1.
const alphabet = "BCDFGHJKLMNPQRSTVWXZ"

// newUserCode returns a code for people to type, each as likely as the others: 20^8, 34.5 bits.
func newUserCode() (string, error) {
	code := make([]byte, 8)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", fmt.Errorf("oauth: make a code: %w", err)
		}
		code[i] = alphabet[n.Int64()]
	}
	return string(code), nil
}

// shown is how a user code is written.
func shown(code string) string { return code[:4] + "-" + code[4:] }

// macOf is what is kept of a user code: without the key, which is not in the store, it can be tried at no leisure. It is zero for
// what is no code.
func macOf(key []byte, app, typed string) (m pairing.MAC) {
	code := pairing.Letters.Normal(typed)
	if code == "" {
		return m
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("madang oauth user code 1\x00" + app + "\x00" + code))
	h.Sum(m[:0])
	return m
}
