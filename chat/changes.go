package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"madang"
)

// changesName is the channel, in no app, in which nodes tell each other whose membership has changed.
const changesName = "$chat"

// A changed says that a user's membership of a room has changed. Which way it stands now is not said: whoever hears of it
// looks.
type changed struct {
	Node madang.NodeID `json:"node"` // that tells it
	App  string        `json:"app"`
	Room string        `json:"room"`
	User string        `json:"user"`
	Left bool          `json:"left,omitempty"` // as far as its teller knows

	again  int  // how often this node has looked
	untold bool // the broker did not take it: the other nodes do not know
}

func (c changed) room() RoomRef { return RoomRef{App: c.App, ID: c.Room} }

// lookLater is after how long a node looks again for connections of somebody who is no member any more: a subscription
// that was granted a moment before the membership ended may take a while to appear. What fails is tried again as often as
// it takes.
func lookLater() []time.Duration { return []time.Duration{time.Second, 5 * time.Second} }

// A changer lets the connections of this node follow changes of membership that were made on other nodes, one after
// another.
type changer struct {
	f    *Feature
	wake chan struct{}
	ear  *madang.Listener

	mu    sync.Mutex
	queue []changed
}

func newChanger(f *Feature) *changer { return &changer{f: f, wake: make(chan struct{}, 1)} }

// listen begins to hear of changes.
func (c *changer) listen(ctx context.Context) (err error) {
	c.ear, err = c.f.hub.Listen(ctx, madang.Channel{Name: changesName}, c.heard)
	return err
}

func (c *changer) heard(e *madang.Event) {
	var n changed
	if e.Message == nil || json.Unmarshal(e.Message.Data, &n) != nil || n.Node == c.f.hub.Node() {
		return // this node has looked already
	}
	c.put(n)
}

func (c *changer) put(n changed) {
	c.mu.Lock()
	c.queue = append(c.queue, n)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *changer) run() {
	for {
		select {
		case <-c.f.life.Done():
			return
		case <-c.wake:
		}
		c.mu.Lock()
		queue := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, n := range queue {
			c.follow(n)
		}
	}
}

func (c *changer) follow(n changed) {
	ctx, done := context.WithTimeout(c.f.life, publishTime)
	defer done()
	var err error
	if n.untold {
		err = c.tell(ctx, &n)
	}
	if c.f.concerned(n.room(), n.User) {
		err = errors.Join(err, c.f.settle(ctx, n.room(), n.User))
	}
	c.later(n, err)
}

// tell tells the other nodes.
func (c *changer) tell(ctx context.Context, n *changed) error {
	_, err := c.f.hub.Publish(ctx, event(madang.Channel{Name: changesName}, "changed", "", n))
	n.untold = err != nil
	return err
}

// later looks again after a while, if there is a reason.
func (c *changer) later(n changed, err error) {
	if c.f.life.Err() != nil {
		return
	}
	if err != nil {
		c.f.log.Warn("chat: connections could not follow a change of membership yet; this will be tried again",
			"room", n.room().String(), "user", n.User, "error", err)
	}
	waits := lookLater()
	if err != nil || n.Left && n.again < len(waits) {
		wait := waits[min(n.again, len(waits)-1)]
		n.again++
		time.AfterFunc(wait, func() { c.put(n) })
	}
}

func (c *changer) close() {
	if c.ear != nil {
		c.ear.Close()
	}
}

// attach makes the user's connections hear the room if, and only if, the user is a member now: those of this node before
// it returns, those of others soon.
func (f *Feature) attach(ctx context.Context, ref RoomRef, user string, left bool) {
	ctx = context.WithoutCancel(ctx) // the change is made, whether its caller waits or not
	ctx, done := context.WithTimeout(ctx, publishTime)
	defer done()
	err := f.settle(ctx, ref, user)
	n := changed{Node: f.hub.Node(), App: ref.App, Room: ref.ID, User: user, Left: left}
	err = errors.Join(err, f.changes.tell(ctx, &n))
	f.changes.later(n, err)
}

// concerned reports whether this node has a connection that a change of the user's membership may concern. It spares the
// store the others.
func (f *Feature) concerned(ref RoomRef, user string) bool {
	a := madang.Audience{In: append(f.mirrors(ref), madang.UserChannel(ref.App, user))}
	return len(f.hub.Conns(a)) > 0
}

