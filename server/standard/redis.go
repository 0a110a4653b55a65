package standard

import (
	"context"

	"madang/broker/redis"
	"madang/server"
	"madang/server/metrics"
)

// openRedis opens what joins this node to the others.
func openRedis(ctx context.Context, s *server.Site, c redis.Config) (*redis.Broker, error) {
	if !c.On() {
		return nil, server.ErrOff
	}
	return redis.Open(ctx, c, redis.Options{Log: s.Log})
}

// atRedis gives the broker its address: it is the server's, since other parts ask whether there are more nodes.
func atRedis(base *server.Config, c *redis.Config) error {
	c.URL = base.Redis.URL
	return nil
}

// redisSamples are what the broker has counted.
func redisSamples(s redis.Stats, report func(metrics.Sample)) {
	report(gauge("redis_partitions_deaf", "Partitions of which nothing is heard now.", float64(s.Deaf)))
	report(gauge("redis_partitions_silent", "Partitions in which Redis does not answer now.", float64(s.Silent)))
	report(gauge("redis_partitions_refusing", "Partitions in which Redis answers but takes nothing new: it is full, or a replica.", float64(s.Full)))
	report(counter("redis_outages_total", "How often the connection of a partition was lost.", s.Outages))
	report(counter("redis_commands_total", "Commands that were sent to Redis.", s.Commands))
	const events = "Events, by what became of them."
	report(counter("redis_events_total", events, s.Published, "outcome", "published"))
	report(counter("redis_events_total", events, s.Refused, "outcome", "refused"))
	report(counter("redis_events_total", events, s.Received, "outcome", "received"))
	report(counter("redis_events_total", events, s.Malformed, "outcome", "malformed"))
	report(counter("redis_gaps_total", "How often an event did not follow the one before.", s.Gaps))
	report(counter("redis_filled_total", "Events that came late because they, or some before them, had been missed.", s.Filled))
	report(counter("redis_losses_total", "How often something may have been missed for good.", s.Lost))
	report(counter("redis_presence_restored_total", "Presence entries of this node that Redis had lost.", s.Restored))
}
