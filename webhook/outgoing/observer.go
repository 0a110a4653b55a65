package outgoing

import (
	"context"
	"time"

	"madang"
)

// clusterTime is how long other nodes may take to say who is there.
const clusterTime = 5 * time.Second

// Observer returns what the hub tells its happenings to. Each of them is told on one node of the cluster.
func (w *Webhooks) Observer() *madang.Observer {
	if !w.Enabled() {
		return &madang.Observer{}
	}
	return &madang.Observer{
		Received:          w.received,
		OccupiedAnywhere:  func(c madang.Channel) { w.came(place{channel: c}, channelOccupied) },
		VacatedEverywhere: func(c madang.Channel) { w.left(place{channel: c}, channelVacated) },
		Joined: func(c madang.Channel, m madang.Member) {
			w.came(place{channel: c, member: true, user: m.User}, memberAdded)
		},
		Left: func(c madang.Channel, m madang.Member) {
			w.left(place{channel: c, member: true, user: m.User}, memberRemoved)
		},
	}
}

// Watch reports whether it matters if a channel is occupied.
func (w *Webhooks) Watch(c madang.Channel) bool {
	return w.wanted(channelOccupied, c) || w.wanted(channelVacated, c)
}

// came tells an arrival.
func (w *Webhooks) came(p place, kind string) {
	if w.tracked(p, kind) {
		w.absences.came(p, newFact(p.channel, wire{Name: kind, UserID: p.user}))
	}
}

// left holds a departure back.
func (w *Webhooks) left(p place, kind string) {
	if w.tracked(p, kind) {
		w.absences.left(p, newFact(p.channel, wire{Name: kind, UserID: p.user}))
	}
}

// tracked reports whether arrivals at a place and departures from it are followed. Who wants only the ones must not be
// told of those that a reload makes, so the others count too. Members who are nobody in particular have no id to tell.
func (w *Webhooks) tracked(p place, kind string) bool {
	if p.member && p.user == "" {
		return false
	}
	return w.wanted(kind, p.channel) || w.wanted(opposite(kind), p.channel)
}

// opposite returns what undoes a kind.
func opposite(kind string) string {
	switch kind {
	case channelOccupied:
		return channelVacated
	case channelVacated:
		return channelOccupied
	case memberAdded:
		return memberRemoved
	default:
		return memberAdded
	}
}

// elsewhere returns which absences are over because of another node, where their end was told as an arrival. When that
// cannot be found out, all count as lasting.
func (w *Webhooks) elsewhere(ctx context.Context, due []*absence) map[place]bool {
	ctx, done := context.WithTimeout(ctx, clusterTime)
	defer done()
	nodes, err := w.cluster.Nodes(ctx)
	if err != nil || len(nodes) <= 1 {
		return nil // who came back to this node has been seen
	}
	back := map[place]bool{}
	asked := map[madang.Channel]bool{}
	for _, it := range due {
		if !it.member {
			n, err := w.cluster.OccupancyOf(ctx, it.channel)
			back[it.place] = err == nil && n > 0
			continue
		}
		if asked[it.channel] {
			continue
		}
		asked[it.channel] = true
		all, err := w.cluster.Members(ctx, it.channel)
		if err != nil {
			w.log.Warn("who came back to a channel on another node is not known and told as gone", "channel", it.channel.String(), "error", err)
		}
		for _, m := range all {
			back[place{channel: it.channel, member: true, user: m.User}] = true
		}
	}
	return back
}
