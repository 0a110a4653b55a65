package rest

import (
	"context"
	"fmt"
	"time"

	"madang"
	"madang/device"
	"madang/device/relay"
)

type pendingIn struct {
	OfHub
	Wait int `query:"wait" minimum:"0" maximum:"30" doc:"How many seconds to wait if there is nothing"`
}

// Pending is what a hub has to do.
type Pending struct {
	Commands []relay.Delivery `json:"commands" nullable:"false" doc:"To be carried out and answered; not after expires_in_ms"`
	Display  []Happening      `json:"display" nullable:"false" doc:"What the display is to show, in order; each is given once"`
}

// openBox connects a hub, as if it had a socket.
func (a *API) openBox(ctx context.Context, p *madang.Principal) (*boxLink, error) {
	l := &boxLink{from: who(ctx).From, wake: make(chan struct{}, 1)}
	var err error
	if l.line, err = a.Hub.Open(l); err != nil {
		return nil, fmt.Errorf("device/rest: connect %s: %w", p.User, err)
	}
	if l.conn, err = l.line.Connect(ctx, madang.ConnRequest{Dialect: boxDialect{}, Principal: p, Owner: l}); err == nil {
		err = a.Relay.Welcome(ctx, l.conn)
	}
	if err != nil {
		l.end()
		return nil, fmt.Errorf("device/rest: connect %s: %w", p.User, err)
	}
	return l, nil
}

// pending answers a hub that asks what there is to do.
func (a *API) pending(ctx context.Context, in *pendingIn) (*reply[Pending], error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	t, err := a.boxes.ask(ctx, who(ctx).Principal, in.Serial)
	if err != nil {
		return nil, err
	}
	defer t.end()
	late := time.NewTimer(time.Duration(in.Wait) * time.Second)
	defer late.Stop()
	for {
		p, next, err := a.whatPends(ctx, t)
		if err != nil || len(p.Commands)+len(p.Display) > 0 || in.Wait == 0 {
			return answer(p, err)
		}
		look := time.NewTimer(next)
		over := false
		select {
		case <-t.link.wake:
		case <-look.C:
		case <-late.C:
			over = true
		case <-t.overtaken:
			over = true
		case <-t.link.conn.Done():
			over = true
		case <-ctx.Done():
			over = true
		case <-a.life.Done():
			over = true
		}
		look.Stop()
		if over {
			return answer(p, nil)
		}
	}
}

// whatPends returns what there is for a hub now, and after how long to look again.
func (a *API) whatPends(ctx context.Context, t turn) (Pending, time.Duration, error) {
	p := Pending{Commands: []relay.Delivery{}, Display: []Happening{}}
	open, err := a.rules.Store.OpenCommands(ctx, a.config.App, t.box.serial)
	if err != nil {
		return p, 0, fmt.Errorf("device/rest: what hub %s has to do: %w", t.box.serial, err)
	}
	now := a.rules.Now()
	due, next := t.box.give(open, now)
	for _, c := range due {
		p.Commands = append(p.Commands, delivery(c, now))
	}
	p.Display = append(p.Display, t.link.take()...)
	return p, next, nil
}

func delivery(c device.Command, now time.Time) relay.Delivery {
	return relay.Delivery{ID: c.ID, Device: c.Device, Set: c.Set, ExpiresIn: c.ExpiresAt.Sub(now).Milliseconds()}
}
