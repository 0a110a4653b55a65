package device

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"madang/shared"
)

// How many changes of places, and of who is in them, one person may make at once, and then in a minute. What is done here is kept in
// the audit log for a long time.
const changesAtOnce, changesAMinute = 60, 60

// burst is the share of a minute's commands that may come at once: a dimmer that is drawn along is many.
const burst = 0.4

// take takes one of something for somebody; ErrTooMany: they must wait.
func (s *Service) take(ctx context.Context, what string, a Actor, r shared.Rate) error {
	if a.Server {
		return nil
	}
	who := sha256.Sum256([]byte(a.App + "\x00" + a.Person)) // whatever others' tokens call people
	x, err := s.Paces.Take(ctx, "device "+what+" "+hex.EncodeToString(who[:]), r)
	if err != nil {
		return fmt.Errorf("count a %s of %q: %w", what, a.Person, err)
	}
	if !x.Allowed {
		return fmt.Errorf("%q has to wait %v until the next %s: %w", a.Person, x.Retry, what, ErrTooMany)
	}
	return nil
}

// change counts a change that somebody makes.
func (s *Service) change(ctx context.Context, a Actor) error {
	return s.take(ctx, "change", a, shared.Rate{Burst: changesAtOnce, Minute: changesAMinute})
}

// ordered counts a command of somebody.
func (s *Service) ordered(ctx context.Context, a Actor) error {
	most := float64(s.config.CommandRate)
	return s.take(ctx, "command", a, shared.Rate{Burst: max(1, int(burst*most)), Minute: most})
}
