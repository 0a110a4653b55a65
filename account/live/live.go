package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"madang"
	"madang/account"
)

// A Store is what is looked up: an [account.Store] is one.
type Store interface {
	Session(ctx context.Context, app string, id account.Hash, at time.Time) (account.Session, error)
	SeeSession(ctx context.Context, app string, id account.Hash, c account.Client, at, expires time.Time) error
	Family(ctx context.Context, app, id string, at time.Time) (account.Family, error)
	APIToken(ctx context.Context, app string, id int64, at time.Time) (account.APIToken, error)
	Person(ctx context.Context, app string, id int64) (account.Person, error)
}

// A Hub is how nodes hear each other. [madang.Hub] is one.
type Hub interface {
	Node() madang.NodeID
	Nodes(context.Context) ([]madang.NodeID, error)
	Listen(context.Context, madang.Channel, func(*madang.Event)) (*madang.Listener, error)
	Publish(context.Context, ...*madang.Message) ([]madang.Position, error)
}

// A Live knows which connections of this node rest on which sign-ins. It is safe for concurrent use.
type Live struct {
	config Config
	store  Store
	now    func() time.Time
	log    *slog.Logger

	index   *index
	gone    *gone[key]    // what ended so that its connections come back
	changed *gone[holder] // whose rights have changed
	looks   queue[key]
	checks  queue[*madang.Conn]
	asks    asks

	state   sync.Mutex
	cluster atomic.Pointer[cluster] // while it is started
	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// A cluster is what hears the other nodes.
type cluster struct {
	hub       Hub
	listeners []*madang.Listener
}

// An Option sets what a Live takes from its surroundings.
type Option func(*Live)

// WithClock makes a Live take the time from now instead of time.Now.
func WithClock(now func() time.Time) Option { return func(l *Live) { l.now = now } }

// WithLogger makes a Live log there instead of to [slog.Default].
func WithLogger(log *slog.Logger) Option { return func(l *Live) { l.log = log } }

// New returns a Live on a store. The hub must have its Observer; it does its work from Start on.
func New(c Config, s Store, options ...Option) (*Live, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New("live: there is no store")
	}
	l := &Live{config: c, store: s, now: time.Now, log: slog.Default(), index: newIndex(), gone: newGone[key](goneFor), changed: newGone[holder](changedFor)}
	l.looks.wake, l.checks.wake = make(chan struct{}, 1), make(chan struct{}, 1)
	for _, o := range options {
		o(l)
	}
	return l, nil
}

// Observer returns what has to be among the hub's observers.
func (l *Live) Observer() *madang.Observer {
	return &madang.Observer{
		Connected: l.principal,
		Renewed:   l.principal,
		Lent:      l.lent,
		Closed:    func(c *madang.Conn, _ madang.CloseReason) { l.index.forget(c) },
	}
}

// Start begins to hear of ends and to look sign-ins up. The hub must be running. It ends with Close.
func (l *Live) Start(ctx context.Context, h Hub) error {
	l.state.Lock()
	defer l.state.Unlock()
	if l.cluster.Load() != nil {
		return fmt.Errorf("live: started before: %w", madang.ErrInvalid)
	}
	c := &cluster{hub: h}
	for name, f := range map[string]func(*madang.Event){
		endedChannel: l.hear, askChannel: l.asked, answerChannel(h.Node()): l.answered,
	} {
		ear, err := h.Listen(ctx, madang.Channel{Name: name}, f)
		if err != nil {
			c.close()
			return fmt.Errorf("live: listen on %s: %w", name, err)
		}
		c.listeners = append(c.listeners, ear)
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.cluster.Store(c)
	l.stopped.Go(func() { l.runLooks(life) })
	l.stopped.Go(func() { l.runChecks(life) })
	return nil
}

// Close ends what Start began.
func (l *Live) Close() error {
	l.state.Lock()
	defer l.state.Unlock()
	c := l.cluster.Swap(nil)
	if c == nil {
		return nil
	}
	l.stop()
	c.close()
	l.stopped.Wait()
	return nil
}

func (c *cluster) close() {
	for _, ear := range c.listeners {
		ear.Close()
	}
}

// principal files a connection by its principal, who may be another than before. That the principal is asked for while the
// index is locked lets the last of two renewals win here as well.
func (l *Live) principal(c *madang.Conn) {
	if _, known := l.index.entry(c); !known && len(c.Principal().Claims) == 0 {
		return // nobody who is signed in
	}
	l.file(c, func(e *entry) {
		e.own, _ = l.via(c.Principal())
	})
}

// lent files a connection by somebody who lent it a right.
func (l *Live) lent(s *madang.Subscription) {
	v, ok := l.via(s.Grant.By)
	if !ok {
		return
	}
	if _, signed := s.Grant.By.Claim("guard").(string); signed {
		l.checks.put(s.Conn()) // what is signed may be older than a change of the right
	}
	l.file(s.Conn(), func(e *entry) {
		if !slices.ContainsFunc(e.lent, func(x via) bool { return x.key() == v.key() }) {
			e.lent = append(e.lent, v)
		}
	})
}

// file changes what a connection rests on, and has that looked up: it may have ended before the connection could be found.
func (l *Live) file(c *madang.Conn, change func(*entry)) {
	var all []via
	l.index.change(c, l.now(), func(e *entry) {
		change(e)
		all = e.all()
	})
	if c.Ended() { // perhaps before it was filed; then nobody else strikes it off
		l.index.forget(c)
		return
	}
	for _, v := range all {
		l.looks.put(v.key())
		if now := l.now(); l.changed.has(now, v.holder()) || l.changed.has(now, holder{app: v.app}) {
			l.checkLater(c)
		}
	}
}

// via returns what a principal is signed in by; ok is false if that is not this server's matter.
func (l *Live) via(p *madang.Principal) (v via, ok bool) {
	if p == nil || !slices.Contains(l.config.Guards, p.Guard) || !bytes.Contains(p.Claims, []byte(`"sign_in"`)) {
		return v, false
	}
	id, _ := p.Claim("sign_in").(string)
	if guard, signed := p.Claim("guard").(string); signed && !slices.Contains(l.config.Guards, guard) {
		return v, false // a dialect's principal, of somebody whom another issuer's token had proved
	}
	if _, ok := parse(id); !ok {
		return v, false
	}
	return via{p.App, id, p.User}, true
}

// rests reports whether a connection rests on a sign-in now, whatever the index says.
func (l *Live) rests(c *madang.Conn, k key) bool { return len(l.by(c, k)) > 0 }

// by returns the principals of a connection that are signed in by a sign-in: its own, and those by whose right it subscribes.
func (l *Live) by(c *madang.Conn, k key) []*madang.Principal {
	all := []*madang.Principal{c.Principal()}
	for _, s := range c.Subscriptions() {
		if s.Grant != nil && s.Grant.By != nil {
			all = append(all, s.Grant.By)
		}
	}
	return slices.DeleteFunc(all, func(p *madang.Principal) bool {
		v, ok := l.via(p)
		return !ok || v.key() != k
	})
}
