package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
)

// Errors.
var (
	// ErrTooLong says that a password has more than MaxLength bytes.
	ErrTooLong = fmt.Errorf("the password has more than %d bytes", MaxLength)
	// ErrBusy says that so many others wait for their turn that there is no use in waiting too.
	ErrBusy = errors.New("too many passwords are being checked at the moment; try again in a few seconds")
	// ErrHash says that a hash is of no known kind, or broken. It does not show the hash.
	ErrHash = errors.New("the stored hash of the password is of no kind that is known here")
)

// MaxLength is the longest password in bytes. It is far beyond what people type, and keeps what has to be read short.
const MaxLength = 1024

// A Hasher hashes and checks passwords. It is safe for concurrent use.
type Hasher struct {
	cost    cost
	turns   chan struct{} // one for each hash that may be made at a time
	waiting atomic.Int64
	most    int64
	nobody  string // the hash of a password that nobody has
}

// New returns a Hasher.
func New(c Config) (*Hasher, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	h := &Hasher{
		cost: cost{memory: c.Memory, passes: c.Passes, lanes: c.Lanes}, turns: make(chan struct{}, c.parallel()), most: int64(c.Waiting),
	}
	h.nobody = h.cost.hash(rand.Text())
	return h, nil
}

// Hash returns the hash of a password, with a salt of its own. It waits for its turn until ctx ends.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxLength {
		return "", ErrTooLong
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return h.cost.hash(password), nil
}

// Verify reports whether a password is the one of a hash. Replace says that it is, and that the hash should be replaced by a
// new one, because it is of another kind or costs less than new ones do. A password that is too long is not the one. Errors
// are ErrBusy, ErrHash and those of ctx: they say nothing about the password.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (ok, replace bool, err error) {
	known, err := parse(hash)
	if err != nil {
		return false, false, err
	}
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer h.leave()
	if len(password) > MaxLength {
		_ = known.verify(password[:MaxLength]) // as long as any other takes
		return false, false, nil
	}
	ok = known.verify(password)
	return ok, ok && !h.cost.covers(known), nil
}

// Pretend takes as long as to check a password, for names that nobody has: that a name is unknown must not be seen by how
// fast the answer comes.
func (h *Hasher) Pretend(ctx context.Context, password string) error {
	_, _, err := h.Verify(ctx, h.nobody, password)
	return err
}

// enter waits for a turn.
func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.turns <- struct{}{}:
		return nil
	default:
	}
	if h.waiting.Add(1) > h.most {
		h.waiting.Add(-1)
		return ErrBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a password to be checked: %w", ctx.Err())
	}
}

func (h *Hasher) leave() { <-h.turns }
