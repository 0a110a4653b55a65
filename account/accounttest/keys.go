package accounttest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"madang/account"
)

func (k *kit) key(id string) account.SigningKey {
	return account.SigningKey{App: app, ID: id, Sealed: []byte("sealed " + id), CreatedAt: k.now, SignsAt: k.after(time.Hour)}
}

func signingKeys(k *kit) {
	all, err := k.SigningKeys(k.ctx, app)
	k.ok(err)
	k.same(len(all), 0)
	b, a, c := k.key("b"), k.key("a"), k.key("c")
	k.fails(k.AddSigningKey(k.ctx, b, "a"), account.ErrConflict) // there is none
	k.ok(k.AddSigningKey(k.ctx, b, ""))
	k.fails(k.AddSigningKey(k.ctx, a, ""), account.ErrConflict) // there is one
	k.ok(k.AddSigningKey(k.ctx, a, "b"))
	k.fails(k.AddSigningKey(k.ctx, c, "b"), account.ErrConflict)
	k.fails(k.AddSigningKey(k.ctx, b, "a"), account.ErrTaken)
	other := b
	other.App = "blog"
	k.ok(k.AddSigningKey(k.ctx, other, ""))
	all, err = k.SigningKeys(k.ctx, app)
	k.ok(err)
	k.same(all, []account.SigningKey{b, a}) // in the order in which they were added
	k.ok(k.DeleteSigningKey(k.ctx, app, "b"))
	k.fails(k.DeleteSigningKey(k.ctx, app, "b"), account.ErrNotFound)
	all, err = k.SigningKeys(k.ctx, app)
	k.ok(err)
	k.same(all, []account.SigningKey{a})
	all, err = k.SigningKeys(k.ctx, "blog")
	k.ok(err)
	k.same(all, []account.SigningKey{other})
	for _, change := range []func(*account.SigningKey){
		func(k *account.SigningKey) { k.App = "" }, func(k *account.SigningKey) { k.ID = "" }, func(k *account.SigningKey) { k.Sealed = nil },
	} {
		bad := c
		change(&bad)
		k.fails(k.AddSigningKey(k.ctx, bad, "a"), account.ErrInvalid)
	}
}

// keysAtOnce lets many nodes add the next key at once.
func keysAtOnce(k *kit) {
	k.ok(k.AddSigningKey(k.ctx, k.key("first"), ""))
	var added atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			switch err := k.AddSigningKey(k.ctx, k.key(string(rune('a'+i))), "first"); {
			case err == nil:
				added.Add(1)
			case !errors.Is(err, account.ErrConflict):
				k.Errorf("add a signing key: %v", err)
			}
		})
	}
	wg.Wait()
	k.same(added.Load(), int64(1))
	all, err := k.SigningKeys(k.ctx, app)
	k.ok(err)
	k.same(len(all), 2)
}
