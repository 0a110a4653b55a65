package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// tellTime bounds how long telling others may take.
const tellTime = 5 * time.Second

// emit tells who is in the message's channel. What it repeats is kept: who does not hear it learns it when they next ask.
func (f *Feature) emit(ctx context.Context, m *madang.Message) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer done()
	if err := f.hub.Emit(ctx, madang.Audience{In: []madang.Channel{m.Channel}}, m); err != nil {
		f.log.Warn("relay: an event could not be told", "event", m.Name, "channel", m.Channel.String(), "error", err)
	}
}

// Deliver implements device.Outlet.
func (f *Feature) Deliver(ctx context.Context, c device.Command) error {
	to := channel(c.App, hubPrefix, c.Hub)
	there, err := f.hub.Members(ctx, to)
	if err != nil {
		return fmt.Errorf("relay: where hub %s is: %w", c.Hub, err)
	}
	if len(there) == 0 {
		f.boxes.add(box{c.App, c.Hub})
		return device.ErrAway
	}
	left := c.ExpiresAt.Sub(f.now()).Milliseconds()
	return f.hub.Emit(ctx, madang.Audience{In: []madang.Channel{to}}, event(to, "command", Delivery{c.ID, c.Device, c.Set, max(0, left)}))
}

// Ended implements device.Outlet.
func (f *Feature) Ended(ctx context.Context, e device.Ended) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer done()
	warn := func(err error) {
		if err != nil {
			f.log.Error("relay: connections whose right has ended could not be ended; they may do nothing, but may hear what happens",
				"person", e.Person, "hub", e.Hub, "error", err)
		}
	}
	for _, id := range e.Tokens {
		warn(f.hub.Disconnect(ctx, madang.Audience{In: []madang.Channel{channel(e.App, tokenPrefix, id)}}, madang.CloseDenied))
	}
	in := func(prefix, name string) madang.Audience {
		return madang.Audience{In: []madang.Channel{channel(e.App, prefix, name)}}
	}
	if e.Hub != "" { // nobody hears it any more but the box itself and its displays
		warn(f.last(ctx, event(channel(e.App, homePrefix, e.Hub), "hub.gone", hubGoneView{e.Hub, e.Place})))
		warn(f.hub.Leave(ctx, in(homePrefix, e.Hub), channel(e.App, homePrefix, e.Hub)))
	}
	if e.Box != "" {
		warn(f.hub.Disconnect(ctx, in(hubPrefix, e.Box), madang.CloseDenied))
		warn(f.hub.Disconnect(ctx, in(displayPrefix, e.Box), madang.CloseDenied))
	}
	if e.Person != "" {
		chs, err := f.channelsOf(ctx, e.App, e.Place)
		warn(err)
		warn(f.last(ctx, event(channel(e.App, personPrefix, e.Person), "place.gone", placeGoneView{e.Place})))
		warn(f.hub.Leave(ctx, in(personPrefix, e.Person), chs...))
	}
	if e.Gone {
		place := channel(e.App, placePrefix, e.Place)
		warn(f.last(ctx, event(place, "place.gone", placeGoneView{e.Place})))
		warn(f.hub.Leave(ctx, in(placePrefix, e.Place), place))
	}
}

// last tells who is in the message's channel something before they are taken out of it: it goes out on the same way as the order
// to leave, which two channels make it do.
func (f *Feature) last(ctx context.Context, m *madang.Message) error {
	return f.hub.Emit(ctx, madang.Audience{In: []madang.Channel{m.Channel, m.Channel}}, m)
}

type (
	// A placeGoneView tells somebody that they are in a place no more, or that there is none.
	placeGoneView struct {
		ID string `json:"id"`
	}
	// A hubGoneView tells them that a hub belongs to a place no more.
	hubGoneView struct {
		Serial string `json:"serial"`
		Place  string `json:"place"`
	}
)

// channelsOf returns where what happens in a place is heard.
func (f *Feature) channelsOf(ctx context.Context, app, place string) ([]madang.Channel, error) {
	chs := []madang.Channel{channel(app, placePrefix, place)}
	hubs, err := f.store.HubsOf(ctx, app, place)
	for _, h := range hubs {
		chs = append(chs, channel(app, homePrefix, h.Serial))
	}
	return chs, err
}

