package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"madang/account/jws"
)

// Reasons why a token was refused, besides those of package jws.
var (
	// ErrUnknownKey says that none of the ring's keys can have signed the token: somebody else has, or nobody.
	ErrUnknownKey = errors.New("keys: the token is not signed with a key of this ring")
	// ErrSignature says that the token names a key of the ring, which has not signed it.
	ErrSignature = errors.New("keys: the signature does not verify")
)

// Sign returns a token with some claims.
func (r *Ring) Sign(ctx context.Context, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("keys: write claims: %w", err)
	}
	k := signer(r.current(ctx), r.Now())
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	signed, err := s.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	if len(raw) > jws.MaxToken {
		return "", fmt.Errorf("keys: sign: the token would have %d bytes, more than %d", len(raw), jws.MaxToken)
	}
	return raw, nil
}

// Verify returns the claims of a token that a key of the ring has signed. What they say, times too, is for who calls it to
// judge. The errors wrap jws.ErrMalformed, jws.ErrAlgorithm, [ErrUnknownKey] or [ErrSignature].
func (r *Ring) Verify(ctx context.Context, raw string) (map[string]any, error) {
	t, err := jws.Parse(raw, jose.ES256)
	if err != nil {
		return nil, err
	}
	for _, k := range r.current(ctx) {
		if k.id != t.KeyID {
			continue
		}
		payload, ok := t.Verify(&k.private.PublicKey)
		if !ok {
			return nil, ErrSignature
		}
		claims, err := jws.Object(payload)
		if err != nil {
			return nil, fmt.Errorf("%w: claims: %w", jws.ErrMalformed, err)
		}
		return claims, nil
	}
	return nil, fmt.Errorf("%w: kid %.64q", ErrUnknownKey, t.KeyID)
}
