package relay

import (
	"sync/atomic"

	"madang"
	"madang/device"
)

// Stats are what happened on this node since it was started, for metrics.
type Stats struct {
	Hubs, Displays         int64  // that are connected by a socket now
	Codes                  uint64 // that were shown
	Done, Refused, Expired uint64 // commands, by how they ended
}

// counts are Stats as they are counted.
type counts struct {
	hubs, displays, codes  atomic.Int64
	done, refused, expired atomic.Int64
}

// Stats returns what has happened so far.
func (f *Feature) Stats() Stats {
	c := &f.counts
	return Stats{
		Hubs: c.hubs.Load(), Displays: c.displays.Load(), Codes: uint64(c.codes.Load()),
		Done: uint64(c.done.Load()), Refused: uint64(c.refused.Load()), Expired: uint64(c.expired.Load()),
	}
}

// connected counts connections as they come (1) and go (-1).
func (c *counts) connected(conn *madang.Conn, n int64) {
	switch p := conn.Principal(); {
	case p == nil:
	case p.Guard == GuardHub:
		c.hubs.Add(n)
	case p.Guard == GuardDisplay:
		c.displays.Add(n)
	}
}

// ended counts a command that has ended.
func (c *counts) ended(s device.CommandState) {
	switch s {
	case device.Done:
		c.done.Add(1)
	case device.Refused:
		c.refused.Add(1)
	case device.Expired:
		c.expired.Add(1)
	}
}
