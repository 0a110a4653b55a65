package rest

import (
	"context"
	"errors"
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

// takeOver is how often a hub is connected anew when another of its connections proves to be the one that counts, or ends the new
// one: the word of an earlier one may come late.
const takeOver = 5

// turn begins a request of a hub, by the connection by which it is there. When its requests reach several nodes, or it has a socket
// as well, another may be that: the newest counts.
func (a *API) turn(ctx context.Context, serial string) (t turn, err error) {
	for range takeOver {
		t, err = a.boxes.ask(ctx, who(ctx).Principal, serial)
		if errors.Is(err, madang.ErrClosed) && a.life.Err() == nil && !a.Hub.Draining() {
			continue
		}
		if err != nil {
			return t, err
		}
		counts, err := a.counts(ctx, t)
		if counts {
			return t, nil
		}
		t.box.leave(t.link)
		t.end()
		if err != nil {
			return t, err
		}
	}
	return t, fmt.Errorf("device/rest: hub %s is connected elsewhere again and again: %w", serial, errors.Join(device.ErrConflict, err))
}

// counts reports whether a hub is there by the connection of its requests.
func (a *API) counts(ctx context.Context, t turn) (bool, error) {
	h, err := a.rules.Store.Hub(ctx, a.config.App, t.box.serial)
	if err != nil {
		return false, fmt.Errorf("device/rest: how hub %s is connected: %w", t.box.serial, err)
	}
	return h.Link == string(t.link.conn.ID()), nil
}

// pending answers a hub that asks what there is to do.
func (a *API) pending(ctx context.Context, in *pendingIn) (*reply[Pending], error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	t, err := a.turn(ctx, in.Serial)
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
		if counts, err := a.counts(ctx, t); !counts {
			return answer(p, err) // it comes again, and takes over
		}
		if !a.sleep(ctx, t, late.C, next) {
			return answer(p, nil)
		}
	}
}

// sleep waits until there may be something new; false: the request is to be answered as it is.
func (a *API) sleep(ctx context.Context, t turn, late <-chan time.Time, next time.Duration) bool {
	look := time.NewTimer(min(next, lookAgain))
	defer look.Stop()
	select {
	case <-t.link.wake:
		return true
	case <-look.C:
		return true
	case <-late:
	case <-t.overtaken:
	case <-t.link.conn.Done():
	case <-ctx.Done():
	case <-a.life.Done():
	}
	return false
}

// lookAgain is how long a request waits without looking whether its connection is still the one that counts.
const lookAgain = 5 * time.Second

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
		p.Commands = append(p.Commands, relay.ViewDelivery(c, now))
	}
	p.Display = append(p.Display, t.link.take()...)
	return p, next, nil
}
