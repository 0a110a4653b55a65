package shape

import (
	"crypto/rand"
	"encoding/base64"
)

// Limits of what is published together.
const (
	MaxMessages = 1000 // of one frame or request: those that are empty have no size
	MaxID       = 256  // bytes of a message's id
)

// NewID returns what the ids of messages that are published together begin with: the same that client libraries make of those
// that they publish over HTTP, only shorter, because every subscriber is sent it: among a million of them, two are the same with
// a chance of one in 140,000.
func NewID() string {
	var b [7]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
