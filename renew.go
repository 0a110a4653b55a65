package madang

import (
	"context"
	"fmt"
)

// setPrincipal gives the connection its principal and starts the time until it expires.
func (c *Conn) setPrincipal(p *Principal) {
	c.mu.Lock()
	c.who.Store(p)
	c.expired.Store(false)
	c.mu.Unlock()
	c.hub.deadlines.watch(c, p)
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed { // meanwhile; then nobody else forgets it
		c.hub.deadlines.forget(c)
	}
}

// expire ends the rights of a connection: it hears nothing more and may do nothing more, and the dialect tells the
// client.
func (c *Conn) expire(p *Principal) {
	c.mu.Lock()
	renewed := c.who.Load() != p
	if !renewed {
		c.expired.Store(true)
	}
	c.mu.Unlock()
	if renewed {
		return
	}
	for _, s := range c.Subscriptions() {
		s.leave()
	}
	c.Kick(CloseExpired)
}

// Renew takes new credentials on a live connection. They must prove the same user, unless it was nobody. Subscriptions
// that a policy had granted are asked for again; what is no longer granted ends.
func (c *Conn) Renew(ctx context.Context, cr Credentials) error {
	p, err := c.hub.Authenticate(ctx, cr)
	if err != nil {
		return err
	}
	if old := c.Principal(); p.App != old.App || old.User != "" && p.User != old.User {
		return fmt.Errorf("renew connection %s: the credentials prove somebody else: %w", c.id, ErrForbidden)
	}
	c.setPrincipal(p)
	for _, s := range c.Subscriptions() {
		if s.Grant == nil {
			continue
		}
		g, err := c.allow(ctx, AccessRequest{Action: ActSubscribe, Channel: s.channel.name, Proof: s.proof.Load()})
		if err != nil {
			s.revoke()
			continue
		}
		s.limit(g.Expires)
	}
	return nil
}
