package pairing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// MinKey is the length of the shortest key, in bytes.
const MinKey = 32

// rounds bounds how often a change is tried again because another one came first. Each time that is one that has got
// through, and there are fewer of those than this: tries are counted, and codes have their pace.
const rounds = 64

// A Pairing is the rules of pairing. It is safe for concurrent use. Make it with [New].
type Pairing struct {
	config Config
	store  Store
	screen Screen
	key    []byte
	now    func() time.Time
	lives  lives
	log    *slog.Logger
}

// An Option sets what a Pairing takes from its surroundings.
type Option func(*Pairing)

// WithClocks makes a Pairing take the time from now instead of time.Now, and what has elapsed, which no step of the first
// changes, from elapsed; nil: as without this option.
func WithClocks(now func() time.Time, elapsed func() time.Duration) Option {
	return func(p *Pairing) {
		if now != nil {
			p.now = now
		}
		if elapsed != nil {
			p.lives.elapsed = elapsed
		}
	}
}

// WithLog makes a Pairing log. The default is not to.
func WithLog(log *slog.Logger) Option { return func(p *Pairing) { p.log = log } }

// New returns a Pairing. The key makes what is kept of codes useless to who reads the Store; it must be random, at least
// MinKey bytes long, the same on all nodes, and not be in the Store.
func New(c Config, key []byte, store Store, screen Screen, options ...Option) (*Pairing, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(key) < MinKey {
		return nil, fmt.Errorf("pairing: the key has %d bytes, at least %d are needed", len(key), MinKey)
	}
	start := time.Now()
	p := &Pairing{
		config: c, store: store, screen: screen, key: key, now: time.Now, log: slog.New(slog.DiscardHandler),
		lives: lives{elapsed: func() time.Duration { return time.Since(start) }},
	}
	for _, o := range options {
		o(p)
	}
	return p, nil
}

// Ask shows a new code on a hub's display, in place of the one there was. Nobody else is told it. Errors are a [*WaitError],
// ErrLocked, ErrNoDisplay (then there is no code) and ErrInvalid.
func (p *Pairing) Ask(ctx context.Context, r Request) error {
	if err := r.validate(); err != nil {
		return err
	}
	if err := p.Count(ctx, r, "ask"); err != nil {
		return err
	}
	if l, ok := p.screen.(Looker); ok {
		if err := l.Ready(ctx, r.Hub); err != nil {
			return err
		}
	}
	text, err := p.config.Format.make()
	if err != nil {
		return err
	}
	now := p.millis()
	code := Code{ID: rand.Text(), Requester: r.requester(), AskedAt: now, ExpiresAt: now.Add(p.config.TTL)}
	code.MAC = p.mac(r.Hub, code.Requester, text)
	var wait time.Duration
	next, err := p.change(ctx, r.Hub, func(s State) State {
		s, wait = s.ask(p.config, code, now)
		return s
	})
	switch {
	case err != nil:
		return fmt.Errorf("ask for a code: %w", err)
	case next.Locked:
		return ErrLocked
	case wait > 0:
		return &WaitError{"hub", wait}
	}
	p.lives.begin(code.ID, p.config.TTL)
	err = p.screen.Show(ctx, r.Hub, Prompt{ID: code.ID, Code: text, Who: r.who(), From: r.from(), ExpiresAt: code.ExpiresAt})
	if err != nil {
		return errors.Join(err, p.withdraw(context.WithoutCancel(ctx), r.Hub, code.ID))
	}
	return nil
}

// Check redeems the code that somebody has typed. It succeeds once for each code. Errors are ErrWrong, ErrExpired, a
// [*WaitError] and ErrInvalid. A code that cannot be one counts like one that is not right.
func (p *Pairing) Check(ctx context.Context, r Request, typed string) error {
	if err := r.validate(); err != nil {
		return err
	}
	if err := p.Count(ctx, r, "check"); err != nil {
		return err
	}
	m := p.mac(r.Hub, r.requester(), p.config.Format.Normal(typed))
	var is verdict
	var code *Code
	next, err := p.change(ctx, r.Hub, func(s State) State {
		code = s.Code
		s, is = s.try(p.config, r.requester(), m, p.at(s))
		return s
	})
	if err != nil {
		return fmt.Errorf("check a code: %w", err)
	}
	if code != nil && next.Code == nil {
		end := map[verdict]End{expired: EndExpired, wrong: EndFailed, right: EndRedeemed}[is]
		p.screen.Clear(ctx, r.Hub, code.ID, end)
	}
	return map[verdict]error{expired: ErrExpired, wrong: ErrWrong, right: nil}[is]
}

