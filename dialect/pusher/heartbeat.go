package pusher

import (
	"time"

	"madang"
)

// heard notes that the client is there.
func (c *client) heard() { c.last.Store(int64(c.srv.beats.Now())) }

// beat is a client's turn: it was heard lately, or is asked, or has not answered. While something of it is being handled
// its answer may be waiting to be read.
func (c *client) beat() {
	b, cfg := c.srv.beats, &c.srv.cfg
	silent := b.Now() - time.Duration(c.last.Load())
	switch {
	case silent < cfg.PingInterval:
		c.asked.Store(false)
		b.Set(c, cfg.PingInterval-silent)
	case c.handling.Load():
		b.Set(c, cfg.PongTimeout)
	case !c.asked.Swap(true):
		c.line.Send(pingUnit())
		b.Set(c, cfg.PongTimeout)
	default:
		c.line.Close(madang.CloseTimeout)
	}
}
