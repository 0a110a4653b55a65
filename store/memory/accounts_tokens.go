package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"madang/account"
)

func keptToken(t account.APIToken) account.APIToken {
	t.CreatedAt, t.UsedAt, t.ExpiresAt = millis(t.CreatedAt), millis(t.UsedAt), millis(t.ExpiresAt)
	t.Abilities = slices.Clone(t.Abilities)
	return t
}

// AddAPIToken implements account.APITokenStore.
func (a *Accounts) AddAPIToken(_ context.Context, t account.APIToken) (account.APIToken, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.person(t.App, t.Person); err != nil {
		return account.APIToken{}, fmt.Errorf("add an API token: %w", err)
	}
	a.tokenID[t.App]++
	t.ID = a.tokenID[t.App]
	a.tokens[inApp[int64]{t.App, t.ID}] = keptToken(t)
	return keptToken(t), nil
}

// token returns a token at a time. The lock is held.
func (a *Accounts) token(app string, id int64, at time.Time) (account.APIToken, error) {
	t, ok := a.tokens[inApp[int64]{app, id}]
	if !ok || !at.IsZero() && !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(at) {
		return account.APIToken{}, fmt.Errorf("API token %d of app %q: %w", id, app, account.ErrNotFound)
	}
	return keptToken(t), nil
}

// tokenOf returns a person's token. The lock is held.
func (a *Accounts) tokenOf(app string, person, id int64) (account.APIToken, error) {
	t, err := a.token(app, id, time.Time{})
	if err == nil && t.Person != person {
		err = fmt.Errorf("API token %d of app %q is another's: %w", id, app, account.ErrNotFound)
	}
	return t, err
}

// APIToken implements account.APITokenStore.
func (a *Accounts) APIToken(_ context.Context, app string, id int64, at time.Time) (account.APIToken, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.token(app, id, at)
}

// SetAbilities implements account.APITokenStore.
func (a *Accounts) SetAbilities(_ context.Context, app string, person, id int64, abilities []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.tokenOf(app, person, id)
	if err != nil {
		return err
	}
	t.Abilities = abilities
	a.tokens[inApp[int64]{app, id}] = keptToken(t)
	return nil
}

// UseAPIToken implements account.APITokenStore.
func (a *Accounts) UseAPIToken(_ context.Context, app string, id int64, at time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.token(app, id, at)
	if err != nil {
		return err
	}
	t.UsedAt = at
	a.tokens[inApp[int64]{app, id}] = keptToken(t)
	return nil
}

// EndAPIToken implements account.APITokenStore.
func (a *Accounts) EndAPIToken(_ context.Context, app string, person, id int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.tokenOf(app, person, id); err != nil {
		return err
	}
	delete(a.tokens, inApp[int64]{app, id})
	return nil
}

// APITokens implements account.APITokenStore.
func (a *Accounts) APITokens(_ context.Context, app string, person int64, at time.Time) ([]account.APIToken, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.APIToken
	for _, t := range a.tokens {
		if t.App == app && t.Person == person && (t.ExpiresAt.IsZero() || t.ExpiresAt.After(at)) {
			all = append(all, keptToken(t))
		}
	}
	slices.SortFunc(all, func(x, y account.APIToken) int { return cmp.Compare(x.ID, y.ID) })
	return all, nil
}

// PutOneTime implements account.OneTimeStore.
func (a *Accounts) PutOneTime(_ context.Context, o account.OneTime, pause time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.person(o.App, o.Person); err != nil {
		return fmt.Errorf("keep a proof for %s: %w", o.Purpose, err)
	}
	o.CreatedAt, o.ExpiresAt = millis(o.CreatedAt), millis(o.ExpiresAt)
	k := proof{someone{o.App, o.Person}, o.Purpose}
	if old, ok := a.once[k]; ok && o.CreatedAt.Sub(old.CreatedAt) < pause {
		return fmt.Errorf("keep a proof for %s: %w", o.Purpose, account.ErrTooSoon)
	}
	a.once[k] = o
	return nil
}

// TakeOneTime implements account.OneTimeStore.
func (a *Accounts) TakeOneTime(_ context.Context, app string, purpose account.Purpose, h account.Hash, at time.Time) (account.OneTime, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, o := range a.once {
		if o.App == app && o.Purpose == purpose && o.Hash == h && o.ExpiresAt.After(at) {
			delete(a.once, k)
			return o, nil
		}
	}
	return account.OneTime{}, fmt.Errorf("a proof for %s: %w", purpose, account.ErrNotFound)
}
