package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"madang/device"
	"madang/device/pairing"
)

// Deps are what a Flow needs of others.
type Deps struct {
	Rules *device.Service
	Store Store
	// Key is that of codes, as in [pairing.New].
	Key []byte
	Log *slog.Logger // nil: none
}

// A Flow is the Device Authorization Grant without HTTP. It is safe for concurrent use, and several may work on one Store.
type Flow struct {
	Deps
	config Config
	swept  atomic.Int64 // when, in Unix seconds
}

// NewFlow returns a Flow.
func NewFlow(c Config, d Deps) (*Flow, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Rules == nil || d.Store == nil || len(d.Key) < pairing.MinKey {
		return nil, fmt.Errorf("oauth: rules, a store and a key of at least %d bytes are needed", pairing.MinKey)
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Flow{Deps: d, config: c}, nil
}

// The answers to a hub that asks for its token, beside one.
var (
	ErrPending = errors.New("oauth: nobody has decided yet")
	ErrSlow    = errors.New("oauth: the hub asks too often")
	ErrDenied  = errors.New("oauth: somebody has refused, or may not agree any more")
	ErrExpired = errors.New("oauth: the code has expired")
	ErrUnknown = errors.New("oauth: there is no such code, or it has been used")
)

// rounds bounds how often a change is decided anew because another came first.
const rounds = 32

// Asked is what a hub is given that asks for somebody's consent.
type Asked struct {
	DeviceCode string
	UserCode   string // as it is to be shown
	ExpiresIn  time.Duration
	Interval   time.Duration
}

// Ask begins a request of a hub that has proved itself, in place of the one it had. A [*pairing.WaitError]: it has just begun
// one.
func (f *Flow) Ask(ctx context.Context, h device.Hub, from string) (Asked, error) {
	f.sweep(ctx)
	a := Asked{DeviceCode: rand.Text() + rand.Text(), ExpiresIn: f.config.TTL, Interval: f.config.Interval}
	for range rounds {
		g, err := f.Store.Grant(ctx, h.App, h.Serial)
		if err != nil {
			return Asked{}, fmt.Errorf("oauth: begin a request: %w", err)
		}
		code, err := newUserCode()
		if err != nil {
			return Asked{}, err
		}
		now := f.now()
		next, wait := g.ask(Grant{
			ID: rand.Text(), Device: device.HashOf(a.DeviceCode), User: macOf(f.Key, h.App, code), Address: from, AskedAt: now,
			ExpiresAt: now.Add(f.config.TTL), Interval: f.config.Interval,
		}, now)
		if wait > 0 {
			return Asked{}, &pairing.WaitError{Of: "hub", Retry: wait}
		}
		a.UserCode = shown(code)
		if err = f.Store.SaveGrant(ctx, next); !errors.Is(err, device.ErrConflict) {
			return a, err
		}
	}
	return Asked{}, fmt.Errorf("oauth: begin a request: %w", device.ErrConflict)
}

// Poll is a question of a hub that has proved itself for its token. One that has been given out is not given out again, whatever
// becomes of the answer. Errors are those above, and others of the server's own.
func (f *Flow) Poll(ctx context.Context, h device.Hub, deviceCode string) (device.Paired, error) {
	for range rounds {
		g, err := f.Store.Grant(ctx, h.App, h.Serial)
		if err != nil {
			return device.Paired{}, fmt.Errorf("oauth: redeem: %w", err)
		}
		next, is := g.poll(device.HashOf(deviceCode), f.now())
		if next != g {
			if err := f.Store.SaveGrant(ctx, next); errors.Is(err, device.ErrConflict) {
				continue
			} else if err != nil {
				return device.Paired{}, fmt.Errorf("oauth: redeem: %w", err)
			}
		}
		if is == approved {
			return f.grant(context.WithoutCancel(ctx), next)
		}
		return device.Paired{}, map[verdict]error{unknown: ErrUnknown, expired: ErrExpired, pending: ErrPending, tooFast: ErrSlow, denied: ErrDenied}[is]
	}
	return device.Paired{}, fmt.Errorf("oauth: redeem: %w", device.ErrConflict)
}

// grant pairs who has approved with the hub.
func (f *Flow) grant(ctx context.Context, g Grant) (device.Paired, error) {
	p, err := f.Rules.Grant(ctx, device.Actor{App: g.App, Person: g.Person, Name: g.Name}, g.Hub, g.Place)
	if errors.Is(err, device.ErrForbidden) || errors.Is(err, device.ErrNotFound) || errors.Is(err, device.ErrTooMany) {
		f.Log.InfoContext(ctx, "oauth: what somebody has agreed to they may not any more", "hub", g.Hub, "person", g.Person, "error", err)
		return device.Paired{}, ErrDenied
	}
	return p, err
}

// Look returns the request whose code somebody has typed, if it can still be decided about, and they may. It counts as a try,
// per person and address, before it is judged. Errors are a [*pairing.WaitError]; [device.ErrNotFound]: there is none; and
// [device.ErrForbidden]: the hub belongs to a place where they are not a member.
func (f *Flow) Look(ctx context.Context, a device.Actor, from netip.Addr, typed string) (Grant, error) {
	r := pairing.Request{Hub: pairing.Hub{App: a.App}, Person: a.Person, Address: from}
	if err := f.Rules.Pairing.Count(ctx, r, "oauth"); err != nil {
		return Grant{}, err
	}
	g, err := f.Store.GrantByCode(ctx, a.App, macOf(f.Key, a.App, typed))
	if err == nil && !g.open(f.now()) {
		err = fmt.Errorf("it is over: %w", device.ErrNotFound)
	}
	if err != nil {
		return Grant{}, fmt.Errorf("oauth: look at a request: %w", err)
	}
	return g, f.may(ctx, a, g.Hub, "")
}

// may refuses who may not agree with a hub. They have typed its code, and may learn that it is there.
func (f *Flow) may(ctx context.Context, a device.Actor, serial, place string) error {
	err := f.Rules.MayGrant(ctx, a, serial, place)
	if errors.Is(err, device.ErrNotFound) {
		return errors.Join(device.ErrForbidden, errors.New(err.Error()))
	}
	return err
}

// Decide is what somebody has decided about a request that they have looked at: its id is what proves that, and comes before
// everything else, so that nobody learns by it which hubs there are. Place is the one to which the hub shall come, as in
// [device.Service.Grant]. Errors are [device.ErrNotFound]: the request is over, or somebody else has decided; and those of
// MayGrant.
func (f *Flow) Decide(ctx context.Context, a device.Actor, serial, id string, approve bool, place string) error {
	for range rounds {
		g, err := f.Store.Grant(ctx, a.App, serial)
		if err != nil {
			return fmt.Errorf("oauth: decide: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(g.ID), []byte(id)) != 1 || !g.open(f.now()) {
			return fmt.Errorf("oauth: decide: the request is over: %w", device.ErrNotFound)
		}
		if err := f.may(ctx, a, serial, place); err != nil {
			return fmt.Errorf("oauth: decide: %w", err)
		}
		next := g.deny()
		if approve {
			next = g.approve(a, place)
		}
		if err = f.Store.SaveGrant(ctx, next); !errors.Is(err, device.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("oauth: decide: %w", device.ErrConflict)
}

// now is the time as Stores keep it.
func (f *Flow) now() time.Time { return time.UnixMilli(f.Rules.Now().UnixMilli()).UTC() }

// How often requests that are long over are removed, and how long they are kept so that a hub learns that its code has expired.
const (
	sweepEvery = time.Hour
	kept       = 24 * time.Hour
)

// sweep removes what is long over, now and then.
func (f *Flow) sweep(ctx context.Context) {
	now := f.now()
	last := f.swept.Load()
	if since := now.Unix() - last; since >= 0 && since < int64(sweepEvery/time.Second) || !f.swept.CompareAndSwap(last, now.Unix()) {
		return
	}
	if _, err := f.Store.SweepGrants(ctx, now.Add(-kept)); err != nil {
		f.Log.WarnContext(ctx, "oauth: requests that are over could not be removed; this will be tried again", "error", err)
	}
}
