package echo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"madang"
)

// maxTold is how often a client is told at most who is there, while that changes under its eyes.
const maxTold = 5

// admit refuses a member that is too large, or one too many. Nodes do not wait for each other, so users who come at the
// same moment may be a few more than the rule says.
func (t *seat) admit(ctx context.Context, sub *madang.Subscription) error {
	rules, m := t.b.rules, memberOf(sub)
	if n := len(m.User) + len(m.Data); rules.MaxMember > 0 && n > rules.MaxMember {
		return fmt.Errorf("enter %s: what is shown of the user has %d bytes, more than %d: %w",
			sub.Channel(), n, rules.MaxMember, madang.ErrInvalid)
	}
	if rules.MaxMembers <= 0 {
		return nil
	}
	all, err := t.s.Conn().Hub().Members(ctx, sub.Channel())
	if err != nil {
		return err
	}
	users := map[string]bool{}
	for _, o := range all {
		users[o.User] = true
	}
	if !users[m.User] && len(users) >= rules.MaxMembers {
		return fmt.Errorf("enter %s: %d users are there, the most that it takes: %w", sub.Channel(), len(users), madang.ErrTooMany)
	}
	return nil
}

// enter puts the socket into a presence channel, tells it who is there, and opens the subscription: what others do
// meanwhile follows.
func (t *seat) enter(ctx context.Context, sub *madang.Subscription) error {
	c := sub.Channel()
	if err := t.s.Conn().Enter(ctx, c, nil, madang.JSON); err != nil {
		t.depart(ctx, c)
		return err
	}
	if t.s.Recoverable() { // a held subscription of such a socket passes over what comes before it is opened
		sub.Open()
		if err := t.tellUntilTrue(ctx, c); err != nil {
			t.depart(ctx, c)
			return err
		}
		return nil
	}
	told, err := t.members(ctx, c)
	if err != nil {
		t.depart(ctx, c)
		return err
	}
	t.tell(subscribedEvent, c.Name, told)
	sub.Open()
	return nil
}

// tellUntilTrue tells a socket whose subscription is open already who is there. Somebody may leave between the asking and
// the telling, and the client hears of it in the wrong order: so it is told again until it was true when it was said.
func (t *seat) tellUntilTrue(ctx context.Context, c madang.Channel) error {
	var told json.RawMessage
	for range maxTold {
		now, err := t.members(ctx, c)
		if err != nil || bytes.Equal(now, told) {
			return err
		}
		told = now
		t.tell(subscribedEvent, c.Name, told)
	}
	return nil
}

// members returns the list of users: newest first, each user once, with the newest connection.
func (t *seat) members(ctx context.Context, c madang.Channel) (json.RawMessage, error) {
	all, err := t.s.Conn().Hub().Members(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("members of %s: %w", c, err)
	}
	self := t.s.Conn().ID()
	slices.SortFunc(all, func(a, b madang.Member) int {
		if order := b.Since.Compare(a.Since); order != 0 {
			return order
		}
		if (a.Conn == self) != (b.Conn == self) { // who asks came last
			if a.Conn == self {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Conn, b.Conn)
	})
	list := []byte{'['}
	seen := make(map[string]bool, len(all))
	for i := range all {
		m := &all[i]
		if seen[m.User] {
			continue
		}
		seen[m.User] = true
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = appendMember(list, m, true)
	}
	return append(list, ']'), nil
}
