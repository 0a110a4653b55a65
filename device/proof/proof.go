// Package proof reads what a hub proves itself with that has a key of its own: a JSON Web Token (RFC 7519) that it makes anew
// for each time that it connects, and signs by Ed25519 or ES256.
//
//	header   {"alg":"EdDSA" or "ES256","typ":"JWT","kid":"<serial>"}
//	payload  {"iss":"<serial>","aud":"<server>","iat":…,"exp":…,"jti":"…"}
//
// It lives for at most [MaxLife]. Clocks may be [Skew] apart. The jti is what makes it good once: that is for who asks to keep.
package proof

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"madang/account/jws"
)

// Bounds of a proof.
const (
	MaxLife = 5 * time.Minute
	Skew    = time.Minute
	MaxSize = 2 << 10 // bytes of a token
	maxID   = 64      // bytes of a jti
)

// A Proof is what a token says whose signature and times are good.
type Proof struct {
	Serial string
	ID     string    // jti
	Until  time.Time // after which the token is refused for its age alone
}

// Serial returns of which hub a token says to be. Nothing of it is verified.
func Serial(token string) (string, error) {
	t, err := parse(token)
	if err != nil {
		return "", err
	}
	if t.KeyID == "" {
		return "", errors.New("proof: the token names no serial as its kid")
	}
	return t.KeyID, nil
}

func parse(token string) (jws.Token, error) {
	if len(token) > MaxSize {
		return jws.Token{}, fmt.Errorf("proof: a token of %d bytes, at most %d are allowed", len(token), MaxSize)
	}
	return jws.Parse(token, jose.EdDSA, jose.ES256)
}

// Key reads a public key: PEM of the type PUBLIC KEY, an Ed25519 key or one on P-256.
func Key(text string) (any, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 || len(text) > MaxSize {
		return nil, errors.New("proof: a public key is one block of PEM, of the type PUBLIC KEY, and nothing else")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("proof: a public key: %w", err)
	}
	switch k := key.(type) {
	case ed25519.PublicKey:
		return k, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return k, nil
		}
	}
	return nil, fmt.Errorf("proof: a public key is one of Ed25519 or P-256, this is a %T", key)
}

// Read returns what a token says if the key in PEM has signed it, for this audience, and if it is of now.
func Read(token, key, audience string, now time.Time) (Proof, error) {
	t, err := parse(token)
	if err != nil {
		return Proof{}, err
	}
	public, err := Key(key)
	if err != nil {
		return Proof{}, err
	}
	if _, is := public.(ed25519.PublicKey); is != (t.Algorithm == jose.EdDSA) {
		return Proof{}, fmt.Errorf("proof: the key is a %T, the token is signed by %s", public, t.Algorithm)
	}
	payload, ok := t.Verify(public)
	if !ok {
		return Proof{}, errors.New("proof: the signature is not that of the hub's key")
	}
	claims, err := jws.Object(payload)
	if err != nil {
		return Proof{}, fmt.Errorf("proof: %w", err)
	}
	return check(claims, t.KeyID, audience, now)
}

func check(claims map[string]any, serial, audience string, now time.Time) (Proof, error) {
	id, _ := claims["jti"].(string)
	if claims["iss"] != serial || serial == "" || id == "" || len(id) > maxID {
		return Proof{}, fmt.Errorf("proof: iss must be the serial in kid, and jti have 1 to %d bytes", maxID)
	}
	several, _ := claims["aud"].([]any)
	if claims["aud"] != any(audience) && !slices.Contains(several, any(audience)) || audience == "" {
		return Proof{}, fmt.Errorf("proof: aud is not %q", audience)
	}
	issued, err := date(claims, "iat")
	if err != nil {
		return Proof{}, err
	}
	expires, err := date(claims, "exp")
	if err != nil {
		return Proof{}, err
	}
	life := expires.Sub(issued)
	if life <= 0 || life > MaxLife || issued.After(now.Add(Skew)) || !expires.Add(Skew).After(now) {
		return Proof{}, fmt.Errorf("proof: iat %v and exp %v must be at most %v apart, and now is %v", issued, expires, MaxLife, now.UTC())
	}
	return Proof{Serial: serial, ID: id, Until: expires.Add(Skew)}, nil
}

// lastSecond is the end of the year 9999.
const lastSecond = 253402300799

func date(claims map[string]any, name string) (time.Time, error) {
	n, _ := claims[name].(json.Number)
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || !(f >= 0 && f <= lastSecond) {
		return time.Time{}, fmt.Errorf("proof: %s is no time in seconds since 1970", name)
	}
	return time.UnixMilli(int64(f * 1000)).UTC(), nil
}
