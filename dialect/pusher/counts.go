package pusher

import (
	"maps"
	"strconv"
	"sync"
	"time"

	"madang"
	"madang/internal/convention"
)

// counts tells the subscribers of channels how many they are in the whole cluster, if their app wants that. Whatever
// changes within an interval is told once, at its end.
type counts struct {
	srv *Server

	mu  sync.Mutex
	due map[madang.Channel]struct{}
	set bool // tell is running, or will be
}

func (n *counts) init(s *Server) { n.srv, n.due = s, map[madang.Channel]struct{}{} }

// changed notes that somebody has come to a channel, or gone. Presence channels say who is there instead.
func (n *counts) changed(ch madang.Channel, app *madang.App) {
	if !app.Rules.SubscriptionCount || ch.Reserved() || convention.KindOf(ch.Name) == convention.Presence {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.due[ch] = struct{}{}
	if !n.set {
		n.set = true
		time.AfterFunc(n.srv.cfg.CountInterval, n.tell)
	}
}

// take returns what is due.
func (n *counts) take() map[madang.Channel]struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	due := n.due
	n.due = map[madang.Channel]struct{}{}
	return due
}

// tell counts what is due, and tells the channels that still have subscribers. When the cluster does not answer, the rest
// waits for the next time: each channel would wait as long.
func (n *counts) tell() {
	due := n.take()
	for ch := range due {
		if err := n.tellOne(ch); err != nil {
			n.srv.log.Warn("the number of subscribers could not be told; trying again", "channel", ch.String(), "channels", len(due), "error", err)
			break
		}
		delete(due, ch)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.srv.hub.Draining() {
		return // everybody is going
	}
	maps.Copy(n.due, due)
	if n.set = len(n.due) > 0; n.set {
		time.AfterFunc(n.srv.cfg.CountInterval, n.tell)
	}
}

func (n *counts) tellOne(ch madang.Channel) error {
	ctx, hub := background(), n.srv.hub
	count, err := hub.OccupancyOf(ctx, ch)
	if err != nil || count == 0 {
		return err
	}
	if f := n.srv.counted; f != nil {
		f(ch, count)
	}
	_, err = hub.Publish(ctx, &madang.Message{
		Name: eventCount, Channel: ch, Data: []byte(`{"subscription_count":` + strconv.Itoa(count) + `}`), Type: madang.JSON, Transient: true,
	})
	return err
}
