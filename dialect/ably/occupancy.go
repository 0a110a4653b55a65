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

// parseOccupancy reads the parameter: metrics, or metrics. and one of their names. It returns that name.
func parseOccupancy(text string) (metric string, err error) {
	metric, one := strings.CutPrefix(text, "metrics.")
	if one {
		b, _ := json.Marshal(shape.Metrics{}) // numbers have a JSON form
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
	told  shape.Metrics
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
	x.told = shape.Metrics{Connections: -1} // so that the new one is told
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
		s.send(occupancyFrame(a, now, w.srv.hub.Now()))
	}
}

// occupancyFrame is what a client is told.
func occupancyFrame(a *attachment, m shape.Metrics, now time.Time) *protocol.Frame {
	all, _ := json.Marshal(m) // numbers have a JSON form
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
func (s *Server) occupancyOf(ch madang.Channel) (shape.Metrics, error) {
	subscribers, err := s.hub.OccupancyOf(background(), ch)
	if err != nil {
		return shape.Metrics{}, err
	}
	members, err := s.hub.Members(background(), ch)
	return shape.MetricsOf(subscribers, members), err
}
