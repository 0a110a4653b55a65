package house

import (
	"context"
	"maps"
	"net/http"

	"madang"
	"madang/account"
	"madang/account/bearer"
	"madang/account/guards"
	"madang/account/live"
	"madang/dialect/pusher"
	"madang/dialect/pusher/authorize"
	"madang/dialect/socketio"
	"madang/dialect/socketio/echo"
)

// The only app, and what Pusher's clients know it by.
const (
	app = "default"
	Key = "key"
)

// A hall is where people's connections are.
type hall struct {
	hub  *madang.Hub
	live *live.Live
	api  *guards.API // what it asks is made after it
}

// build starts the hub, and what ends connections with the sign-ins that they rest on.
func (h *House) build() {
	h.t.Helper()
	tenants := madang.NewApps(madang.App{ID: app, Keys: []madang.Key{{Name: Key, Secret: "secret"}}, Rules: madang.Rules{ClientEvents: true}})
	l, err := live.New(live.Defaults(), h.Store, live.WithLogger(h.log), live.WithClock(h.Now))
	if err != nil {
		h.t.Fatal(err)
	}
	guard := &guards.API{}
	hub := madang.New(madang.Config{
		Guards:    map[string]madang.Guard{"api": guard, pusher.GuardName: pusher.NewGuard(tenants)},
		Policies:  []madang.Policy{pusher.NewPolicy(tenants), madang.PolicyFunc(own)},
		Observers: []*madang.Observer{l.Observer()},
	})
	h.hall, h.tenants = hall{hub, l, guard}, tenants
	if err := hub.Start(context.WithoutCancel(h.t.Context())); err != nil {
		h.t.Fatal(err)
	}
	if err := l.Start(context.WithoutCancel(h.t.Context()), hub); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := l.Close(); err != nil {
			h.t.Error(err)
		}
		if err := hub.Close(); err != nil {
			h.t.Error(err)
		}
	})
}

// own is the policy: people may hear what is said to them alone, by Laravel's name for it, and everybody what is said to all.
func own(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Action == madang.ActSubscribe && r.Principal.User != "" && r.Channel.Name == "private-App.Models.User."+r.Principal.User {
		return &madang.Grant{}, nil
	}
	return nil, nil
}

// sockets are the routes by which people connect: Pusher's, Laravel Echo's over Socket.IO, and what signs for them.
func (h *House) sockets(tokens *bearer.Tokens) map[string]http.Handler {
	h.t.Helper()
	web, err := guards.NewWeb(guards.WebConfig{Cookie: "madang_session"}, h.Members, h.log)
	if err != nil {
		h.t.Fatal(err)
	}
	h.hall.api.Tokens, h.hall.api.Web = []guards.Tokens{tokens}, web
	p, err := pusher.New(h.hall.hub, pusher.Defaults(), pusher.Options{Apps: h.tenants, Log: h.log})
	if err != nil {
		h.t.Fatal(err)
	}
	all := p.Routes()
	maps.Copy(all, authorize.New(h.hall.hub, h.tenants, app, h.log).Routes())
	c := socketio.Defaults()
	c.App, c.Namespaces = app, map[string]socketio.NamespaceConfig{"/": {Guard: "api", Mode: socketio.Reject}}
	io, err := socketio.New(h.hall.hub, c, socketio.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := echo.Bind(io.Of("/"), echo.Options{Apps: h.tenants, Log: h.log}); err != nil {
		h.t.Fatal(err)
	}
	all[io.Path()] = io
	return all
}

// Tell says something to a person alone.
func (h *House) Tell(ctx context.Context, user, text string) error {
	_, err := h.hall.hub.Publish(ctx, &madang.Message{
		Name: "Greeting", Channel: madang.Channel{App: app, Name: "private-App.Models.User." + user}, Data: []byte(text), Type: madang.JSON,
	})
	return err
}

// ended is told what sign-ins have ended.
func (h *House) ended() func(context.Context, account.Ended) { return h.hall.live.Ended(app) }
