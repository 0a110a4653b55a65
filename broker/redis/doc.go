// Package redis joins several nodes through Redis: it is a [madang.Broker] and a [madang.Presence]. One Redis, one that
// Sentinels watch over, and a Cluster all carry it; see [Config]. It needs Redis 6.2, and a Cluster of Redis 7.
//
// # Keys
//
// Channels are spread over partitions, of which each has a hash tag, so that all keys of a partition lie in one slot and one
// script can change them together. With the default prefix, of channel news of app a in partition 3:
//
//	madang:{3-0}m:1:anews   hash    the stream: epoch, newest offset, what was dropped. It is also the name under which the
//	                                events are published, with PUBLISH, or SPUBLISH on a Cluster
//	madang:{3-0}s:1:anews   stream  messages, asides and notes that are kept
//	madang:{3-0}p:1:anews   stream  changes of the presence set that are kept
//	madang:{3-0}h:1:anews   hash    who is there: connection to entry
//	madang:{3-0}u:1:anews   hash    how many connections of each user are there
//	madang:{3-0}n:17        set     where node 17 has entries
//	madang:{3-0}g           zset    departures that nobody is known to have told: when to report each again
//	madang:{3-0}d           hash    and each
//	madang:{3-0}l           zset    the leases: node to the time when its lease ends
//	madang:{3-0}r           string  the Redis process that answers, for 100 ms, not replicated
//	madang:{3-0}z           string  what these leases are called; another name says that all was lost
//
// # Publishing
//
// One script appends the events of a partition to their streams, and when all of that has succeeded it publishes them:
//
//	           ┌─ one script, and nothing comes between ──────────────────────────────┐
//	Publish ──▶│ epoch, offset+1 ──▶ XADD MAXLEN ──▶ HSET ──▶ PEXPIRE ──▶ (S)PUBLISH  │──▶ every node that subscribes
//	           └──────────────────────────────────────────────────────────────────────┘
//
// So both happen or neither, for the events of one channel, and for all that lie in one partition. Events of one call that
// lie in several partitions are several scripts: when one of them fails the others stand, Publish returns an error, and the
// positions of what was not published are zero. How many commands a publication takes depends on the partitions of its
// channels, never on subscribers.
//
// # Delivering
//
// A node subscribes to the channels that somebody here wants, over one connection for each partition. Every event carries
// its position and where its epoch began. A node that finds a gap, or whose connection was lost, holds the channel's events
// back, reads what it has missed from the stream, and delivers all in order. What it cannot get is told to the receiver, if
// it is a [madang.LossReceiver], and counted. A probe runs through each partition's connections all the time: what is published
// has to come back, or the connections are made anew.
//
// # What is promised
//
// A position is given once, and offsets grow from one epoch to the next, since an epoch's begin at the time in microseconds:
// whoever only compares offsets is never kept from what is new. Redis replicates asynchronously: what it has acknowledged can be gone after a failover, or
// after a restart if it keeps nothing on disk. So each script notes which Redis process it ran on, and a stream that meets
// another process goes on under another epoch, with what is left of its history. Who asks for what came after a position
// of the old epoch is told [madang.ErrLost]. That is also said when nothing was lost, because nobody can know. A Cluster
// that moves a slot counts as a failover.
//
// An error of Publish says that it is not known to have happened: if Redis died before it answered, it may have.
//
// While Redis does not answer, Publish, Subscribe and Presence fail within [Config.Timeout], at once when a probe has failed
// before; nothing is queued. Subscriptions, leases and this node's presence entries come back by themselves.
//
// Channels without history lose what is published while their node is cut off. A stream in which nothing happens and that no
// node hears is forgotten after [Config.Forget], or the age of what is kept if that is longer. Redis must not evict: what it
// has dropped looks as if it had never been.
//
// A Redis that answers but takes nothing new, since it is full or a replica, is no Redis that is away: what it has can be read,
// leases are renewed, members can leave. The probe writes, so that it is known.
//
// # Presence
//
// Entries belong to nodes, and nodes have leases in every partition. Whoever sweeps first removes the entries of a node whose
// lease has ended, in one script for each partition and some hundred entries, which also says who was the last of its user: so
// each is reported once, and again only if nobody says with [Broker.Told] that everybody knows: the answer was lost, or the
// node that had it died. A node remembers its own entries and puts them back when Redis has lost them, or when it was thought dead: then it tells the
// channels that they have entered again.
package redis