// PlaceChanged implements device.Outlet. The members' connections hear what happens there from now on, beginning with this:
// it goes out on the same way as the order to join, behind it.
func (f *Feature) PlaceChanged(ctx context.Context, p device.Place) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer done()
	at := channel(p.App, placePrefix, p.ID)
	var who madang.Audience
	for _, m := range p.Members {
		who.In = append(who.In, channel(p.App, personPrefix, m.Person))
	}
	chs, err := f.channelsOf(ctx, p.App, p.ID)
	if err == nil {
		err = f.hub.Join(ctx, who, chs...)
	}
	if err == nil {
		who.In = append(who.In, at)
		err = f.hub.Emit(ctx, who, event(at, "place.changed", ViewPlace(p)))
	}
	if err != nil {
		f.log.Warn("relay: members of a place will hear it only when they connect again", "place", p.ID, "error", err)
	}
}

// atHome tells who hears what happens at a hub: the members of its place, who shows a token for it, and its displays.
func (f *Feature) atHome(ctx context.Context, app, serial, name string, view any) {
	for _, prefix := range []string{homePrefix, screenPrefix} {
		f.emit(ctx, event(channel(app, prefix, serial), name, view))
	}
}

// HubChanged implements device.Outlet.
func (f *Feature) HubChanged(ctx context.Context, h device.Hub) {
	f.atHome(ctx, h.App, h.Serial, "hub.changed", ViewHub(h))
}

// DeviceChanged implements device.Outlet.
func (f *Feature) DeviceChanged(ctx context.Context, _ string, d device.Device) {
	f.atHome(ctx, d.App, d.Hub, "device.changed", ViewDevice(d))
}

// CommandChanged implements device.Outlet.
func (f *Feature) CommandChanged(ctx context.Context, _ string, c device.Command) {
	f.atHome(ctx, c.App, c.Hub, "command.changed", ViewCommand(c))
	if c.State.Ended() {
		f.counts.ended(c.State)
		f.emit(ctx, event(madang.Channel{Name: nodesName}, "ended", endedNote{c.App, c.ID}))
	}
}

// An endedNote tells the nodes that a command has ended.
type endedNote struct {
	App string `json:"app"`
	ID  string `json:"id"`
}

func (f *Feature) heard(e *madang.Event) {
	var n endedNote
	if e.Message != nil && json.Unmarshal(e.Message.Data, &n) == nil {
		f.waiting.wake(n)
	}
}

// Show implements pairing.Screen. The code itself goes out under the name and in the form that the box's page has always
// known: an event "code" with a text.
func (f *Feature) Show(ctx context.Context, h pairing.Hub, p pairing.Prompt) error {
	to := channel(h.App, displayPrefix, h.ID)
	there, err := f.hub.Members(ctx, to)
	if err != nil {
		return fmt.Errorf("relay: whether the display of hub %s is connected: %w", h.ID, err)
	}
	if len(there) == 0 {
		return pairing.ErrNoDisplay
	}
	in := madang.Audience{In: []madang.Channel{to}}
	shown := ShownView{p.ID, p.Who, p.From, max(0, p.ExpiresAt.Sub(f.now()).Milliseconds())}
	if err := f.hub.Emit(ctx, in, event(to, "pairing.shown", shown)); err != nil {
		return fmt.Errorf("relay: show a code: %w", err)
	}
	if err := f.hub.Emit(ctx, in, event(to, "code", p.Code)); err != nil {
		return fmt.Errorf("relay: show a code: %w", err)
	}
	f.counts.codes.Add(1)
	return nil
}

// Clear implements pairing.Screen.
func (f *Feature) Clear(ctx context.Context, h pairing.Hub, id string, why pairing.End) {
	f.emit(ctx, event(channel(h.App, displayPrefix, h.ID), "pairing.cleared", ClearedView{id, string(why)}))
}

// Alarm implements pairing.Screen.
func (f *Feature) Alarm(ctx context.Context, h pairing.Hub) {
	f.emit(ctx, event(channel(h.App, displayPrefix, h.ID), "pairing.alarm", struct{}{}))
}