// Press is for when somebody has pressed the button on the box: the hub is not locked any more, and for the next 180 s a code
// may be asked for without waiting.
func (p *Pairing) Press(ctx context.Context, h Hub) error {
	now := p.millis()
	_, err := p.change(ctx, h, func(s State) State { return s.press(now) })
	if err != nil {
		return fmt.Errorf("press the button: %w", err)
	}
	return nil
}

// Withdraw takes away the code of a hub, if there is one: somebody in the house does not want it.
func (p *Pairing) Withdraw(ctx context.Context, h Hub) error { return p.withdraw(ctx, h, "") }

// withdraw takes away the code of an id, or whichever there is.
func (p *Pairing) withdraw(ctx context.Context, h Hub, id string) error {
	var gone *Code
	_, err := p.change(ctx, h, func(s State) State {
		gone = nil
		if s.Code != nil && (id == "" || s.Code.ID == id) {
			gone = s.Code
			s = s.drop(p.config)
		}
		return s
	})
	if err != nil {
		return fmt.Errorf("withdraw a code: %w", err)
	}
	if gone != nil {
		p.screen.Clear(ctx, h, gone.ID, EndWithdrawn)
	}
	return nil
}

// Locked reports whether the button must be pressed before a code is shown.
func (p *Pairing) Locked(ctx context.Context, h Hub) (bool, error) {
	s, err := p.store.Pairing(ctx, h)
	return s.Locked, err
}

// LastAsked returns the hub that somebody last asked a code of, if that code is still there: for clients that do not say
// which hub they mean. ErrNotFound: there is none.
func (p *Pairing) LastAsked(ctx context.Context, app string, r Request) (Hub, error) {
	return p.store.LastAsked(ctx, app, r.requester())
}

// Sweep forgets who has tried something long ago, and the hubs whose state says nothing any more. It is to be called now and
// then.
func (p *Pairing) Sweep(ctx context.Context) (int, error) {
	now := p.millis()
	tallies, err := p.store.SweepTallies(ctx, now.Add(-max(p.config.Person.forgotten(), p.config.Address.forgotten())))
	if err != nil {
		return tallies, err
	}
	states, err := p.store.SweepPairings(ctx, now.Add(-max(p.config.Hub.forgotten(), p.config.TTL)))
	return tallies + states, err
}

// change replaces the state of a hub by what f makes of it; f may be asked several times. Whoever has it locked sounds the
// alarm.
func (p *Pairing) change(ctx context.Context, h Hub, f func(State) State) (State, error) {
	for range rounds {
		s, err := p.store.Pairing(ctx, h)
		if err != nil {
			return State{}, err
		}
		next := f(s)
		if !next.changed(s) {
			return next, nil
		}
		if err = p.store.SavePairing(ctx, next); errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return State{}, err
		}
		if next.Locked && !s.Locked {
			p.log.WarnContext(ctx, "pairing: somebody seems to be guessing codes; the hub is locked until its button is pressed",
				"app", h.App, "hub", h.ID)
			p.screen.Alarm(ctx, h)
		}
		return next, nil
	}
	return State{}, ErrConflict
}

// millis is the time as Stores keep it.
func (p *Pairing) millis() time.Time { return time.UnixMilli(p.now().UnixMilli()).UTC() }

// at returns the time at which a state is judged: if its code has lived its life by the clock that has no steps, not before
// its end.
func (p *Pairing) at(s State) time.Time {
	now := p.millis()
	if s.Code != nil && now.Before(s.Code.ExpiresAt) && !p.lives.alive(s.Code.ID, s.Code.ExpiresAt.Sub(now), p.config.TTL) {
		return s.Code.ExpiresAt
	}
	return now
}

func (p *Pairing) mac(h Hub, requester, code string) MAC {
	return mac(p.key, "madang pairing", h.App, h.ID, requester, code)
}
