package pusher

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/convention"
)

// errFull says that a presence channel has as many members as its app allows.
var errFull = fmt.Errorf("the presence channel is full: %w", madang.ErrTooMany)

// A presence is a presence channel in which a client is.
type presence struct {
	channel string
	user    []byte // its id there, as JSON
}

// presentAs returns the client's id in a presence channel, or nil if it is not there.
func (c *client) presentAs(channel string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.present {
		if p.channel == channel {
			return p.user
		}
	}
	return nil
}

// subscribe answers pusher:subscribe. To subscribe again to the same channel is allowed, and answered again.
func (c *client) subscribe(s frame.Subscribe) {
	if !convention.ValidName(s.Channel) {
		c.fail(codeNone, fmt.Sprintf("Invalid channel name: it has 1 to %d of the characters a-z, A-Z, 0-9 and _-=@,.;", convention.MaxName))
		return
	}
	kind := convention.KindOf(s.Channel)
	if kind == convention.User {
		c.subscribeUser(s.Channel)
		return
	}
	mask := madang.Messages
	if kind == convention.Presence {
		mask = madang.Everything
	}
	ch := c.channel(s.Channel)
	o := madang.SubscribeOptions{Proof: c.proof(s, kind), Mask: mask}
	in := false
	err := c.srv.hub.Patiently(background(), func() error {
		sub, err := c.conn.Subscribe(background(), ch, o)
		in = err == nil
		switch {
		case err != nil:
			return err
		case kind == convention.Presence:
			return c.join(sub)
		}
		return c.welcome(sub)
	})
	if err != nil {
		if in {
			c.unsubscribe(s.Channel)
		}
		c.refuse(s.Channel, err)
		return
	}
	c.srv.counts.changed(ch, c.tenant.app)
}

// proof is what the client has sent along. The headers of its handshake are kept only for whom no signature spares the
// asking of a backend.
func (c *client) proof(s frame.Subscribe, kind convention.Kind) *madang.Proof {
	if kind == convention.Public {
		return nil
	}
	p := &madang.Proof{Signature: s.Auth, Data: []byte(s.ChannelData), Remote: c.from.remote}
	if s.Auth == "" {
		p.Header, p.Request = c.from.header(), c.from.request
	}
	return p
}

// refuse tells the client that it does not get a subscription. Clients take that for final: where trying again may work the
// connection ends instead, and they subscribe again when they are back.
func (c *client) refuse(channel string, err error) {
	if errors.Is(err, madang.ErrClosed) {
		return
	}
	if errors.Is(err, madang.ErrUnavailable) {
		c.srv.log.Warn("a subscription is not possible now; the client has to come back", "conn", c.conn.ID(), "channel", channel, "error", err)
		c.line.Close(madang.CloseDrain)
		return
	}
	r := refusalOf(err)
	log := c.srv.log.Debug
	if r.Status == 500 {
		log = c.srv.log.Error
	}
	log("a subscription was refused", "conn", c.conn.ID(), "channel", channel, "error", err)
	c.line.Send(refusedUnit(channel, r))
}

// welcome lets a subscription to a channel without members begin; one to a cache channel begins with its last event.
func (c *client) welcome(sub *madang.Subscription) error {
	ch := sub.Channel()
	cached, err := c.cached(ch)
	if err != nil {
		return err
	}
	c.line.Send(unit(frame.Out{Event: eventSubscribed, Channel: ch.Name, Text: "{}"}))
	sub.OpenAfter(c.sendCached(ch, cached))
	return nil
}

// cached reads the last event of a channel, if it is a cache channel.
func (c *client) cached(ch madang.Channel) (page madang.Page, err error) {
	if !convention.Cached(ch.Name) {
		return page, nil
	}
	if page, err = c.srv.hub.History(background(), ch, madang.HistoryQuery{Limit: 1, Reverse: true}); err != nil {
		return page, fmt.Errorf("the last event of a cache channel: %w", err)
	}
	return page, nil
}

