package memory

import (
	"cmp"
	"context"
	"slices"

	"madang/chat"
)

// PutUser implements chat.UserStore.
func (c *Chat) PutUser(_ context.Context, u chat.User) error {
	if err := u.Validate(); err != nil {
		return err
	}
	u.SeenAt = chat.Millis(u.SeenAt)
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.users[u.Ref]
	u.Name = cmp.Or(u.Name, old.Name)
	if u.SeenAt.Before(old.SeenAt) {
		u.SeenAt = old.SeenAt
	}
	c.users[u.Ref] = u
	return nil
}

// Users implements chat.UserStore.
func (c *Chat) Users(_ context.Context, app string, ids ...string) ([]chat.User, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []chat.User
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if u, ok := c.users[chat.UserRef{App: app, ID: id}]; ok {
			list = append(list, u)
		}
	}
	return list, nil
}
