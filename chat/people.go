package chat

import (
	"context"
	"sync"
	"time"

	"madang"
)

const (
	refreshEvery = time.Minute // how often a roster is copied anew
	lookAgain    = time.Second // after telling that somebody came or went
)

// people knows who is online, and tells the rooms of those who come and go. The hub tells one node of each coming and
// going. Two nodes may tell opposite things of one user at the same moment (a page that is loaded again connects to
// another node); so each looks again when things have settled, and says how it is.
type people struct {
	f    *Feature
	wake chan struct{}

	mu    sync.Mutex
	apps  map[string]*roster
	queue []change
}

// A change is that a user came or went, or, if it is a second look, may have.
type change struct {
	user   UserRef
	online bool
	second bool
}

func newPeople(f *Feature) *people {
	return &people{f: f, wake: make(chan struct{}, 1), apps: map[string]*roster{}}
}

func (p *people) roster(app string) *roster {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.apps[app]
	if r == nil {
		r = &roster{hub: p.f.hub, ch: OnlineChannel(app)}
		p.apps[app] = r
	}
	return r
}

// arrive makes sure that the node has a copy of an app's presence set.
func (p *people) arrive(ctx context.Context, app string) error {
	if r := p.roster(app); !r.loaded() {
		return r.load(ctx)
	}
	return nil
}

// online returns a function that says who is online.
func (p *people) online(ctx context.Context, app string) (func(user string) bool, error) {
	if err := p.arrive(ctx, app); err != nil {
		return nil, err
	}
	return p.roster(app).online, nil
}

// joined and left are the Observer's.
func (p *people) joined(ch madang.Channel, m madang.Member) { p.observed(ch, m, true) }
func (p *people) left(ch madang.Channel, m madang.Member)   { p.observed(ch, m, false) }

func (p *people) observed(ch madang.Channel, m madang.Member, online bool) {
	if ch.Name == onlineName && m.User != "" {
		p.add(change{user: UserRef{App: ch.App, ID: m.User}, online: online})
	}
}

func (p *people) add(c change) {
	p.mu.Lock()
	p.queue = append(p.queue, c)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *people) run() {
	t := time.NewTicker(refreshEvery)
	defer t.Stop()
	for {
		select {
		case <-p.f.life.Done():
			return
		case <-t.C:
			p.refresh()
		case <-p.wake:
			p.mu.Lock()
			queue := p.queue
			p.queue = nil
			p.mu.Unlock()
			for _, c := range queue {
				p.handle(p.f.life, c)
			}
		}
	}
}

func (p *people) refresh() {
	p.mu.Lock()
	var all []*roster
	for _, r := range p.apps {
		all = append(all, r)
	}
	p.mu.Unlock()
	for _, r := range all {
		if err := r.load(p.f.life); err != nil && p.f.life.Err() == nil {
			p.f.log.Warn("chat: the list of who is online may be old", "error", err)
		}
	}
}

// handle tells a change, and comes back to it.
func (p *people) handle(ctx context.Context, c change) {
	if c.second {
		now := p.roster(c.user.App).online(c.user.ID)
		if now == c.online {
			return
		}
		c.online = now
	}
	e := presenceEvent{User: c.user.ID, Online: c.online}
	if !c.online {
		seen := Millis(p.f.rules.now())
		e.LastSeen = &seen
		p.f.seen.forget(c.user)
		if err := p.f.rules.store.PutUser(ctx, User{Ref: c.user, SeenAt: seen}); err != nil {
			p.f.log.Warn("chat: when a user was last seen could not be stored", "user", c.user.String(), "error", err)
		}
	}
	if err := p.tell(ctx, c.user, e); err != nil && ctx.Err() == nil {
		p.f.log.Warn("chat: presence could not be told", "user", c.user.String(), "error", err)
	}
	time.AfterFunc(lookAgain, func() { p.add(change{user: c.user, online: c.online, second: true}) })
}

// tell emits to everybody who shares a room with the user, to each once.
func (p *people) tell(ctx context.Context, u UserRef, e presenceEvent) error {
	places, err := p.f.rules.store.RoomsOf(ctx, u, p.f.rules.config.MaxLiveRooms)
	if err != nil {
		return err
	}
	to := madang.Audience{In: []madang.Channel{madang.UserChannel(u.App, u.ID)}}
	for _, at := range places {
		if at.Members <= p.f.rules.config.PresenceMembers {
			to.In = append(to.In, RoomChannel(RoomRef{App: u.App, ID: at.Room}))
		}
	}
	return p.f.hub.Emit(ctx, to, event(to.In[0], eventPresence, u.ID, e))
}

func (p *people) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.apps {
		r.close()
	}
}
