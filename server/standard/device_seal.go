package standard

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
)

// A sealer marks what this server says of somebody, for itself to read again: by the key of devices, which nobody else has. An
// app's own keys, by which clients of other protocols are let in, are known to its backends too, and those are nobody at home.
type sealer []byte

// seal returns the mark of some texts for a purpose.
func (s sealer) seal(purpose string, texts ...string) string {
	mac := hmac.New(sha256.New, s)
	for _, t := range append([]string{"seal", purpose}, texts...) {
		_, _ = mac.Write([]byte(strconv.Itoa(len(t)) + ":" + t)) // never fails; no two lists look alike
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// sealed reports whether a mark is the one of some texts.
func (s sealer) sealed(mark, purpose string, texts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(mark), []byte(s.seal(purpose, texts...))) == 1
}

// Purposes of marks.
const (
	sealedChannel = "channel" // connection, channel, user, guard and sign-in of a subscription
	sealedToken   = "token"   // of the Ably protocol: proof, end and user
)
