package memory

import (
	"context"
	"fmt"
	"slices"

	"madang/account"
)

func keptKey(k account.SigningKey) account.SigningKey {
	k.CreatedAt, k.SignsAt = millis(k.CreatedAt), millis(k.SignsAt)
	k.Sealed = slices.Clone(k.Sealed)
	return k
}

// AddSigningKey implements account.KeyStore.
func (a *Accounts) AddSigningKey(_ context.Context, k account.SigningKey, after string) error {
	if err := k.Validate(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	all, newest := a.keys[k.App], ""
	for _, other := range all {
		newest = other.ID
	}
	if newest != after {
		return fmt.Errorf("add a signing key after %q of app %q: %w", after, k.App, account.ErrConflict)
	}
	if slices.ContainsFunc(all, func(other account.SigningKey) bool { return other.ID == k.ID }) {
		return fmt.Errorf("signing key %q of app %q: %w", k.ID, k.App, account.ErrTaken)
	}
	a.keys[k.App] = append(all, keptKey(k))
	return nil
}

// SigningKeys implements account.KeyStore.
func (a *Accounts) SigningKeys(_ context.Context, app string) ([]account.SigningKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.SigningKey
	for _, k := range a.keys[app] {
		all = append(all, keptKey(k))
	}
	return all, nil
}

// DeleteSigningKey implements account.KeyStore.
func (a *Accounts) DeleteSigningKey(_ context.Context, app, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.keys[app], func(k account.SigningKey) bool { return k.ID == id })
	if i < 0 {
		return fmt.Errorf("signing key %q of app %q: %w", id, app, account.ErrNotFound)
	}
	a.keys[app] = slices.Delete(slices.Clone(a.keys[app]), i, i+1)
	return nil
}
