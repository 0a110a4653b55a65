package echo

import (
	"context"
	"errors"
	"fmt"

	"madang"
	"madang/internal/convention"
)

// join carries out a subscribe. Public and private channels answer success with silence, as laravel-echo-server does.
func (t *seat) join(ctx context.Context, want subscription) {
	c := t.b.channel(want.channel)
	o := madang.SubscribeOptions{Mask: madang.Messages}
	kind := convention.KindOf(c.Name)
	if kind == convention.Presence {
		o.Mask = madang.Everything | madang.Others
	}
	var err error
	switch kind {
	case convention.User: // nobody signs in here
		err = fmt.Errorf("subscribe %s: a user's own channel: %w", c, madang.ErrForbidden)
	case convention.Private, convention.Presence:
		o.Proof, err = t.prove(want.auth)
	}
	var sub *madang.Subscription
	if err == nil {
		err = t.s.Conn().Hub().Patiently(ctx, func() error {
			if sub, err = t.s.Conn().Subscribe(ctx, c, o); err != nil {
				return err
			}
			return t.settle(ctx, kind, sub)
		})
	}
	switch {
	case err == nil:
		t.came(ctx, stay{channel: c, proof: o.Proof, member: memberOf(sub)})
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, madang.ErrClosed):
		// The client has left the channel meanwhile, or has gone.
	case errors.Is(err, madang.ErrUnavailable): // clients take a refusal for final
		t.b.log.Warn("a subscription is not possible now; the client has to come back", "conn", t.s.ID(), "channel", c.String(), "error", err)
		t.s.Session().End(madang.CloseError)
	default:
		t.refuse(c.Name, err)
	}
}

// settle opens a subscription, after its welcome where there is one. It is not broken off: a leave that comes now is
// carried out afterwards.
func (t *seat) settle(ctx context.Context, kind convention.Kind, sub *madang.Subscription) error {
	ctx, done := unbroken(ctx)
	defer done()
	if kind != convention.Presence {
		sub.Open()
		return nil
	}
	if memberOf(sub) == nil {
		t.b.log.Warn("a client may listen to a presence channel, but nobody has said as whom it may enter", "conn", t.s.ID(),
			"channel", sub.Channel().String())
		sub.Open()
		return nil
	}
	if err := t.admit(ctx, sub); err != nil {
		t.depart(ctx, sub.Channel())
		return err
	}
	return t.enter(ctx, sub)
}

// memberOf returns as whom a subscription may enter, or nil.
func memberOf(sub *madang.Subscription) *madang.Member {
	if sub.Grant == nil {
		return nil
	}
	return sub.Grant.Member
}

// refuse tells a client that it was kept out of a channel. The log has it for those who look: who asks the app's backend
// says there what went wrong, and anybody can be refused as often as it likes.
func (t *seat) refuse(channel string, err error) {
	code := status(err)
	t.b.log.Debug("a subscription was refused", "conn", t.s.ID(), "channel", channel, "status", code, "error", err)
	t.tell(errorEvent, channel, code)
}

// depart carries out an unsubscribe. A channel that the socket has never joined is no matter.
func (t *seat) depart(ctx context.Context, c madang.Channel) {
	ctx, done := unbroken(ctx)
	defer done()
	conn := t.s.Conn()
	conn.Unsubscribe(c)
	if err := conn.Leave(ctx, c); err != nil {
		t.b.log.Warn("leaving a presence channel failed", "conn", t.s.ID(), "channel", c.String(), "error", err)
	}
	t.went(ctx, c)
}

// unbroken returns a context for what must not be left half done. It has its time, but nobody cancels it.
func unbroken(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), authorizeTime)
}

// prove returns what the client has to prove its right: its headers over those of the handshake. Echo sends the same
// with each subscription, so one copy is kept for all of them.
func (t *seat) prove(auth string) (*madang.Proof, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.proof != nil && t.auth == auth {
		return t.proof, nil
	}
	p := t.plain()
	if err := authHeaders(auth, p.Header); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	t.auth, t.proof = auth, p
	return p, nil
}

// plain is a proof without anything but the handshake.
func (t *seat) plain() *madang.Proof {
	h := t.s.Handshake()
	return &madang.Proof{Header: h.Headers(), Request: h.Header, Remote: h.Address}
}
