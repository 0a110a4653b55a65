package laravel

import (
	"sync/atomic"
	"time"
)

// Stats is what an Inlet has counted since it was made.
type Stats struct {
	Connected bool      // Redis is heard now
	Since     time.Time // of being connected, or of not being

	Received  uint64 // messages from Redis, under one of the prefixes
	Delivered uint64 // handed to the hub
	Malformed uint64 // ignored: not an event of Laravel
	Oversized uint64 // ignored: longer than Config.MaxPayload
	Refused   uint64 // ignored: a channel's name that clients cannot have
	Failed    uint64 // lost: the hub's broker did not take them

	Told   uint64 // changes of presence channels that were published, for Config.PublishPresence
	Untold uint64 // changes that were not, and will not be

	Outages uint64        // how often the connection was lost
	Down    time.Duration // all outages together that are over
}

// counters are the numbers behind Stats.
type counters struct {
	received, delivered, malformed, oversized, refused, failed, told, untold atomic.Uint64
}

// Stats returns what has been counted.
func (i *Inlet) Stats() Stats {
	i.mu.Lock()
	s := Stats{Connected: i.connected, Since: i.since, Outages: i.outages, Down: i.down}
	i.mu.Unlock()
	c := &i.count
	s.Received, s.Delivered, s.Malformed = c.received.Load(), c.delivered.Load(), c.malformed.Load()
	s.Told, s.Untold = c.told.Load(), c.untold.Load()
	s.Oversized, s.Refused, s.Failed = c.oversized.Load(), c.refused.Load(), c.failed.Load()
	return s
}
