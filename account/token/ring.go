package token

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// A ring is all keys of a guard.
type ring struct {
	fixed []key    // of the configuration
	file  *keyFile // may be nil
	url   *keyURL  // may be nil
}

// verify returns the payload of a token that one of the keys has signed.
func (r *ring) verify(ctx context.Context, t signed) ([]byte, error) {
	local := r.fixed
	if r.file != nil {
		local = slices.Concat(local, r.file.current())
	}
	if payload, ok := verifyWith(local, t); ok {
		return payload, nil
	}
	remote := []key(nil)
	if r.url != nil && t.Algorithm != jose.HS256 {
		payload, keys, err := r.verifyRemote(ctx, t, knows(local, t.KeyID))
		if err == nil {
			return payload, nil
		}
		if !errors.Is(err, ErrSignature) {
			return nil, err
		}
		remote = keys
	}
	if !slices.ContainsFunc(slices.Concat(local, remote), t.fits) {
		return nil, fmt.Errorf("%w: alg %s, kid %.64q", ErrUnknownKey, t.Algorithm, t.KeyID)
	}
	return nil, ErrSignature
}

// verifyRemote tries the keys of the address, twice if the token names a key that nobody knows.
func (r *ring) verifyRemote(ctx context.Context, t signed, known bool) ([]byte, []key, error) {
	for _, get := range []func(context.Context) ([]key, error){r.url.current, r.url.renewed} {
		keys, err := get(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: waiting for the key set: %w", ErrUnknownKey, err)
		}
		if payload, ok := verifyWith(keys, t); ok {
			return payload, keys, nil
		}
		if known || t.KeyID == "" || knows(keys, t.KeyID) {
			return nil, keys, ErrSignature
		}
	}
	return nil, nil, ErrSignature
}

func verifyWith(keys []key, t signed) ([]byte, bool) {
	for _, k := range keys {
		if payload, ok := t.verify(k); ok {
			return payload, true
		}
	}
	return nil, false
}

func knows(keys []key, kid string) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return k.id != "" && k.id == kid })
}
