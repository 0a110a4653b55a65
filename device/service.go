package device

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"madang/device/pairing"
	"madang/shared"
)

// Config is what can be set about devices. Begin with Defaults.
type Config struct {
	// AckTimeout is how long a hub may take to answer a command. Default 10s.
	AckTimeout time.Duration `doc:"how long a hub may take to answer a command"`
	// TokenTTL is how long what a paired person shows is good. Default 30h.
	TokenTTL time.Duration `yaml:"token_ttl" doc:"how long a pairing's token is good"`
	// InvitationTTL is how long an invitation to a place is good. Default 72h.
	InvitationTTL time.Duration `yaml:"invitation_ttl" doc:"how long an invitation to a place is good"`
	// CommandRate is how many commands one person may give in a minute, of which two fifths at once. Default 300.
	CommandRate int `yaml:"command_rate" doc:"how many commands one person may give in a minute, two fifths of them at once"`
	// Keep is how long commands that have ended, and the audit log, are kept. Default 90 days.
	Keep time.Duration `doc:"how long commands that have ended, and the audit log, are kept"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config {
	return Config{AckTimeout: 10 * time.Second, TokenTTL: 30 * time.Hour, InvitationTTL: 72 * time.Hour, CommandRate: 300, Keep: 90 * 24 * time.Hour}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	for _, v := range []struct {
		name        string
		value       time.Duration
		least, most time.Duration
	}{
		{"ack_timeout", c.AckTimeout, time.Second, time.Minute}, {"token_ttl", c.TokenTTL, time.Minute, 365 * 24 * time.Hour},
		{"invitation_ttl", c.InvitationTTL, time.Minute, 30 * 24 * time.Hour}, {"keep", c.Keep, time.Hour, 10 * 365 * 24 * time.Hour},
	} {
		if v.value < v.least || v.value > v.most {
			errs = append(errs, fmt.Errorf("device: %s is %v, must be %v to %v", v.name, v.value, v.least, v.most))
		}
	}
	if c.CommandRate < 1 || c.CommandRate > maxCommandRate {
		errs = append(errs, fmt.Errorf("device: command_rate is %d, must be 1 to %d", c.CommandRate, maxCommandRate))
	}
	return errors.Join(errs...)
}

const maxCommandRate = 1_000_000

// An Outlet is how a Service reaches who is connected, on whatever node. What it is told has been kept; it must not call the
// Service back before it returns.
type Outlet interface {
	// Deliver gives a command to its hub, and waits for no answer. ErrAway: the hub is not connected.
	Deliver(ctx context.Context, c Command) error
	// Ended says by what nobody may be connected any more.
	Ended(ctx context.Context, e Ended)
	// PlaceChanged, HubChanged, DeviceChanged and CommandChanged tell the members of a place; empty: nobody but the hub.
	PlaceChanged(ctx context.Context, p Place)
	HubChanged(ctx context.Context, h Hub)
	DeviceChanged(ctx context.Context, place string, d Device)
	CommandChanged(ctx context.Context, place string, c Command)
}

// Ended are the rights that have ended: those of some tokens, those of somebody in a place (Person), those of a place in a hub,
// which belongs to another from now on (Hub), those of a box that has to prove itself anew, or is known no more (Box), or those of everybody in a place (Gone).
type Ended struct {
	App    string
	Place  string
	Person string
	Hub    string // serial
	Box    string // serial
	Gone   bool
	Tokens []string // ids
	Hubs   []string // serials of those for which the tokens were, and of whoever's right else may have ended
	// Link is the connection by which the hub Of was there until it came by a newer one.
	Link string
	Of   string
}

// Deps are what a Service needs of others.
type Deps struct {
	Store   Store
	Pairing *pairing.Pairing
	Outlet  Outlet
	// Sign makes a token of claims.
	Sign func(context.Context, Claims) (string, error)
	// Locked says whether somebody may do nothing at present. Nil: nobody.
	Locked func(ctx context.Context, app, person string) (bool, error)
	// Paces count what people do, for all nodes. Nil: this node by itself.
	Paces shared.Counts
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: none
}

// A Service is the rules: who may do what. It is safe for concurrent use, and several may work on one Store.
type Service struct {
	Deps
	config Config
	last   atomic.Int64 // of newID
}

// New returns a Service.
func New(c Config, d Deps) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Store == nil || d.Pairing == nil || d.Outlet == nil || d.Sign == nil {
		return nil, errors.New("device: a service needs a store, a pairing, an outlet and something that signs")
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Paces == nil {
		d.Paces = shared.NewMemory(d.Now)
	}
	return &Service{Deps: d, config: c}, nil
}

// now is the time as Stores keep it.
func (s *Service) now() time.Time { return time.UnixMilli(s.Now().UnixMilli()).UTC() }

// newID returns a new id. Ids of one process sort in the order in which they were given, those of several nearly so.
func (s *Service) newID() string {
	for {
		last := s.last.Load()
		next := max(last+1, s.Now().UnixMicro())
		if s.last.CompareAndSwap(last, next) {
			return fmt.Sprintf("%014x%s", next, strings.ToLower(rand.Text()[:12]))
		}
	}
}

// rounds bounds how often a change is decided anew because another came first.
const rounds = 32

// save decides on a change and keeps it; if something of it has changed meanwhile, it is decided anew.
func (s *Service) save(ctx context.Context, what string, decide func() (Change, error)) error {
	var err error
	for range rounds {
		var c Change
		if c, err = decide(); err != nil {
			return fmt.Errorf("device: %s: %w", what, err)
		}
		if err = s.Store.Save(ctx, c); !errors.Is(err, ErrConflict) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("device: %s: %w", what, err)
	}
	return nil
}

// Sweep removes what is kept no longer. It is to be called now and then.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	_, err := s.Store.Sweep(ctx, now.Add(-s.config.Keep), now)
	_, tallies := s.Pairing.Sweep(ctx)
	return errors.Join(err, tallies)
}
