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

// lent is the Observer's: somebody subscribes by a right that is not their connection's. A hub that does so to its own channel is
// there.
func (f *Feature) lent(s *madang.Subscription) {
	if t, serial, _ := tongueOf(s.Channel()); t == hubTongue {
		f.lookout.add(func() error { return f.arrive(f.life, s.Conn(), box{s.Channel().App, serial}) })
	}
}

// vacated is the Observer's: nobody on this node is in a channel any more.
func (b *boxes) vacated(ch madang.Channel) {
	if t, serial, _ := tongueOf(ch); t == hubTongue {
		b.add(box{ch.App, serial})
	}
}

// arrive lets a box in by its connection, in whatever protocol: it is there by that alone from now on.
func (f *Feature) arrive(ctx context.Context, c *madang.Conn, x box) error {
	who := madang.Member{User: HubPrincipal(x.app, x.serial).User}
	err := f.hub.EnterAs(ctx, c, channel(x.app, hubPrefix, x.serial), who)
	if err == nil {
		err = f.hub.EnterAs(ctx, c, channel(x.app, displayPrefix, x.serial), who)
	}
	if err == nil {
		err = f.hub.EnterAs(ctx, c, madang.Channel{App: x.app, Name: boxesName}, madang.Member{User: x.serial})
	}
	if err == nil {
		_, err = f.rules.Arrive(ctx, x.app, x.serial, string(c.ID()))
	}
	if !f.hears(c, x) { // it has ended meanwhile, and the observer may have been told before
		f.boxes.add(x)
	}
	if errors.Is(err, madang.ErrClosed) || errors.Is(err, device.ErrNotFound) {
		return nil // there is nobody to let in
	}
	return err
}

// leave takes a connection out of where a box is by it.
func (f *Feature) leave(ctx context.Context, c *madang.Conn, x box) error {
	return errors.Join(c.Leave(ctx, channel(x.app, hubPrefix, x.serial)), c.Leave(ctx, channel(x.app, displayPrefix, x.serial)),
		c.Leave(ctx, madang.Channel{App: x.app, Name: boxesName}))
}

// hears reports whether a connection is here, and hears what is for a box.
func (f *Feature) hears(c *madang.Conn, x box) bool {
	return f.hub.Conn(c.ID()) == c && (in(c, channel(x.app, hubPrefix, x.serial)) != nil || in(c, hubTongue.channel(x.app, x.serial)) != nil)
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
		if m.User != x.serial {
			continue
		}
		if c := f.hub.Conn(m.Conn); c != nil && !f.hears(c, x) {
			if err := f.leave(f.life, c, x); err != nil {
				return err
			}
			continue
		}
		if string(m.Conn) == h.Link {
			return nil
		}
	}
	return f.rules.Depart(f.life, x.app, x.serial, h.Link)
}
