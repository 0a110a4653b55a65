package ably

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// Clients that attach with the parameter occupancy are told how many there are in the channel: at once, soon after somebody
// came or went on this node, and regularly, because others come and go elsewhere.
const (
	occupancySoon  = 250 * time.Millisecond
	occupancyEvery = 5 * time.Second
)

// occupancyName is the name of the messages that say it.
const occupancyName = "[meta]occupancy"

// An occupancy is what clients are told. The core counts subscribers and members; whoever subscribes may publish.
type occupancy struct {
	Connections         int `json:"connections"`
	Publishers          int `json:"publishers"`
	Subscribers         int `json:"subscribers"`
	PresenceConnections int `json:"presenceConnections"`
	PresenceMembers     int `json:"presenceMembers"`
	PresenceSubscribers int `json:"presenceSubscribers"`
}

// parseOccupancy reads the parameter: metrics, or metrics. and one of their names. It returns that name.
func parseOccupancy(text string) (metric string, err error) {
	metric, one := strings.CutPrefix(text, "metrics.")
	if one {
		b, _ := json.Marshal(occupancy{}) // numbers have a JSON form
		if strings.Contains(string(b), `"`+metric+`"`) {
			return metric, nil
		}
	} else if text == "metrics" {
		return "", nil
	}
	return "", shape.Info(shape.CodeBadRequest, "The parameter occupancy is neither metrics nor one of them.")
}

// watches are the channels whose occupancy clients of this node want to know.
type watches struct {
	srv *Server
	mu  sync.Mutex
	all map[madang.Channel]*watch
}

type watch struct {
	told  occupancy
	timer *time.Timer
	soon  bool // the timer is set to look soon
	who   map[*attachment]*session
}

// add begins to tell a client.
func (w *watches) add(s *session, a *attachment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[madang.Channel]*watch{}
	}
	x := w.all[a.channel]
	if x == nil {
		x = &watch{who: map[*attachment]*session{}}
		x.timer = time.AfterFunc(0, func() { w.look(a.channel, x) })
		w.all[a.channel] = x
	}
	x.who[a] = s
	x.told = occupancy{Connections: -1} // so that the new one is told
	x.timer.Reset(0)
}

// remove ends that.
func (w *watches) remove(a *attachment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.all[a.channel]
	if x == nil {
		return
	}
	if delete(x.who, a); len(x.who) == 0 {
		x.timer.Stop()
		delete(w.all, a.channel)
	}
}

// changed is called when somebody has come or gone here.
func (w *watches) changed(ch madang.Channel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x := w.all[ch]; x != nil && !x.soon {
		x.soon = true
		x.timer.Reset(occupancySoon)
	}
}

// look counts, and tells whoever wants to know if the count is another one.
func (w *watches) look(ch madang.Channel, x *watch) {
	w.mu.Lock()
	x.soon = false // what changes from now on is looked at again
	w.mu.Unlock()
	now, err := w.srv.occupancyOf(ch)
	if err != nil {
		w.srv.log.Warn("the occupancy of a channel is not complete", "channel", ch.String(), "error", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all[ch] != x {
		return
	}
	if !x.soon {
		x.timer.Reset(occupancyEvery)
	}
	if now == x.told || err != nil {
		return
	}
	x.told = now
	for a, s := range x.who {
		s.send(now.message(a, w.srv.hub.Now()))
	}
}

// message is what a client is told.
func (o occupancy) message(a *attachment, now time.Time) *protocol.Frame {
	all, _ := json.Marshal(o) // numbers have a JSON form
	if a.metric != "" {
		var each map[string]int
		_ = json.Unmarshal(all, &each) // it has just been written
		all, _ = json.Marshal(map[string]int{a.metric: each[a.metric]})
	}
	data := append(append([]byte(`{"metrics":`), all...), '}')
	return &protocol.Frame{Action: protocol.Messages, Channel: a.name, Timestamp: now.UnixMilli(), Messages: []protocol.Message{{
		Name: occupancyName, Data: protocol.Data{Kind: protocol.Value, Bytes: data}, Timestamp: now.UnixMilli(),
	}}}
}

// occupancyOf counts who is in a channel, on all nodes.
func (s *Server) occupancyOf(ch madang.Channel) (o occupancy, err error) {
	if o.Subscribers, err = s.hub.OccupancyOf(background(), ch); err != nil {
		return o, err
	}
	members, err := s.hub.Members(background(), ch)
	if err != nil {
		return o, err
	}
	conns := map[string]bool{}
	for i := range members {
		conns[shape.ConnectionID(members[i].Conn)] = true
	}
	o.PresenceMembers, o.PresenceConnections, o.PresenceSubscribers = len(members), len(conns), o.Subscribers
	o.Connections = max(o.Subscribers, len(conns))
	o.Publishers = o.Connections
	return o, nil
}
