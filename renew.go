package madang

import (
	"context"
	"fmt"
	"time"
)

// setPrincipal gives the connection its principal and starts the time until it expires.
func (c *Conn) setPrincipal(p *Principal) {
	c.who.Store(p)
	c.expired.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.expiry != nil {
		c.expiry.Stop()
		c.expiry = nil
	}
	if !p.Expires.IsZero() && !c.closed {
		c.expiry = time.AfterFunc(p.Expires.Sub(c.hub.now()), func() { c.expire(p) })
	}
}

// expire ends the rights of a connection: it hears nothing more and may do nothing more, and the dialect tells the
// client.
func (c *Conn) expire(p *Principal) {
	if c.who.Load() != p { // renewed meanwhile
		return
	}
	c.expired.Store(true)
	for _, s := range c.Subscriptions() {
		s.leave()
	}
	c.Kick(CloseExpired)
}

// Renew takes new credentials on a live connection. They must prove the same user. Subscriptions that a policy had
// granted are asked for again; what is no longer granted ends.
func (c *Conn) Renew(ctx context.Context, cr Credentials) error {
	p, err := c.hub.Authenticate(ctx, cr)
	if err != nil {
		return err
	}
	if old := c.Principal(); p.App != old.App || p.User != old.User {
		return fmt.Errorf("renew connection %s: the credentials prove somebody else: %w", c.id, ErrForbidden)
	}
	c.setPrincipal(p)
	for _, s := range c.Subscriptions() {
		if s.Grant == nil {
			continue
		}
		if _, err := c.allow(ctx, AccessRequest{Action: ActSubscribe, Channel: s.channel.name}); err != nil {
			s.leave()
		}
	}
	return nil
}
