package emitter

import (
	"sync/atomic"
	"time"
)

// Stats is what an Inlet has counted since it was made.
type Stats struct {
	Connected bool      // Redis is heard now
	Since     time.Time // of being connected, or of not being

	Received  uint64 // messages and entries from Redis that are not our own nodes'
	Emitted   uint64 // of them: events that were given to sockets of this node
	Ordered   uint64 // of them: joins, leaves and disconnections that were carried out
	Answered  uint64 // of them: questions that were answered
	Passed    uint64 // of them: for rooms without sockets here, for other servers, or without meaning here
	Malformed uint64 // ignored: of another shape
	Oversized uint64 // ignored: longer than Config.MaxPayload
	Refused   uint64 // ignored: an unknown namespace, or a name that only the server may say
	Failed    uint64 // not done: the hub's broker did not take it

	Told   uint64 // messages to other servers that were sent
	Untold uint64 // messages to other servers that were not, and will not be

	Outages uint64        // how often the connection was lost
	Down    time.Duration // all outages together that are over
	Gaps    uint64        // how often the stream did not reach back to where this node was
}

// counters are the numbers behind Stats.
type counters struct {
	received, emitted, ordered, answered, passed, malformed, oversized, refused, failed, told, untold, gaps atomic.Uint64
}

// Stats returns what has been counted.
func (i *Inlet) Stats() Stats {
	i.mu.Lock()
	s := Stats{Connected: i.connected, Since: i.since, Outages: i.outages, Down: i.down}
	i.mu.Unlock()
	c := &i.count
	s.Received, s.Emitted, s.Ordered, s.Answered, s.Passed = c.received.Load(), c.emitted.Load(), c.ordered.Load(), c.answered.Load(), c.passed.Load()
	s.Malformed, s.Oversized, s.Refused, s.Failed = c.malformed.Load(), c.oversized.Load(), c.refused.Load(), c.failed.Load()
	s.Told, s.Untold, s.Gaps = c.told.Load(), c.untold.Load(), c.gaps.Load()
	return s
}
