package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// A key verifies tokens of one algorithm, and no other: that is what keeps a public key from being taken for a secret.
type key struct {
	id       string // kid; empty: for tokens of any kid
	alg      jose.SignatureAlgorithm
	material any // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

func secretKey(s string) key { return key{alg: jose.HS256, material: []byte(s)} }

// publicKey gives a public key the algorithm it is for.
func publicKey(id string, material any) (key, error) {
	k := key{id: id, material: material}
	switch p := material.(type) {
	case *rsa.PublicKey:
		if n := p.N.BitLen(); n < 2048 || n > 8192 {
			return key{}, fmt.Errorf("RSA key of %d bits, must have from 2048 to 8192", n)
		}
		k.alg = jose.RS256
	case *ecdsa.PublicKey:
		if p.Curve != elliptic.P256() {
			return key{}, fmt.Errorf("EC key on %s, must be on P-256", p.Curve.Params().Name)
		}
		k.alg = jose.ES256
	case ed25519.PublicKey:
		k.alg = jose.EdDSA
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		return key{}, errors.New("this is a private key, only its public half belongs here")
	default:
		return key{}, fmt.Errorf("%T verifies none of RS256, ES256 and EdDSA", material)
	}
	return k, nil
}

// parseSet reads a JWK set (RFC 7517, section 5). Keys for something else are passed over, as it demands, and told
// in skipped. Secrets are taken only from where nobody else can read.
func parseSet(data []byte, secrets bool) (keys []key, skipped []error, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, nil, fmt.Errorf("read JWK set: %w", err)
	}
	if set.Keys == nil {
		return nil, nil, errors.New(`read JWK set: there is no array "keys"`)
	}
	if len(set.Keys) > MaxKeys {
		return nil, nil, fmt.Errorf("read JWK set: %d keys, more than %d", len(set.Keys), MaxKeys)
	}
	for i, raw := range set.Keys {
		k, err := parseKey(raw, secrets)
		if err != nil {
			skipped = append(skipped, fmt.Errorf("key %d: %w", i, err))
			continue
		}
		keys = append(keys, k)
	}
	return keys, skipped, nil
}

func parseKey(raw []byte, secrets bool) (key, error) {
	var ops struct {
		KeyOps []string `json:"key_ops"`
	}
	if err := json.Unmarshal(raw, &ops); err != nil {
		return key{}, err
	}
	var j jose.JSONWebKey
	if err := json.Unmarshal(raw, &j); err != nil {
		return key{}, err
	}
	if j.Use != "" && j.Use != "sig" {
		return key{}, fmt.Errorf("use is %.32q, not sig", j.Use)
	}
	if ops.KeyOps != nil && !slices.Contains(ops.KeyOps, "verify") {
		return key{}, fmt.Errorf("key_ops has no verify")
	}
	k, err := keyOf(j, secrets)
	if err != nil {
		return key{}, err
	}
	if j.Algorithm != "" && j.Algorithm != string(k.alg) {
		return key{}, fmt.Errorf("alg is %.32q, such a key is used with %s only", j.Algorithm, k.alg)
	}
	return k, nil
}

func keyOf(j jose.JSONWebKey, secrets bool) (key, error) {
	secret, ok := j.Key.([]byte)
	switch {
	case !ok:
		return publicKey(j.KeyID, j.Key)
	case !secrets:
		return key{}, errors.New("a secret (kty oct) that is published is none")
	case len(secret) < MinSecret:
		return key{}, fmt.Errorf("secret of %d bytes, must have at least %d", len(secret), MinSecret)
	}
	return key{id: j.KeyID, alg: jose.HS256, material: secret}, nil
}
