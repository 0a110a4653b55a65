package madang

import (
	"context"
	"strings"
	"sync"
	"time"
)

// watchRetry is how long a change that could not be written down waits.
const watchRetry = time.Second

// watchPrefix begins the names of presence sets whose members are nodes: those with subscribers to the channel whose
// name follows.
const watchPrefix = "$at/"

// A watch tells observers when a channel gets its first subscriber in the whole cluster and when it loses the last one,
// each once. Every node writes down whether it has any; what comes and goes meanwhile is not told.
type watch struct {
	mu    sync.Mutex
	here  map[Channel]struct{} // has subscribers on this node
	due   map[Channel]struct{} // has changed since it was written down
	wake  chan struct{}
	known map[Channel]struct{} // is written down; of the worker alone
}

func (w *watch) init() {
	w.here, w.due, w.known = map[Channel]struct{}{}, map[Channel]struct{}{}, map[Channel]struct{}{}
	w.wake = make(chan struct{}, 1)
}

// watched reports whether somebody wants to know.
func (h *Hub) watched(c Channel) bool {
	return h.cfg.Watch != nil && !c.Reserved() && h.cfg.Watch(c)
}

// noteOccupied takes down a change of this node's subscribers. The channel's lock is held, so that changes of one channel
// are noted in their order.
func (h *Hub) noteOccupied(c Channel, here bool) {
	if !h.watched(c) {
		return
	}
	w := &h.watch
	w.mu.Lock()
	if here {
		w.here[c] = struct{}{}
	} else {
		delete(w.here, c)
	}
	w.mu.Unlock()
	w.change(c)
}

// change puts a channel on the list of what is to be written down.
func (w *watch) change(c Channel) {
	w.mu.Lock()
	w.due[c] = struct{}{}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns the list, and which of it have subscribers here.
func (w *watch) take() map[Channel]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := make(map[Channel]bool, len(w.due))
	for c := range w.due {
		_, due[c] = w.here[c]
	}
	clear(w.due)
	return due
}

// runWatch writes changes down.
func (h *Hub) runWatch() {
	w := &h.watch
	for {
		select {
		case <-w.wake:
		case <-h.life.Done():
			return
		}
		for c, here := range w.take() {
			if err := h.writeOccupied(h.life, c, here); err != nil {
				h.log.Warn("whether a channel is occupied could not be told to the cluster; trying again", "channel", c.String(), "error", err)
				time.AfterFunc(watchRetry, func() { w.change(c) })
			}
		}
	}
}

// writeOccupied writes down whether this node has subscribers, and tells the observers if that makes the difference.
func (h *Hub) writeOccupied(ctx context.Context, c Channel, here bool) error {
	w := &h.watch
	if _, known := w.known[c]; known == here {
		return nil
	}
	set := Channel{App: c.App, Name: watchPrefix + c.Name}
	if here {
		first, err := h.presence.Put(ctx, set, Member{User: "nodes", Conn: ConnID(h.node), Node: h.node})
		if err != nil {
			return err
		}
		w.known[c] = struct{}{}
		if first {
			h.tellOccupied(c, true)
		}
		return nil
	}
	_, last, err := h.presence.Remove(ctx, set, ConnID(h.node))
	if err != nil {
		return err
	}
	delete(w.known, c)
	if last {
		h.tellOccupied(c, false)
	}
	return nil
}

// sweptOccupied takes the departure of a dead node from a channel's nodes; ok is false if the departure is another one.
func (h *Hub) sweptOccupied(d Departure) (ok bool) {
	name, ok := strings.CutPrefix(d.Channel.Name, watchPrefix)
	if ok && d.Last {
		h.tellOccupied(Channel{App: d.Channel.App, Name: name}, false)
	}
	return ok
}

func (h *Hub) tellOccupied(c Channel, occupied bool) {
	h.observe(func(o *Observer) {
		switch {
		case occupied && o.OccupiedAnywhere != nil:
			o.OccupiedAnywhere(c)
		case !occupied && o.VacatedEverywhere != nil:
			o.VacatedEverywhere(c)
		}
	})
}
