package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"madang/account"
	"madang/account/seal"
)

// A key is one that could be opened.
type key struct {
	id      string
	private *ecdsa.PrivateKey
	signsAt time.Time
}

// public is what is published of it.
func (k key) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: &k.private.PublicKey, KeyID: k.id, Algorithm: string(jose.ES256), Use: "sig"}
}

// purpose is what a key is sealed for: it cannot take the place of another, nor be another app's.
func purpose(app, id string) string { return "signing key " + id + " of " + app }

// generate makes a key that signs from a time on.
func generate(app string, box *seal.Box, now, signs time.Time) (account.SigningKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return account.SigningKey{}, fmt.Errorf("keys: make a key: %w", err)
	}
	name, err := (&jose.JSONWebKey{Key: &private.PublicKey}).Thumbprint(crypto.SHA256)
	if err != nil {
		return account.SigningKey{}, fmt.Errorf("keys: name a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return account.SigningKey{}, fmt.Errorf("keys: write a key: %w", err)
	}
	id := base64.RawURLEncoding.EncodeToString(name)
	return account.SigningKey{App: app, ID: id, Sealed: box.Seal(der, purpose(app, id)), CreatedAt: now, SignsAt: signs}, nil
}

// unseal opens a key.
func unseal(box *seal.Box, kept account.SigningKey) (key, error) {
	der, err := box.Open(kept.Sealed, purpose(kept.App, kept.ID))
	if err != nil {
		return key{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return key{}, err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return key{}, errors.New("it is not an ECDSA key on P-256")
	}
	return key{kept.ID, private, kept.SignsAt}, nil
}
