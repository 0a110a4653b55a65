package standard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"madang"
	"madang/account"
	"madang/account/keys"
	"madang/account/seal"
	"madang/device"
	"madang/device/home"
	"madang/device/link"
	"madang/device/oauth"
	"madang/device/relay"
	"madang/device/rest"
	"madang/dialect/socketio"
	"madang/dialect/socketio/gateway"
	"madang/server"
)

// homeNamespace is where Socket.IO clients come for devices.
const homeNamespace = "/home"

// devices are boxes at home, what is behind them, and who commands it.
type devices struct {
	config *Device
	site   *server.Site
	relay  *relay.Feature
	store  relay.Store
	people *accounts  // nil: there are none
	ring   *keys.Ring // signs pairings' tokens
	issuer string     // is what they say who has made them; empty: nothing
	sealer sealer     // of what it says to itself by others
	own    bool       // the ring is the devices' own
	http   *home.Handler
	rest   *rest.API
	oauth  *oauth.API   // nil: there is nobody to ask
	link   *link.Link   // nil: this server is no box, or linked to none
	socket *http.Server // of commands, where there are no accounts; nil: there is none
}

// openDevices opens them, if they are wanted.
func openDevices(ctx context.Context, s *server.Site, _ struct{}) (*devices, error) {
	guard, err := server.Find[*deviceGuard](s)
	if err != nil {
		return nil, server.ErrOff
	}
	d := &devices{config: guard.config, site: s}
	if d.store, err = server.Find[relay.Store](s); err != nil {
		return nil, err
	}
	key, err := deviceKey(d.config, s.Config.DataDir)
	if err != nil {
		return nil, err
	}
	d.sealer = sealer(key)
	if d.people, err = server.Find[*accounts](s); err != nil {
		d.people = nil
	}
	if err := d.openRing(ctx, key); err != nil {
		return nil, err
	}
	common, err := server.Find[*commons](s)
	if err != nil {
		return nil, err
	}
	deps := relay.Deps{Store: d.store, Key: key, Sign: d.sign, Paces: common.limits, Log: s.Log}
	if d.people != nil {
		deps.Locked, deps.Audience = d.people.locked, d.issuer
		d.people.gone = d.gone
	}
	if d.relay, err = relay.Open(s.Hub, d.config.Config, deps); err != nil {
		return nil, err
	}
	if d.http, err = home.New(d.config.Home, home.Deps{
		Rules: d.relay.Service(), App: d.config.app, Who: d.who, Address: remoteOf, Log: s.Log,
	}); err != nil {
		return nil, err
	}
	if err := errors.Join(d.openREST(), d.openOAuth(key)); err != nil {
		return nil, err
	}
	guard.people.Store(s.Hub)
	guard.relay.Store(&deviceGuards{hub: d.relay.HubGuard(), token: d.relay.TokenGuard(d.issuer, d.verify)})
	return d, nil
}

// ringSuffix sets the keys of the devices apart from those of accounts, which may be turned on later, with another key.
const ringSuffix = "$device"

// openRing opens the keys that sign: those of accounts, whose public halves others know, or if there are none its own.
func (d *devices) openRing(ctx context.Context, key []byte) error {
	if d.people != nil {
		d.ring, d.issuer = d.people.ring, d.people.config.Tokens.Issuer
		return nil
	}
	store, err := server.Find[account.Store](d.site)
	if err != nil {
		return err
	}
	box, err := seal.New(key)
	if err != nil {
		return err
	}
	d.own = true
	d.ring, err = keys.Open(ctx, d.config.app+ringSuffix, keys.Defaults(), keys.Parts{Store: store, Box: box, Log: d.site.Log})
	if err != nil {
		return fmt.Errorf("device: the keys that sign tokens: %w", err)
	}
	return nil
}

// sign makes the token of a pairing.
func (d *devices) sign(ctx context.Context, c device.Claims) (string, error) {
	return d.ring.Sign(ctx, json.RawMessage(c.Payload(d.issuer)))
}

// verify returns the payload of a token that was signed here.
func (d *devices) verify(ctx context.Context, raw string) ([]byte, error) {
	claims, err := d.ring.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(claims)
}

// Offers implements server.Offerer.
func (d *devices) Offers() []any { return []any{d.relay, d.relay.Service()} }

// Authorize implements madang.Policy: people may call what is theirs to call.
func (d *devices) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	return relay.Policy().Authorize(ctx, r)
}

// Observer implements server.Observer.
func (d *devices) Observer() *madang.Observer { return d.relay.Observer() }

// Start implements server.Starter.
func (d *devices) Start(ctx context.Context) error {
	if err := d.ownBox(ctx); err != nil {
		return err
	}
	err := d.relay.Start(ctx)
	if err == nil {
		err = d.startLink(ctx)
	}
	if err != nil || d.people != nil { // accounts answer commands for both
		return err
	}
	d.socket, err = serveCommands(d.site, hubOperator{d.relay.Service(), d.config.app}.Handler())
	return err
}

// ownBox makes the box known in which this server runs.
func (d *devices) ownBox(ctx context.Context) error {
	if !d.config.atHome() {
		return nil
	}
	serial := d.config.Home.Serial
	_, err := d.store.Hub(ctx, d.config.app, serial)
	if errors.Is(err, device.ErrNotFound) {
		_, err = d.relay.Service().Register(ctx, d.config.app, serial, serial) // a program at home asks for a secret of its own
	}
	if err != nil {
		return fmt.Errorf("device: make this box known: %w", err)
	}
	return nil
}

// Close implements io.Closer.
func (d *devices) Close() error {
	err := errors.Join(d.closeLink(), d.rest.Close(), d.relay.Close())
	if d.socket != nil {
		err = errors.Join(err, d.socket.Close())
	}
	return err
}

// devicesOverSocketIO makes the procedures of devices, and no others, events of the namespace /home.
func devicesOverSocketIO(s *server.Site) error {
	d, err := server.Find[*devices](s)
	if err != nil {
		return nil //nolint:nilerr // they are off
	}
	io, err := server.Find[*socketio.Server](s)
	if err != nil {
		return err
	}
	c := io.Config().Namespaces[homeNamespace]
	if c.Guard == "" {
		c.Guard = homeGuard
	}
	ns := io.Of(homeNamespace)
	ns.Guard(c)
	ns.NoRecovery() // a command that was sent to a line that was dead already must not be carried out minutes later
	return gateway.Bind(ns, s.Hub, gateway.Options{Welcome: d.relay.Welcome, Events: deviceCalls(s.Hub), Log: s.Log})
}
