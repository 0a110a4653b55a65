package madang

import (
	"context"
	"errors"
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
	c.hub.observe(func(o *Observer) {
		if o.Renewed != nil {
			o.Renewed(c)
		}
	})
	for _, s := range c.Subscriptions() {
		if s.again(ctx) != nil {
			s.revoke()
		}
	}
	return nil
}

// Recheck asks again for the subscriptions that a policy had granted, because what people may has changed. One that is no
// longer granted ends, and with it the connection's entry in the channel's presence set; the dialect tells the client. An
// error says that a policy could not decide: those subscriptions stay until somebody asks again.
func (c *Conn) Recheck(ctx context.Context) error {
	var errs []error
	for _, s := range c.Subscriptions() {
		err := s.again(ctx)
		switch {
		case err == nil:
		case errors.Is(err, ErrForbidden), errors.Is(err, ErrUnauthenticated):
			if err := c.Leave(ctx, s.Channel()); err != nil {
				errs = append(errs, err)
			}
			s.revoke()
		default:
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// again asks for a subscription again, if a policy had granted it. Where the right is somebody else's, they are asked about:
// what had proved that it is theirs may be good for once alone.
func (s *Subscription) again(ctx context.Context) error {
	if s.Grant == nil {
		return nil
	}
	r := AccessRequest{Action: ActSubscribe, Channel: s.channel.name, Proof: s.proof.Load()}
	by := s.Grant.By
	if by == nil {
		g, err := s.conn.allow(ctx, r)
		if err == nil {
			s.limit(g.Expires)
		}
		return err
	}
	if err := s.conn.live(); err != nil {
		return err
	}
	r.Principal, r.Conn = by, s.conn.id
	g, err := s.conn.hub.Authorize(ctx, r)
	if err != nil {
		return err
	}
	until := g.Expires
	if !by.Expires.IsZero() && (until.IsZero() || by.Expires.Before(until)) {
		until = by.Expires
	}
	s.limit(until)
	return nil
}
