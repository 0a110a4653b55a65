package link

import "time"

// A clock finds out how long messages were on their way, though neither end's clock needs to be right. The cloud says when it
// sent a message; the difference to when it arrived is that of the clocks and the time on the way, so the least difference of a
// line belongs to a message that was not held up. What took longer than that has waited somewhere: in a radio's retries, or
// with somebody who keeps packets back.
type clock struct {
	least time.Duration
	known bool
}

// late returns how much longer than the fastest a message was on its way. A sent that is zero says nothing.
func (c *clock) late(sent, arrived time.Time) time.Duration {
	if sent.IsZero() {
		return 0
	}
	took := arrived.Sub(sent)
	if !c.known || took < c.least {
		c.least, c.known = took, true
	}
	return took - c.least
}