// sendCached sends the last event of a cache channel, or that there is none. It returns the event's offset.
func (c *client) sendCached(ch madang.Channel, page madang.Page) uint64 {
	if !convention.Cached(ch.Name) {
		return 0
	}
	if len(page.Events) == 0 || page.Events[0].Message == nil || foreign(page.Events[0].Message) {
		c.line.Send(unit(frame.Out{Event: eventCacheMiss, Channel: ch.Name, NoData: true}))
		if c.srv.missed != nil {
			c.srv.missed(ch)
		}
		return 0
	}
	e := page.Events[0]
	if e.Message.Skip != c.conn.ID() {
		c.line.Send(unit(message(e.Message)))
	}
	return e.Pos.Offset
}

// join enters a presence channel and sends who is there.
func (c *client) join(sub *madang.Subscription) error {
	ctx, ch := background(), sub.Channel()
	if sub.Grant == nil || sub.Grant.Member == nil {
		return fmt.Errorf("nobody has said who the new member is: %w", madang.ErrForbidden)
	}
	me := sub.Grant.Member
	if c.presentAs(ch.Name) == nil {
		if err := c.roomFor(ctx, ch, me); err != nil {
			return err
		}
		if err := c.conn.Enter(ctx, ch, nil, madang.JSON); err != nil {
			return err
		}
		c.mu.Lock()
		c.present = append(c.present, presence{ch.Name, rawUser(me)})
		c.mu.Unlock()
	}
	return c.list(sub)
}

// list tells a member of a presence channel that it is subscribed, and who is there, and lets the subscription begin.
func (c *client) list(sub *madang.Subscription) error {
	ctx, ch := background(), sub.Channel()
	// What has happened up to here is in the list of members that is read next, the client's own coming included.
	page, err := c.srv.hub.History(ctx, ch, madang.HistoryQuery{Limit: 1, Reverse: true})
	if err != nil {
		return fmt.Errorf("where the channel stands: %w", err)
	}
	all, err := c.conn.Members(ctx, ch)
	if err != nil {
		return err
	}
	cached, err := c.cached(ch)
	if err != nil {
		return err
	}
	c.line.Send(unit(frame.Out{Event: eventSubscribed, Channel: ch.Name, Text: presenceText(all)}))
	c.sendCached(ch, cached)
	sub.OpenAfter(page.Top.Offset)
	return nil
}

// roomFor applies the app's limits of members: how much there is to show of one, and how many there are.
func (c *client) roomFor(ctx context.Context, ch madang.Channel, me *madang.Member) error {
	if most := c.tenant.app.Rules.MaxMember; most > 0 && len(me.Data) > most {
		return fmt.Errorf("user_info has %d bytes, more than the %d that the app allows: %w", len(me.Data), most, madang.ErrInvalid)
	}
	most := c.tenant.app.Rules.MaxMembers
	if most <= 0 {
		return nil
	}
	all, err := c.conn.Members(ctx, ch)
	if err != nil {
		return err
	}
	if all = users(all); len(all) < most || slices.ContainsFunc(all, func(m madang.Member) bool { return m.User == me.User }) {
		return nil
	}
	return errFull
}

// unsubscribe takes the client out of a channel. It does nothing where it is not.
func (c *client) unsubscribe(name string) {
	if !convention.ValidName(name) || convention.KindOf(name) == convention.User {
		return // it listens there for as long as it is signed in
	}
	ch := c.channel(name)
	c.conn.Unsubscribe(ch) // first, so that it is not told of its own leaving
	c.leave(ch)
	c.srv.counts.changed(ch, c.tenant.app)
}

// leave takes the client out of a channel's presence set, if it is in it.
func (c *client) leave(ch madang.Channel) {
	c.mu.Lock()
	all := len(c.present)
	c.present = slices.DeleteFunc(c.present, func(p presence) bool { return p.channel == ch.Name })
	gone := len(c.present) < all
	c.mu.Unlock()
	if !gone {
		return
	}
	if err := c.conn.Leave(background(), ch); err != nil {
		c.srv.log.Warn("leaving a presence set failed", "conn", c.conn.ID(), "channel", ch.String(), "error", err)
	}
}
