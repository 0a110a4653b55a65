package photo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"

	"madang"
	"madang/blob"
)

// How many uploads an Album works on. One that is being decoded can need 200 MB, one that waits has MaxUpload bytes.
const (
	parallel = 1
	waiting  = 16
)

// folder begins the keys of photos, as Jetstream calls them.
const folder = "profile-photos/"

// ErrBusy says that too many photos are being made.
var ErrBusy = fmt.Errorf("photo: too many are being made, try again: %w", madang.ErrTooMany)

// An Album keeps photos. It is safe for concurrent use.
type Album struct {
	store blob.Store
	log   *slog.Logger
	turns chan struct{}
	asked atomic.Int64
}

// New returns an Album on a store, which it may share with others.
func New(s blob.Store, log *slog.Logger) *Album {
	return &Album{store: s, log: log, turns: make(chan struct{}, parallel)}
}

// Read reads an upload, or as much as is too much: ErrTooLarge.
func Read(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxUpload+1))
	if err != nil {
		return nil, fmt.Errorf("photo: read: %w", err)
	}
	if len(b) > MaxUpload {
		return nil, fmt.Errorf("more than %d bytes: %w", MaxUpload, ErrTooLarge)
	}
	return b, nil
}

// Replace makes a photo of an upload and has it saved in place of the old one, whose key may be empty. save keeps the new key
// where the old one was, such as in [madang/account.Person]. If it reports an error, the new photo is removed, otherwise
// the old one. A process that dies in between leaves a photo behind that nobody shows.
func (a *Album) Replace(ctx context.Context, old string, upload []byte, save func(key string) error) error {
	b, err := a.make(ctx, upload)
	if err != nil {
		return err
	}
	key := folder + strings.ToLower(rand.Text()) + ".jpg"
	if err := a.store.Put(ctx, key, blob.Object{Type: "image/jpeg", Data: b}); err != nil {
		return fmt.Errorf("photo: keep: %w", err)
	}
	if err := save(key); err != nil {
		a.discard(ctx, key)
		return err
	}
	a.discard(ctx, old)
	return nil
}

// Remove has it saved that there is no photo any more, and removes it.
func (a *Album) Remove(ctx context.Context, old string, save func() error) error {
	if err := save(); err != nil {
		return err
	}
	a.discard(ctx, old)
	return nil
}

// discard removes a photo that nobody shows any more, even when whoever asked has gone. That it could not be is no error of
// theirs.
func (a *Album) discard(ctx context.Context, key string) {
	if !ours(key) {
		return
	}
	if err := a.store.Delete(context.WithoutCancel(ctx), key); err != nil {
		a.log.WarnContext(ctx, "a photo that nobody shows any more could not be removed; remove it by hand", "key", key, "error", err)
	}
}

// make waits for its turn to make a photo.
func (a *Album) make(ctx context.Context, upload []byte) ([]byte, error) {
	defer a.asked.Add(-1)
	if a.asked.Add(1) > parallel+waiting {
		return nil, ErrBusy
	}
	select {
	case a.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("photo: wait for a turn: %w", ctx.Err())
	}
	defer func() { <-a.turns }()
	return Make(upload)
}

// get returns a photo; ErrNotFound also for what is in the store but none.
func (a *Album) get(ctx context.Context, key string) ([]byte, error) {
	if !ours(key) {
		return nil, blob.ErrNotFound
	}
	o, err := a.store.Get(ctx, key)
	switch {
	case errors.Is(err, blob.ErrInvalid) || err == nil && o.Type != "image/jpeg":
		return nil, blob.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("photo: get: %w", err)
	}
	return o.Data, nil
}

// ours reports whether a key is one of an Album's. What came from another system is left alone.
func ours(key string) bool {
	name, ok := strings.CutPrefix(key, folder)
	return ok && strings.HasSuffix(name, ".jpg") && !strings.Contains(name, "/") && blob.ValidKey(key) == nil
}
