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
// that they publish over HTTP. It is shorter than one made of a connection's id, and every subscriber is sent it.
func NewID() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
