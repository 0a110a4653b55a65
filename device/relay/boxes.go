package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"madang"
	"madang/device"
)

// boxes are those that may have gone: they are looked at, because the observer must not wait.
type boxes struct {
	wake chan struct{}
	mu   sync.Mutex
	some map[box]bool
}

type box struct{ app, serial string }

// closed is the Observer's: a connection of this node has ended.
func (b *boxes) closed(c *madang.Conn, _ madang.CloseReason) {
	if p := c.Principal(); p != nil && p.Guard == GuardHub {
		b.add(box{p.App, serialOf(p)})
	}
}

// left is the Observer's: a box is there no more, also because its node has died.
func (b *boxes) left(ch madang.Channel, m madang.Member) {
	if ch.Name == boxesName {
		b.add(box{ch.App, m.User})
	}
}

func (b *boxes) add(x box) {
	b.mu.Lock()
	if b.some == nil {
		b.some = map[box]bool{}
	}
	b.some[x] = true
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *boxes) take() map[box]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	some := b.some
	b.some = nil
	return some
}

// lookLater is after how long a box is looked at again when that has failed.
const lookLater = time.Second

// watch looks at boxes that may have gone.
func (f *Feature) watch() {
	for {
		select {
		case <-f.life.Done():
			return
		case <-f.boxes.wake:
		}
		for x := range f.boxes.take() {
			if err := f.look(x); err != nil && f.life.Err() == nil {
				f.log.Warn("relay: whether a hub has gone could not be looked up; this will be tried again", "hub", x.serial, "error", err)
				time.AfterFunc(lookLater, func() { f.boxes.add(x) })
			}
		}
	}
}

// atOnce is how many boxes are read at once.
const atOnce = 500

// lookAtAll has all boxes looked at that are taken to be there.
func (f *Feature) lookAtAll(ctx context.Context) error {
	var last device.Hub
	for {
		list, err := f.store.OnlineHubs(ctx, last.App, last.Serial, atOnce)
		if err != nil {
			return err
		}
		for _, h := range list {
			f.boxes.add(box{h.App, h.Serial})
			last = h
		}
		if len(list) < atOnce {
			return nil
		}
	}
}

// look takes a box for gone if the connection by which it was there is among those that are here no more.
func (f *Feature) look(x box) error {
	h, err := f.store.Hub(f.life, x.app, x.serial)
	if errors.Is(err, device.ErrNotFound) || err == nil && h.Link == "" {
		return nil
	}
	if err != nil {
		return err
	}
	members, err := f.hub.Members(f.life, madang.Channel{App: x.app, Name: boxesName})
	if err != nil {
		return err
	}
	for _, m := range members {
		if string(m.Conn) == h.Link {
			return nil
		}
	}
	return f.rules.Depart(f.life, x.app, x.serial, h.Link)
}
