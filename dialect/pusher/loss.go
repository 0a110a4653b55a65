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
		err = c.srv.hub.Patiently(background(), func() error {
			if convention.KindOf(ch.Name) == convention.Presence {
				return c.list(sub)
			}
			return c.welcome(sub)
		})
		if err != nil {
			c.srv.log.Warn("a client cannot be told anew what is in a channel; it has to come back", "conn", c.conn.ID(),
				"channel", ch.String(), "error", err)
			c.line.Close(madang.CloseDrain)
			return
		}
	}
}
