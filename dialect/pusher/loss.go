package pusher

import (
	"madang"
	"madang/internal/convention"
)

// Missed implements madang.Misser. The protocol promises nothing about what was missed, and has no word for it; what clients
// do have is an event that says from where on they hear a channel, after which applications ask for what came before, as
// they do after every reconnection. So pusher_internal:subscription_succeeded is said again: with it a presence channel has
// its members anew, and a cache channel its last event. Where a client cannot be told so, its connection ends with 4200, after
// which it comes back at once.
func (c *client) Missed(in []*madang.Subscription) {
	for _, was := range in {
		ch := was.Channel()
		if ch.Reserved() { // what is sent to its user, or who of its watchlist is there: that begins with a sign-in
			c.line.Close(madang.CloseDrain)
			return
		}
		sub, err := was.Again(background())
		if err != nil { // it has been left meanwhile
			continue
		}
		if convention.KindOf(ch.Name) != convention.Presence {
			c.welcome(sub)
			continue
		}
		if err := c.list(sub); err != nil {
			c.srv.log.Warn("a client cannot be told anew who is in a presence channel; it has to come back", "conn", c.conn.ID(),
				"channel", ch.String(), "error", err)
			c.line.Close(madang.CloseDrain)
			return
		}
	}
}
