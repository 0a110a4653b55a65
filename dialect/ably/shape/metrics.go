package shape

import "madang"

// Metrics count who is at a channel, on all nodes.
type Metrics struct {
	Connections         int `json:"connections"`
	Publishers          int `json:"publishers"`
	Subscribers         int `json:"subscribers"`
	PresenceConnections int `json:"presenceConnections"`
	PresenceMembers     int `json:"presenceMembers"`
	PresenceSubscribers int `json:"presenceSubscribers"`
}

// MetricsOf returns what there is to say of a channel with so many subscriptions and some members. The core counts no more:
// whoever is one of them may publish, and whoever subscribes may hear of members. Members without a name are nobody here.
func MetricsOf(subscribers int, members []madang.Member) Metrics {
	m := Metrics{Subscribers: subscribers, PresenceSubscribers: subscribers}
	conns := map[string]bool{}
	for i := range members {
		if members[i].User != "" {
			m.PresenceMembers++
			conns[ConnectionID(members[i].Conn)] = true
		}
	}
	m.PresenceConnections = len(conns)
	m.Connections = max(subscribers, len(conns))
	m.Publishers = m.Connections
	return m
}
