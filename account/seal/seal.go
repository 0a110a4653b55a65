// Package seal keeps small secrets, such as those of second factors, so that who reads the store cannot use them. It is
// AES-256-GCM with random nonces and keys that are derived from the server's own; what is sealed says by which, so that a
// server can change its key and still open what the one before has sealed.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// MinKey is the shortest key in bytes.
const MinKey = 32

// ErrOpen says that something was not sealed with any of the keys and for this purpose, or has been changed.
var ErrOpen = errors.New("seal: it cannot be opened: it was sealed with another key or for something else, or has been changed")

// The form of what is sealed: a version, the key's name, a nonce, and what AES-GCM makes.
const (
	version  = 1
	nameSize = 4
	header   = 1 + nameSize
)

// A Box seals and opens. It is safe for concurrent use.
type Box struct{ keys []key } // the first one seals

type key struct {
	name [nameSize]byte
	aead cipher.AEAD
}

// New returns a Box that seals with the first of the keys and opens what any of them has sealed.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("seal: there is no key")
	}
	b := &Box{}
	for i, k := range keys {
		if len(k) < MinKey {
			return nil, fmt.Errorf("seal: key %d has %d bytes, at least %d are needed", i+1, len(k), MinKey)
		}
		made, err := derive(k)
		if err != nil {
			return nil, fmt.Errorf("seal: key %d: %w", i+1, err)
		}
		b.keys = append(b.keys, made)
	}
	return b, nil
}

func derive(secret []byte) (k key, err error) {
	material, err := hkdf.Key(sha256.New, secret, nil, "madang seal 1", 32+nameSize)
	if err != nil {
		return k, err
	}
	copy(k.name[:], material[32:])
	block, err := aes.NewCipher(material[:32])
	if err != nil {
		return k, err
	}
	k.aead, err = cipher.NewGCM(block)
	return k, err
}

// Seal seals a secret for a purpose: a text that says what it is and whose, without which it cannot be opened. So one person's
// secret cannot be put in the place of another's.
func (b *Box) Seal(secret []byte, purpose string) []byte {
	k := b.keys[0]
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	out := append([]byte{version}, k.name[:]...)
	out = append(out, nonce...)
	return k.aead.Seal(out, nonce, secret, bound(out[:header], purpose))
}

// Open returns what was sealed for a purpose.
func (b *Box) Open(sealed []byte, purpose string) ([]byte, error) {
	for _, k := range b.keys {
		n := header + k.aead.NonceSize()
		if len(sealed) < n || sealed[0] != version || [nameSize]byte(sealed[1:header]) != k.name {
			continue
		}
		secret, err := k.aead.Open(nil, sealed[header:n], sealed[n:], bound(sealed[:header], purpose))
		if err != nil {
			return nil, ErrOpen
		}
		return secret, nil
	}
	return nil, ErrOpen
}

// bound is what is authenticated with a secret.
func bound(header []byte, purpose string) []byte {
	return append(append([]byte{}, header...), purpose...)
}
