package device

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// An Order is what somebody asks for.
type Order struct {
	Hub    string // serial
	Device string // id
	Set    Values
	Key    string // makes asking again the same; may be empty
	Seen   int64  // the Rev of the device as the person has seen it; 0: whatever it is
	// Within is after how long it has ended whatever happens; 0: it may take as long as what it is about can wait.
	Within time.Duration
}

// Command carries an order to its hub, or keeps it until the hub comes back if it can wait. It returns when that is done, not
// when the hub has answered. The same person's order with a key that they have used is the command they gave then; ErrConflict
// if it is not the same order. Other errors are ErrNotFound (also for who may not know), ErrInvalid, ErrAway, ErrTooMany,
// ErrUnauthenticated and ErrForbidden.
func (s *Service) Command(ctx context.Context, a Actor, o Order) (Command, error) {
	if err := errors.Join(checkKey(o.Key), o.Set.Validate()); err != nil {
		return Command{}, fmt.Errorf("device: command: %w", err)
	}
	if err := s.ordered(ctx, a); err != nil {
		return Command{}, fmt.Errorf("device: command: %w", err)
	}
	var c Command
	var d Device
	var h Hub
	again := false
	err := s.save(ctx, "command", func() (Change, error) {
		var err error
		if h, err = s.hub(ctx, a, o.Hub); err != nil {
			return Change{}, err
		}
		if c, again, err = s.given(ctx, a, o); again || err != nil {
			return Change{}, err
		}
		if d, err = s.Store.Device(ctx, a.App, o.Hub, o.Device); err != nil {
			return Change{}, err
		}
		if c, err = s.order(ctx, a, o, h, d); err != nil {
			return Change{}, err
		}
		d = d.wish(c)
		return Change{Commands: []Command{c}, Devices: []Device{d}, Audit: []AuditEntry{s.entry(c, h.Place, ActCommand, orderText(o.Set))}}, nil
	})
	if err != nil || again {
		return c, err
	}
	s.tell(ctx, h.Place, ending{[]Command{c}, []Device{d}})
	c.Rev++
	if c.State == Sent {
		return s.deliver(ctx, h, c)
	}
	// The hub may have come back meanwhile, before there was anything that waited for it.
	if h, err = s.Store.Hub(ctx, a.App, o.Hub); err == nil && h.Online() {
		err = s.flush(ctx, h)
	}
	if err != nil {
		return c, fmt.Errorf("device: command: %w", err)
	}
	return s.Store.Command(ctx, c.App, c.ID)
}

// given returns the command that the actor gave with the same key.
func (s *Service) given(ctx context.Context, a Actor, o Order) (Command, bool, error) {
	if o.Key == "" {
		return Command{}, false, nil
	}
	c, err := s.Store.CommandByKey(ctx, a.App, a.Person, o.Key)
	switch {
	case errors.Is(err, ErrNotFound):
		return Command{}, false, nil
	case err != nil:
		return Command{}, false, err
	case c.Hub != o.Hub || c.Device != o.Device || !maps.Equal(c.Set, o.Set):
		return Command{}, false, fmt.Errorf("the key is that of another command: %w", ErrConflict)
	}
	return c, true, nil
}

// order makes a command of an order, on its way or waiting.
func (s *Service) order(ctx context.Context, a Actor, o Order, h Hub, d Device) (Command, error) {
	patience, err := checkWish(d.Capabilities, o.Set)
	if err != nil {
		return Command{}, err
	}
	if o.Seen != 0 && o.Seen != d.Rev {
		return Command{}, fmt.Errorf("device %s is at %d, %d was seen: %w", d.ID, d.Rev, o.Seen, ErrConflict)
	}
	open, err := s.Store.OpenCommands(ctx, a.App, o.Hub)
	if err != nil {
		return Command{}, err
	}
	if len(open) >= MaxOpen {
		return Command{}, fmt.Errorf("hub %s has %d open commands: %w", o.Hub, len(open), ErrTooMany)
	}
	now := s.now()
	c := Command{
		App: a.App, ID: s.newID(), Hub: o.Hub, Device: o.Device, Place: h.Place, Person: a.Person, Key: o.Key, Set: o.Set, CreatedAt: now, GivenUpAt: now.Add(patience),
	}
	if o.Within > 0 {
		c.EndsBy, c.GivenUpAt = now.Add(o.Within), now.Add(min(patience, o.Within))
	}
	switch {
	case h.Online():
		return c.send(now, s.config.AckTimeout), nil
	case patience == 0:
		return Command{}, fmt.Errorf("hub %s: %w", o.Hub, ErrAway)
	}
	return c.queue(now), nil
}

func (s *Service) entry(c Command, place string, act Act, detail string) AuditEntry {
	return AuditEntry{
		At: s.now(), App: c.App, Place: place, Hub: c.Hub, Device: c.Device, Command: c.ID, Person: c.Person, Act: act, Detail: detail,
	}
}

