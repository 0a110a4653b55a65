package echo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"madang"
	"madang/dialect/socketio"
	"madang/internal/convention"
)

// Options are what Bind may be given.
type Options struct {
	// Apps say what clients may do. The app of the namespace's server must be among them.
	Apps *madang.Apps
	// Hooks are told who comes and goes; nil: nobody is.
	Hooks Hooks
	// Take is given each event that a client publishes, before the rules for client events. What it takes is not published;
	// what to tell the client is its own matter. Nil: nobody takes any.
	Take func(context.Context, *madang.Conn, *madang.Message) (taken bool, err error)
	Log  *slog.Logger
}

// Policy returns the rules that names alone decide; see [convention.Policy]. A hub without it, or something like it, lets
// nobody into public channels.
func Policy(apps *madang.Apps) madang.Policy { return convention.Policy(apps) }

// A binding is a namespace that has been taught these events.
type binding struct {
	app   string
	rules madang.Rules
	hooks Hooks
	take  func(context.Context, *madang.Conn, *madang.Message) (bool, error)
	log   *slog.Logger
	mu    sync.Mutex
	seats map[*socketio.Socket]*seat // of those that need one
}

// Bind teaches a namespace the events of laravel-echo-server. Call it before clients come, once for each namespace;
// Echo uses the root one. Other handlers may stand beside it.
func Bind(ns *socketio.Namespace, o Options) error {
	id := ns.Channel().App
	if o.Apps == nil {
		return errors.New("echo: Options.Apps is missing: nobody says what clients may do")
	}
	app := o.Apps.ByID(id)
	if app == nil {
		return fmt.Errorf("echo: namespace %s belongs to app %q, which is not among the apps; set the app of the Socket.IO server",
			ns.Name(), id)
	}
	b := &binding{seats: map[*socketio.Socket]*seat{}, app: id, rules: app.Rules, hooks: o.Hooks, take: o.Take, log: o.Log}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	ns.SetShape(Shape())
	ns.On("subscribe", b.subscribe)
	ns.On("unsubscribe", b.unsubscribe)
	ns.On("client event", b.clientEvent)
	ns.OnConnection(b.connected)
	ns.OnRevoked(b.revoked)
	ns.OnMissed(b.missed)
	return nil
}

func (b *binding) channel(name string) madang.Channel { return madang.Channel{App: b.app, Name: name} }

// subscribe handles the event of that name. Public channels are joined at once; for others somebody may have to be
// asked, which takes its time on a lane of its own.
func (b *binding) subscribe(s *socketio.Socket, e *socketio.Event) error {
	want, ok := parseSubscription(e.Raw(0))
	if ok {
		b.seat(s).take(request{subscription: want}, convention.KindOf(want.channel) == convention.Public)
	}
	return nil
}

// unsubscribe handles the event of that name.
func (b *binding) unsubscribe(s *socketio.Socket, e *socketio.Event) error {
	name, ok := parseUnsubscription(e.Raw(0))
	if ok && !b.channel(name).Reserved() {
		b.seat(s).take(request{subscription: subscription{channel: name}, leave: true}, true)
	}
	return nil
}

// connected enters a client that has taken up its connection again into its presence channels: it was taken out of them
// when the connection was lost, and clients of old versions do not subscribe again. It is told who is there, because
// that may be what was lost.
func (b *binding) connected(s *socketio.Socket) {
	if !s.Recovered() {
		return
	}
	t := b.seat(s)
	ctx, done := context.WithTimeout(s.Context(), authorizeTime)
	defer done()
	for _, sub := range s.Conn().Subscriptions() {
		c := sub.Channel()
		if c.Reserved() {
			continue
		}
		if convention.KindOf(c.Name) == convention.Presence && memberOf(sub) != nil {
			if err := t.enter(ctx, sub); err != nil {
				b.log.Warn("a client that has come back could not enter a presence channel again", "conn", s.ID(), "channel", c.String(),
					"error", err)
				continue
			}
		}
		t.came(ctx, stay{channel: c, member: memberOf(sub)})
	}
}

// revoked takes a client out of a channel to which it has lost its right, and tells it.
func (b *binding) revoked(s *socketio.Socket, c madang.Channel) {
	if c.Reserved() {
		return
	}
	ctx, done := context.WithTimeout(s.Context(), authorizeTime)
	defer done()
	t := b.seat(s)
	t.depart(ctx, c)
	t.refuse(c.Name, fmt.Errorf("the right to it has ended: %w", madang.ErrForbidden))
}

// missed tells a client anew who is in presence channels where something was lost. Of other channels the protocol has nothing
// to tell; and to make the client come back could leave it without channels, because some versions do not subscribe again.
func (b *binding) missed(s *socketio.Socket, in []madang.Channel) {
	ctx, done := context.WithTimeout(s.Context(), authorizeTime)
	defer done()
	for _, sub := range s.Conn().Subscriptions() {
		c := sub.Channel()
		if memberOf(sub) == nil || !slices.Contains(in, c) {
			continue
		}
		if err := b.seat(s).tellUntilTrue(ctx, c); err != nil {
			b.log.Warn("a client cannot be told anew who is in a presence channel; its connection is ended, and it comes back",
				"conn", s.ID(), "channel", c.String(), "error", err)
			s.Session().End(madang.CloseError)
			return
		}
	}
}
