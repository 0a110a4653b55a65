package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// A Local is one hub as another server has a part in it: one to which this server is linked, which passes on what its own people
// ask for, and hears what happens here. Make it with [Feature.Local].
type Local struct {
	f           *Feature
	app, serial string
	actor       device.Actor
}

// Local returns one hub, for another server.
func (f *Feature) Local(app, serial string) *Local {
	return &Local{f: f, app: app, serial: serial, actor: device.ByServer(app, "link")}
}

// Devices returns what is behind the hub.
func (l *Local) Devices(ctx context.Context) ([]device.Device, error) {
	_, list, err := l.f.rules.Devices(ctx, l.actor, l.serial)
	return list, err
}

// Order commands a device on the server's own authority. The id is the other server's, and makes asking again the same. After
// within, counted from now, it is neither delivered nor waited for. It returns when the command has ended, or how far it is when
// ctx ends. The errors are those of [device.Service.Command].
func (l *Local) Order(ctx context.Context, id, what string, set device.Values, within time.Duration) (device.Command, error) {
	c, err := l.f.rules.Command(ctx, l.actor, device.Order{Hub: l.serial, Device: what, Set: set, Key: id, Within: max(within, time.Millisecond)})
	if err != nil {
		return c, err
	}
	return l.f.awaitEnd(ctx, c)
}

// A Kind is what has happened at a hub.
type Kind string

// Kinds. Of what other kinds say nobody needs to be told twice: a hub that says anew what devices it has is a changed hub.
const (
	HubHappened      Kind = "hub.changed"
	DeviceHappened   Kind = "device.changed"
	CommandHappened  Kind = "command.changed"
	PressHappened    Kind = "press"    // somebody has pressed the button on the box
	WithdrawHappened Kind = "withdraw" // somebody at the box does not want what is shown
)

// A Happening is something that has happened at a hub: of its kind, one of the views.
type Happening struct {
	Kind    Kind
	Hub     HubView
	Device  DeviceView
	Command CommandView
}

// Watch calls f for everything that happens at the hub, in the order in which it happens, until stop. f must not wait. What
// happened before it is not told: ask for the devices after Watch has returned.
func (l *Local) Watch(ctx context.Context, f func(Happening)) (stop func(), err error) {
	heard := func(e *madang.Event) {
		if e.Message == nil {
			return
		}
		if h, ok := happening(e.Message); ok {
			f(h)
		}
	}
	at, err := l.f.hub.Listen(ctx, channel(l.app, homePrefix, l.serial), heard)
	if err != nil {
		return nil, fmt.Errorf("relay: watch hub %s: %w", l.serial, err)
	}
	touch, err := l.f.hub.Listen(ctx, channel(l.app, touchPrefix, l.serial), heard)
	if err != nil {
		at.Close()
		return nil, fmt.Errorf("relay: watch hub %s: %w", l.serial, err)
	}
	return func() { at.Close(); touch.Close() }, nil
}

func happening(m *madang.Message) (h Happening, ok bool) {
	h.Kind = Kind(m.Name)
	var err error
	switch h.Kind {
	case HubHappened:
		err = json.Unmarshal(m.Data, &h.Hub)
	case DeviceHappened:
		err = json.Unmarshal(m.Data, &h.Device)
	case CommandHappened:
		err = json.Unmarshal(m.Data, &h.Command)
	case PressHappened, WithdrawHappened:
	default:
		return h, false
	}
	return h, err == nil
}

// ShowForeign shows a code that the other server has made on the hub's displays, as one of this server's. Withdrawing it is for
// the other server: see WithdrawHappened. pairing.ErrNoDisplay: nobody could see it.
func (l *Local) ShowForeign(ctx context.Context, id, code, who, from string, expiresIn time.Duration) error {
	p := pairing.Prompt{ID: id, Code: code, Who: who, From: from, ExpiresAt: l.f.now().Add(expiresIn)}
	if err := p.Validate(); err != nil {
		return err
	}
	return l.f.Show(ctx, l.hub(), p)
}

// ClearForeign takes such a code away.
func (l *Local) ClearForeign(ctx context.Context, id string, why pairing.End) {
	l.f.Clear(ctx, l.hub(), id, why)
}

// AlarmForeign says that the other server has locked the hub until the button is pressed.
func (l *Local) AlarmForeign(ctx context.Context) { l.f.Alarm(ctx, l.hub()) }

func (l *Local) hub() pairing.Hub { return pairing.Hub{App: l.app, ID: l.serial} }

// awaitEnd waits until a command has ended, also if it waits for its hub meanwhile.
func (f *Feature) awaitEnd(ctx context.Context, c device.Command) (device.Command, error) {
	for !c.State.Ended() {
		if err := f.awaitMove(ctx, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// errGone says that the feature was closed while somebody waited.
var errGone = errors.New("relay: the server is going")

// awaitMove waits until a command that has not ended has, and reads it.
func (f *Feature) awaitMove(ctx context.Context, c *device.Command) (err error) {
	ended, done := f.waiting.add(endedNote{c.App, c.ID})
	defer done()
	if *c, err = f.store.Command(ctx, c.App, c.ID); err != nil || c.State.Ended() {
		return err
	}
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	case <-f.life.Done():
		return errGone
	}
	*c, err = f.store.Command(ctx, c.App, c.ID)
	return err
}
