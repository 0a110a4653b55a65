package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"madang/account"
	"madang/account/seal"
)

const (
	lookEvery = time.Minute     // how old what is known of the store may be
	lookTime  = 5 * time.Second // how long it may take to look
	maxTries  = 8               // to add a key while others do
)

// Parts are what a Ring works with. Those without a default are required.
type Parts struct {
	Store account.KeyStore
	Box   *seal.Box
	Now   func() time.Time // nil: the system's clock
	Log   *slog.Logger     // nil: slog.Default()
}

// A Ring signs an app's tokens and verifies them. Make it with [Open]. It is safe for concurrent use.
type Ring struct {
	app    string
	config Config
	Parts
	known   atomic.Pointer[known]
	looking sync.Mutex
}

// known is what was in the store at a time. It does not change.
type known struct {
	at   time.Time
	keys []key // the oldest first; at least one
}

// Open returns the ring of an app, with a key that signs.
func Open(ctx context.Context, app string, c Config, p Parts) (*Ring, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if app == "" || p.Store == nil || p.Box == nil {
		return nil, errors.New("keys: an app, a store and a box are needed")
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	r := &Ring{app: app, config: c, Parts: p}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// current returns the keys that there are, the oldest first. If the store cannot be read, what was known goes on: keys are
// published long before they sign.
func (r *Ring) current(ctx context.Context) []key {
	k := r.known.Load()
	if r.Now().Sub(k.at) < lookEvery || !r.looking.TryLock() {
		return k.keys
	}
	defer r.looking.Unlock()
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer done()
	if err := r.look(ctx); err != nil {
		r.Log.WarnContext(ctx, "signing keys cannot be looked after; the known ones go on", "app", r.app, "error", err)
		r.known.Store(&known{r.Now(), k.keys})
	}
	return r.known.Load().keys
}

// look reads the store, adds a key if one is due, and removes those that have had their time.
func (r *Ring) look(ctx context.Context) error {
	for range maxTries {
		kept, err := r.Store.SigningKeys(ctx, r.app)
		if err != nil {
			return fmt.Errorf("keys: read signing keys: %w", err)
		}
		now := r.Now()
		good := r.open(ctx, kept)
		signs, due := r.due(kept, good, now)
		if !due {
			r.known.Store(&known{now, good})
			return r.sweep(ctx, kept, now)
		}
		if err := r.add(ctx, kept, now, signs); err != nil && !errors.Is(err, account.ErrConflict) {
			return err // after a conflict there is one of another node
		}
	}
	return fmt.Errorf("keys: a signing key cannot be added: %w", account.ErrConflict)
}

// open opens what can be opened.
func (r *Ring) open(ctx context.Context, kept []account.SigningKey) (good []key) {
	for _, k := range kept {
		opened, err := unseal(r.Box, k)
		if err != nil {
			r.Log.ErrorContext(ctx, "a signing key cannot be opened, and tokens that it signed are refused; was the server's own key "+
				"replaced, instead of kept beside the new one?", "app", r.app, "kid", k.ID, "error", err)
			continue
		}
		good = append(good, opened)
	}
	return good
}

// due reports whether there has to be another key, and from when on it signs.
func (r *Ring) due(kept []account.SigningKey, good []key, now time.Time) (signs time.Time, due bool) {
	if len(good) == 0 {
		return now, true
	}
	newest := kept[len(kept)-1]
	next := newest.SignsAt.Add(r.config.Rotate)
	if now.Before(next.Add(-r.config.Publish)) {
		return signs, false
	}
	if soonest := now.Add(r.config.Publish); next.Before(soonest) { // the server was away for long
		next = soonest
	}
	return next, true
}

func (r *Ring) add(ctx context.Context, kept []account.SigningKey, now, signs time.Time) error {
	after := ""
	if len(kept) > 0 {
		after = kept[len(kept)-1].ID
	}
	k, err := generate(r.app, r.Box, now, signs)
	if err != nil {
		return err
	}
	if err := r.Store.AddSigningKey(ctx, k, after); err != nil {
		return fmt.Errorf("keys: keep a signing key: %w", err)
	}
	r.Log.InfoContext(ctx, "there is another signing key", "app", r.app, "kid", k.ID, "signs", signs)
	return nil
}

// sweep removes keys whose tokens are all over. The next one has signed for so long that none is left.
func (r *Ring) sweep(ctx context.Context, kept []account.SigningKey, now time.Time) error {
	for i := range len(kept) - 1 {
		if kept[i+1].SignsAt.Add(r.config.Keep).After(now) {
			break
		}
		if err := r.Store.DeleteSigningKey(ctx, r.app, kept[i].ID); err != nil && !errors.Is(err, account.ErrNotFound) {
			return fmt.Errorf("keys: remove a signing key: %w", err)
		}
	}
	return nil
}

// signer is the newest key whose time to sign has come.
func signer(all []key, now time.Time) key {
	for i := len(all) - 1; i > 0; i-- {
		if !all[i].signsAt.After(now) {
			return all[i]
		}
	}
	return all[0]
}
