package relay

import (
	"context"
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
	for _, m := range events("command", ViewDelivery(c, f.now()), to, hubTongue.channel(c.App, c.Hub)) {
		if err := f.hub.Emit(ctx, madang.Audience{In: []madang.Channel{m.Channel}}, m); err != nil {
			return fmt.Errorf("relay: deliver to hub %s: %w", c.Hub, err)
		}
	}
	return nil
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
	look := lookNote{App: e.App, Link: e.Link, Of: e.Of}
	among := func(t tongue, name string) { look.Channels = append(look.Channels, t.channel(e.App, name).Name) }
	for _, serial := range e.Hubs {
		among(homeTongue, serial)
	}
	if e.Hub != "" { // nobody hears it any more but the box itself and its displays
		gone := events("hub.gone", hubGoneView{e.Hub, e.Place}, channel(e.App, homePrefix, e.Hub), homeTongue.channel(e.App, e.Hub), placeTongue.channel(e.App, e.Place))
		warn(f.last(ctx, gone[0]))
		f.emit(ctx, gone[1])
		f.emit(ctx, gone[2])
		among(homeTongue, e.Hub)
		warn(f.hub.Leave(ctx, in(homePrefix, e.Hub), channel(e.App, homePrefix, e.Hub)))
	}
	if e.Box != "" {
		warn(f.hub.Disconnect(ctx, in(hubPrefix, e.Box), madang.CloseDenied))
		// Displays come back by themselves, if they can still prove themselves.
		warn(f.hub.Disconnect(ctx, in(displayPrefix, e.Box), madang.CloseDrain))
		f.lookAgain(ctx, lookNote{App: e.App, Channels: []string{hubTongue.channel(e.App, e.Box).Name}, All: true})
	}
	if e.Person != "" {
		chs, err := f.channelsOf(ctx, e.App, e.Place)
		warn(err)
		warn(f.last(ctx, event(channel(e.App, personPrefix, e.Person), "place.gone", placeGoneView{e.Place})))
		warn(f.hub.Leave(ctx, in(personPrefix, e.Person), chs...))
		among(placeTongue, e.Place)
	}
	if e.Gone {
		place := channel(e.App, placePrefix, e.Place)
		gone := events("place.gone", placeGoneView{e.Place}, place, placeTongue.channel(e.App, e.Place))
		warn(f.last(ctx, gone[0]))
		f.emit(ctx, gone[1])
		warn(f.hub.Leave(ctx, in(placePrefix, e.Place), place))
		among(placeTongue, e.Place)
	}
	f.lookAgain(ctx, look)
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
	changed := events("place.changed", ViewPlace(p), at, placeTongue.channel(p.App, p.ID))
	if err == nil {
		who.In = append(who.In, at)
		err = f.hub.Emit(ctx, who, changed[0])
	}
	f.emit(ctx, changed[1])
	if err != nil {
		f.log.Warn("relay: members of a place will hear it only when they connect again", "place", p.ID, "error", err)
	}
}

// atHome tells who hears what happens at a hub: the members of its place, who shows a token for it, and its displays.
func (f *Feature) atHome(ctx context.Context, app, place, serial, name string, view any) {
	chs := []madang.Channel{channel(app, homePrefix, serial), channel(app, screenPrefix, serial), homeTongue.channel(app, serial)}
	if place != "" {
		chs = append(chs, placeTongue.channel(app, place))
	}
	for _, m := range events(name, view, chs...) {
		f.emit(ctx, m)
	}
}

// HubChanged implements device.Outlet.
func (f *Feature) HubChanged(ctx context.Context, h device.Hub) {
	f.atHome(ctx, h.App, h.Place, h.Serial, "hub.changed", ViewHub(h))
}

// DeviceChanged implements device.Outlet.
func (f *Feature) DeviceChanged(ctx context.Context, place string, d device.Device) {
	f.atHome(ctx, d.App, place, d.Hub, "device.changed", ViewDevice(d))
}

// CommandChanged implements device.Outlet.
func (f *Feature) CommandChanged(ctx context.Context, place string, c device.Command) {
	f.atHome(ctx, c.App, place, c.Hub, "command.changed", ViewCommand(c))
	if c.State.Ended() {
		f.counts.ended(c.State)
		f.emit(ctx, event(madang.Channel{Name: nodesName}, noteEnded, endedNote{c.App, c.ID}))
	}
}

// Show implements pairing.Screen. The code itself goes out under the name and in the form that the box's page has always
// known: an event "code" with a text.
func (f *Feature) Show(ctx context.Context, h pairing.Hub, p pairing.Prompt) error {
	if err := f.Ready(ctx, h); err != nil {
		return err
	}
	shown := ShownView{p.ID, p.Who, p.From, max(0, p.ExpiresAt.Sub(f.now()).Milliseconds())}
	for _, m := range append(f.onScreen(h, "pairing.shown", shown), f.onScreen(h, "code", p.Code)...) {
		if err := f.hub.Emit(ctx, madang.Audience{In: []madang.Channel{m.Channel}}, m); err != nil {
			return fmt.Errorf("relay: show a code: %w", err)
		}
	}
	f.counts.codes.Add(1)
	return nil
}

// Ready implements pairing.Looker.
func (f *Feature) Ready(ctx context.Context, h pairing.Hub) error {
	there, err := f.hub.Members(ctx, channel(h.App, displayPrefix, h.ID))
	if err != nil {
		return fmt.Errorf("relay: whether the display of hub %s is connected: %w", h.ID, err)
	}
	if len(there) == 0 {
		return pairing.ErrNoDisplay
	}
	return nil
}

// onScreen makes messages of what the displays of a hub show.
func (f *Feature) onScreen(h pairing.Hub, name string, view any) []*madang.Message {
	return events(name, view, channel(h.App, displayPrefix, h.ID), hubTongue.channel(h.App, h.ID))
}

// Clear implements pairing.Screen.
func (f *Feature) Clear(ctx context.Context, h pairing.Hub, id string, why pairing.End) {
	for _, m := range f.onScreen(h, "pairing.cleared", ClearedView{id, string(why)}) {
		f.emit(ctx, m)
	}
}

// Alarm implements pairing.Screen.
func (f *Feature) Alarm(ctx context.Context, h pairing.Hub) {
	for _, m := range f.onScreen(h, "pairing.alarm", struct{}{}) {
		f.emit(ctx, m)
	}
}