// settleTries bounds how often settle starts again because the membership has changed meanwhile.
const settleTries = 4

// settle makes the user's connections of this node follow what the store says of their membership. Two changes at once may
// be settled in the other order than the store took them; so each looks again afterwards, and the last one to look is
// right.
func (f *Feature) settle(ctx context.Context, ref RoomRef, user string) error {
	for range settleTries {
		in, err := f.isMember(ctx, ref, user)
		if err == nil && in {
			err = f.bringIn(ctx, ref, user)
		} else if err == nil {
			err = f.putOut(ctx, ref, user)
		}
		var still bool
		if err == nil {
			still, err = f.isMember(ctx, ref, user)
		}
		if err != nil || still == in {
			return err
		}
	}
	return nil // whoever changes it so fast settles it
}

func (f *Feature) isMember(ctx context.Context, ref RoomRef, user string) (bool, error) {
	m, err := f.rules.store.Member(ctx, ref, user)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && m.Active(), err
}

// bringIn lets a new member's connections to chat hear the room, and shows them there.
func (f *Feature) bringIn(ctx context.Context, ref RoomRef, user string) error {
	conns := f.hub.Conns(madang.Audience{In: []madang.Channel{madang.UserChannel(ref.App, user)}})
	if len(conns) == 0 {
		return nil
	}
	r, err := f.rules.store.Room(ctx, ref)
	if err != nil {
		return err
	}
	for _, c := range conns {
		if !f.guests.has(c) && !hearsRooms(c) {
			continue
		}
		if err := f.hear(ctx, c, RoomChannel(ref)); err != nil {
			return err
		}
		if r.Members <= f.rules.config.PresenceMembers {
			if err := f.appear(ctx, c, ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// hearsRooms reports whether a connection hears some room: one that stands in for a guest whose client is away does,
// though nobody has welcomed it.
func hearsRooms(c *madang.Conn) bool {
	return slices.ContainsFunc(c.Subscriptions(), func(s *madang.Subscription) bool {
		_, ok := roomOf(s.Channel())
		return ok
	})
}

// putOut ends whatever the connections of somebody who is no member hear of a room, by whatever dialect.
func (f *Feature) putOut(ctx context.Context, ref RoomRef, user string) error {
	var errs []error
	for _, c := range f.hub.Conns(madang.Audience{In: []madang.Channel{madang.UserChannel(ref.App, user)}}) {
		c.Unsubscribe(RoomChannel(ref))
		errs = append(errs, f.vanish(ctx, c, ref))
	}
	for _, ch := range f.mirrors(ref) {
		for _, c := range f.hub.Conns(madang.Audience{In: []madang.Channel{ch}}) {
			if holds(c, ch, user) {
				errs = append(errs, revoke(ctx, c, ch))
			}
		}
	}
	for _, ch := range f.shows(ref) { // one may be seen without hearing anything
		list, err := f.hub.Members(ctx, ch)
		errs = append(errs, err)
		for _, m := range list {
			if c := f.hub.Conn(m.Conn); m.User == user && c != nil {
				errs = append(errs, c.Leave(ctx, ch))
			}
		}
	}
	return errors.Join(errs...)
}

// holds reports whether a connection subscribes to a channel by the right of a user. A subscription that the backend of the
// app has signed for nobody in particular is the backend's to end.
func holds(c *madang.Conn, ch madang.Channel, user string) bool {
	return slices.ContainsFunc(c.Subscriptions(), func(s *madang.Subscription) bool {
		if s.Channel() != ch {
			return false
		}
		if s.Grant != nil && s.Grant.Member != nil {
			return s.Grant.Member.User == user
		}
		return c.Principal().User == user
	})
}

// revoke ends a subscription and what came with it. The dialect tells the client, in its own words.
func revoke(ctx context.Context, c *madang.Conn, ch madang.Channel) error {
	c.Unsubscribe(ch)
	err := c.Leave(ctx, ch)
	if o, ok := c.Owner().(madang.Revoker); ok {
		o.Revoked(ch)
	}
	return err
}
