package pusher

import (
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
}

func (n *counts) init(s *Server) { n.srv, n.due = s, map[madang.Channel]struct{}{} }

// changed notes that somebody has come to a channel, or gone. Presence channels say who is there instead.
func (n *counts) changed(ch madang.Channel, app *madang.App) {
	if !app.Rules.SubscriptionCount || ch.Reserved() || convention.KindOf(ch.Name) == convention.Presence {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.due) == 0 {
		time.AfterFunc(n.srv.cfg.CountInterval, n.tell)
	}
	n.due[ch] = struct{}{}
}

// tell counts what is due, and tells the channels that still have subscribers.
func (n *counts) tell() {
	n.mu.Lock()
	due := n.due
	n.due = map[madang.Channel]struct{}{}
	n.mu.Unlock()
	for ch := range due {
		if err := n.tellOne(ch); err != nil {
			n.srv.log.Warn("the number of a channel's subscribers could not be told", "channel", ch.String(), "error", err)
		}
	}
}

func (n *counts) tellOne(ch madang.Channel) error {
	ctx, hub := background(), n.srv.hub
	count, err := hub.OccupancyOf(ctx, ch)
	if err != nil || count == 0 {
		return err
	}
	_, err = hub.Publish(ctx, &madang.Message{
		Name: eventCount, Channel: ch, Data: []byte(`{"subscription_count":` + strconv.Itoa(count) + `}`), Type: madang.JSON, Transient: true,
	})
	return err
}
