package standard

import (
	"context"
	"net/http"
	"time"

	"madang"
	"madang/dialect/pusher"
	"madang/dialect/socketio"
	"madang/dialect/socketio/echo"
	"madang/inlet/events"
	"madang/inlet/laravel"
	"madang/server"
	"madang/web"
	"madang/webhook/auth"
	"madang/webhook/hook"
)

// openBackend opens the policy that asks the user's backend who may be in which channel.
func openBackend(_ context.Context, s *server.Site, c auth.Config) (*auth.Policy, error) {
	if !c.Enabled() {
		return nil, server.ErrOff
	}
	var app string // one backend is one app's: it is not told in which app it is asked about a channel
	if err := firstApp(s.Config, &app); err != nil {
		return nil, err
	}
	return auth.New(c, auth.Options{Apps: s.Apps, App: app, Log: s.Log})
}

// openHooks opens what tells the backend who comes and goes.
func openHooks(_ context.Context, s *server.Site, c hook.Config) (*hook.Hooks, error) {
	if !c.Enabled() {
		return nil, server.ErrOff
	}
	return hook.New(c, hook.Options{Log: s.Log})
}

// openLaravel opens the inlet of Laravel's redis broadcaster. The one node of an embedded store publishes what it hears;
// where a broker joins several, each hears Laravel itself.
func openLaravel(_ context.Context, s *server.Site, c laravel.Config) (*laravel.Inlet, error) {
	if !c.On() {
		return nil, server.ErrOff
	}
	return laravel.New(s.Hub, c, laravel.Options{Local: s.Config.Redis.URL != "", Closed: closedTo(s), Log: s.Log})
}

// openEvents opens the HTTP interface for backends.
func openEvents(_ context.Context, s *server.Site, c events.Config) (*events.API, error) {
	keys, aliases := map[string]string{}, map[string]events.Alias{}
	for _, a := range s.Config.Apps {
		keys[a.ID] = string(a.EchoKey)
		for id, key := range a.EchoAliases {
			aliases[id] = events.Alias{App: a.ID, EchoKey: string(key)}
		}
	}
	p, err := server.Find[*pusher.Server](s)
	if err != nil {
		return nil, err
	}
	age := p.Retain(madang.Channel{Name: "cache-"}).Age
	return events.New(s.Hub, c, events.Options{
		Apps: s.Apps, EchoKeys: keys, Aliases: aliases, CacheAge: age, Started: time.Now(), Page: page(s), Closed: closedTo(s), Log: s.Log,
	})
}

// page returns what finds the pages, which are opened last.
func page(s *server.Site) func() http.Handler {
	return func() http.Handler {
		if p, err := server.Find[*web.Pages](s); err == nil { // else they are off
			return p
		}
		return nil
	}
}

// echoOverSocketIO lets clients of Laravel Echo into the root namespace.
func echoOverSocketIO(s *server.Site) error {
	io, err := server.Find[*socketio.Server](s)
	if err != nil {
		return err
	}
	o := echo.Options{Apps: s.Apps, Log: s.Log}
	if h, err := server.Find[*hook.Hooks](s); err == nil { // else they are off
		o.Hooks = hooks{h}
	}
	if t, err := server.Find[*tongues](s); err == nil {
		o.Take = t.hear
	}
	return echo.Bind(io.Of("/"), o)
}

// hooks tell the backend what Echo's clients do.
type hooks struct{ to *hook.Hooks }

func (h hooks) Joined(_ context.Context, e echo.HookEvent)      { h.to.Joined(hookEvent(e)) }
func (h hooks) Left(_ context.Context, e echo.HookEvent)        { h.to.Left(hookEvent(e)) }
func (h hooks) ClientEvent(_ context.Context, e echo.HookEvent) { h.to.ClientEvent(hookEvent(e)) }

func hookEvent(e echo.HookEvent) hook.Event {
	return hook.Event{
		Channel: e.Channel, Conn: e.Conn, User: e.User, Info: e.Info, Event: e.Event, Data: e.Data,
		Header: e.Header, Remote: e.Remote,
	}
}

// channels is the policy of what names alone decide, for the clients that name channels.
type channels struct{ madang.Policy }

func openChannels(_ context.Context, s *server.Site, _ struct{}) (channels, error) {
	return channels{echo.Policy(s.Apps)}, nil
}
