package chat

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"madang"
)

// names returns what is known of users, by id.
func (f *Feature) names(ctx context.Context, app string, ids ...string) (map[string]User, error) {
	users, err := f.rules.store.Users(ctx, app, ids...)
	if err != nil {
		return nil, fmt.Errorf("chat: names of users: %w", err)
	}
	m := make(map[string]User, len(users))
	for _, u := range users {
		m[u.Ref.ID] = u
	}
	return m, nil
}

// nameOf returns what to call a user.
func nameOf(names map[string]User, id string) string { return cmp.Or(names[id].Name, id) }

// known refuses users who have never been here.
func (f *Feature) known(ctx context.Context, app string, ids ...string) error {
	if f.rules.config.UnknownUsers || len(ids) == 0 {
		return nil
	}
	names, err := f.names(ctx, app, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := names[id]; !ok {
			return fmt.Errorf("chat: user %q of app %q has never been here: %w", id, app, ErrUserNotFound)
		}
	}
	return nil
}

// peerOf returns the other user of a direct room's key: see DirectKey.
func peerOf(key, user string) string {
	length, rest, _ := strings.Cut(key, ":")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n >= len(rest) {
		return ""
	}
	if rest[:n] != user {
		return rest[:n]
	}
	return rest[n+1:]
}

const (
	seenEvery = time.Minute // so often at most is it written down that somebody is here
	seenMost  = 10_000      // users whose last writing down is remembered
)

// A seenCache spares the store writing down at each request who makes it.
type seenCache struct {
	now func() time.Time
	mu  sync.Mutex
	m   map[UserRef]User
}

func newSeenCache(now func() time.Time) *seenCache {
	return &seenCache{now: now, m: map[UserRef]User{}}
}

// news reports whether it should be written down that the user is here, and takes it that it will be.
func (c *seenCache) news(u User) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, ok := c.m[u.Ref]
	if ok && old.Name == u.Name && u.SeenAt.Sub(old.SeenAt) < seenEvery {
		return false
	}
	if len(c.m) >= seenMost {
		clear(c.m)
	}
	c.m[u.Ref] = u
	return true
}

func (c *seenCache) forget(u UserRef) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, u)
}

// Seen remembers that the principal is here, and their name. Whoever lets users in by another way than Welcome calls it,
// so that others can find them.
func (f *Feature) Seen(ctx context.Context, p *madang.Principal) error {
	u := User{Ref: UserOf(p), Name: p.Name, SeenAt: f.rules.now()}
	if err := checkUser(u.Ref); err != nil {
		return fmt.Errorf("chat: %w", err)
	}
	if !f.seen.news(u) {
		return nil
	}
	if err := f.rules.store.PutUser(ctx, u); err != nil {
		f.seen.forget(u.Ref)
		return fmt.Errorf("chat: remember user %v: %w", u.Ref, err)
	}
	return nil
}