// orderText is a wish in the audit log.
func orderText(v Values) string {
	var all []string
	for name, value := range v {
		all = append(all, fmt.Sprintf("%s=%v", name, value))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// deliver gives a command that is on its way to its hub. If it turns out not to be there, the command waits, or ends.
func (s *Service) deliver(ctx context.Context, h Hub, c Command) (Command, error) {
	ctx = context.WithoutCancel(ctx) // it is kept as sent
	err := s.Outlet.Deliver(ctx, c)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, ErrAway) {
		s.Log.WarnContext(ctx, "device: a command could not be delivered", "app", c.App, "hub", c.Hub, "command", c.ID, "error", err)
	}
	err = s.move(ctx, h, c, func(c Command) Command { return c.queue(s.now()) })
	if err == nil {
		err = s.back(ctx, h)
	}
	if err != nil && !errors.Is(err, ErrConflict) { // somebody else has put it back, or ended it
		return c, err
	}
	return s.Store.Command(ctx, c.App, c.ID)
}

// back sends what has been put back to wait for a hub if that has come back in the meantime, by another connection: what it was sent
// then was on its way and did not wait yet.
func (s *Service) back(ctx context.Context, before Hub) error {
	h, err := s.Store.Hub(ctx, before.App, before.Serial)
	if err != nil || !h.Online() || h.Link == before.Link {
		return err
	}
	return s.flush(ctx, h)
}

// flush sends a hub what has waited for it, in its order. What somebody wished who may not command the hub any more ends.
func (s *Service) flush(ctx context.Context, h Hub) error {
	open, err := s.Store.OpenCommands(ctx, h.App, h.Serial)
	if err != nil {
		return fmt.Errorf("device: what waits for hub %s: %w", h.Serial, err)
	}
	for _, c := range open {
		if c.State != Queued {
			continue
		}
		_, may := s.hub(ctx, c.by(), h.Serial)
		sent := c
		err = s.move(ctx, h, c, func(c Command) Command {
			if errors.Is(may, ErrForbidden) || errors.Is(may, ErrNotFound) || errors.Is(may, ErrUnauthenticated) {
				sent = c.end(Expired, "", s.now())
			} else {
				sent = c.send(s.now(), s.config.AckTimeout)
			}
			return sent
		})
		switch {
		case errors.Is(err, ErrConflict): // another node has sent it
			continue
		case err != nil:
			return err
		case sent.State == Sent:
			sent.Rev++
			if _, err := s.deliver(ctx, h, sent); err != nil {
				return err
			}
		}
	}
	return nil
}

// by returns who gave a command.
func (c Command) by() Actor {
	a := Actor{App: c.App, Person: c.Person}
	if token, is := strings.CutPrefix(c.Person, guestPrefix); is {
		a.Token = token
	}
	if serial, is := strings.CutPrefix(c.Person, boxPrefix); is {
		a.Box = serial
	}
	a.Server = strings.HasPrefix(c.Person, serverPrefix)
	return a
}

// Answer says what a hub has made of a command. ErrNotFound: the command is not one that the hub has to answer: it has ended,
// because the answer came too late. Only the hub may.
func (s *Service) Answer(ctx context.Context, app, serial, id string, done bool, note string) (Command, error) {
	c, err := s.Store.Command(ctx, app, id)
	if err == nil && (c.Hub != serial || c.State != Sent || !c.ExpiresAt.After(s.now())) {
		err = fmt.Errorf("it is not on its way to hub %s: %w", serial, ErrNotFound)
	}
	if err != nil {
		return Command{}, fmt.Errorf("device: answer to command %.64q: %w", id, err)
	}
	h, err := s.Store.Hub(ctx, app, serial)
	if err != nil {
		return Command{}, fmt.Errorf("device: answer: %w", err)
	}
	end := Refused
	if done {
		end = Done
	}
	if err = s.move(ctx, h, c, func(c Command) Command { return c.end(end, clip(note), s.now()) }); err != nil {
		return Command{}, fmt.Errorf("device: answer: %w", err)
	}
	return s.Store.Command(ctx, app, id)
}

// clip bounds what a hub says.
func clip(note string) string {
	note = strings.ToValidUTF8(note, "")
	if len(note) > MaxNote {
		note = strings.ToValidUTF8(note[:MaxNote], "")
	}
	return note
}

// expireAtOnce is how many commands one Expire ends.
const expireAtOnce = 100

// Expire ends commands that nobody has answered in time, and returns how many it found. It is to be called often.
func (s *Service) Expire(ctx context.Context) (int, error) {
	due, err := s.Store.DueCommands(ctx, s.now(), expireAtOnce)
	if err != nil {
		return 0, fmt.Errorf("device: expire: %w", err)
	}
	for _, c := range due {
		h, err := s.Store.Hub(ctx, c.App, c.Hub)
		if err == nil {
			err = s.move(ctx, h, c, func(c Command) Command { return c.end(Expired, "", s.now()) })
		}
		if err != nil && !errors.Is(err, ErrConflict) {
			return 0, fmt.Errorf("device: expire command %s: %w", c.ID, err)
		}
	}
	return len(due), nil
}
