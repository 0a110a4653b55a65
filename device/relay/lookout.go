package relay

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"madang"
	"madang/device"
)

// What nodes tell each other.
const (
	noteEnded = "ended" // an endedNote
	noteLook  = "look"  // a lookNote
)

// An endedNote tells the nodes that a command has ended.
type endedNote struct {
	App string `json:"app"`
	ID  string `json:"id"`
}

// A lookNote tells the nodes that the right of somebody in channels of other protocols may have ended.
type lookNote struct {
	App      string   `json:"app"`
	Channels []string `json:"channels,omitempty"`
	All      bool     `json:"all,omitempty"`  // it has, whosever it is
	Link     string   `json:"link,omitempty"` // a connection by which the hub Of is there no more
	Of       string   `json:"of,omitempty"`
}

// heard is what this node hears from all.
func (f *Feature) heard(e *madang.Event) {
	if e.Message == nil {
		return
	}
	switch e.Message.Name {
	case noteEnded:
		var n endedNote
		if json.Unmarshal(e.Message.Data, &n) == nil {
			f.waiting.wake(n)
		}
	case noteLook:
		var n lookNote
		if json.Unmarshal(e.Message.Data, &n) == nil {
			f.lookout.add(func() error { return f.lookAround(n) })
		}
	}
}

// A lookout does what those cannot wait for who ask for it, one after another.
type lookout struct {
	wake chan struct{}
	mu   sync.Mutex
	some []func() error
}

func (l *lookout) add(do func() error) {
	l.mu.Lock()
	l.some = append(l.some, do)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *lookout) take() []func() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	some := l.some
	l.some = nil
	return some
}

// keepLooking does what is asked of the lookout. What fails is done again a little later: until then somebody hears what they have
// no right to, but may do nothing.
func (f *Feature) keepLooking() {
	for {
		select {
		case <-f.life.Done():
			return
		case <-f.lookout.wake:
		}
		for _, do := range f.lookout.take() {
			if err := do(); err != nil && f.life.Err() == nil {
				f.log.Warn("relay: who may be in a channel could not be looked up; this will be tried again", "error", err)
				time.AfterFunc(lookLater, func() { f.lookout.add(do) })
			}
		}
	}
}

// lookAround ends the subscriptions of this node whose right has ended.
func (f *Feature) lookAround(n lookNote) error {
	var errs []error
	for _, name := range n.Channels {
		ch := madang.Channel{App: n.App, Name: name}
		t, of, ok := tongueOf(ch)
		if !ok {
			continue
		}
		for _, c := range f.hub.Conns(madang.Audience{In: []madang.Channel{ch}}) {
			s := in(c, ch)
			if s == nil {
				continue
			}
			var err error
			if !n.All {
				_, err = f.may(f.life, speaks(s), t, of)
			}
			switch {
			case n.All, errors.Is(err, device.ErrForbidden):
				errs = append(errs, f.revoke(f.life, c, ch))
			case err != nil:
				errs = append(errs, err)
			}
		}
	}
	if c := f.hub.Conn(madang.ConnID(n.Link)); n.Link != "" && c != nil {
		errs = append(errs, f.replaced(c, n))
	}
	return errors.Join(errs...)
}

// replaced ends by what a hub was there before it came by a newer connection: that of another protocol may be of use for more.
func (f *Feature) replaced(c *madang.Conn, n lookNote) error {
	own := hubTongue.channel(n.App, n.Of)
	if in(c, own) != nil {
		return f.revoke(f.life, c, own)
	}
	if in(c, channel(n.App, hubPrefix, n.Of)) != nil {
		c.Kick(madang.CloseNormal)
	}
	return nil
}

// revoke ends a subscription, and that a hub is there by it. The dialect tells the client, in its own words.
func (f *Feature) revoke(ctx context.Context, c *madang.Conn, ch madang.Channel) error {
	c.Unsubscribe(ch)
	err := c.Leave(ctx, ch)
	if o, ok := c.Owner().(madang.Revoker); ok {
		o.Revoked(ch)
	}
	if t, serial, _ := tongueOf(ch); t == hubTongue {
		f.boxes.add(box{ch.App, serial})
	}
	return err
}

// lookAgain has all nodes look at who is in channels of other protocols.
func (f *Feature) lookAgain(ctx context.Context, n lookNote) {
	if len(n.Channels) == 0 && n.Link == "" {
		return
	}
	f.emit(ctx, event(madang.Channel{Name: nodesName}, noteLook, n))
}
