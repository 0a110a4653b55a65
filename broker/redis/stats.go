package redis

import "sync/atomic"

// Stats is what a Broker has counted since it was opened.
type Stats struct {
	Published uint64 // events
	Refused   uint64 // events of which it is not known that they were published: their publishers were told
	Received  uint64 // events that were handed to the hub
	Malformed uint64 // events that could not be read
	Commands  uint64 // that were sent to Redis

	Gaps   uint64 // how often an event did not follow the one before
	Filled uint64 // events that were delivered after it was found out that they were missed, or had to wait for that
	Lost   uint64 // how often something may have been missed for good

	Deaf    int    // partitions of which nothing is heard now
	Silent  int    // partitions in which commands are not answered now
	Full    int    // partitions in which Redis answers but takes nothing new: it is full, or a replica
	Outages uint64 // how often a partition's connection was lost

	Restored uint64 // presence entries of this node that Redis had lost
}

// counters are the numbers behind Stats.
type counters struct {
	published, refused, received, malformed, commands, gaps, filled, lost, outages, restored atomic.Uint64
	deaf, silent, full                                                                       atomic.Int64
}

// Stats returns what has been counted.
func (b *Broker) Stats() Stats {
	c := &b.count
	return Stats{
		Published: c.published.Load(), Refused: c.refused.Load(), Received: c.received.Load(),
		Malformed: c.malformed.Load(), Commands: c.commands.Load(), Gaps: c.gaps.Load(), Filled: c.filled.Load(),
		Lost: c.lost.Load(), Deaf: int(c.deaf.Load()), Silent: int(c.silent.Load()), Full: int(c.full.Load()), Outages: c.outages.Load(),
		Restored: c.restored.Load(),
	}
}
