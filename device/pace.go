package device

import (
	"fmt"
	"sync"
	"time"
)

// How many changes of places, and of who is in them, one person may make at once, and then in a minute. What is done here is kept in
// the audit log for a long time.
const changesAtOnce, changesAMinute = 60, 60

// burst is the share of a minute's commands that may come at once: a dimmer that is drawn along is many.
const burst = 0.4

// maxPaced is how many people are remembered. Who is forgotten begins anew, which is why there are so many.
const maxPaced = 20_000

// A pace bounds how often each of many does something: so much at once, and then as much as a minute gives. The zero value is
// ready. Each node counts for itself.
type pace struct {
	mu   sync.Mutex
	used map[string]used
}

type used struct {
	n  float64
	at time.Time
}

// take takes one for somebody; ErrTooMany: they must wait.
func (p *pace) take(who string, atOnce, aMinute float64, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil || len(p.used) >= maxPaced {
		p.used = map[string]used{}
	}
	u := p.used[who]
	if since := now.Sub(u.at); since > 0 { // a clock that was set back gives nothing
		u.n = max(0, u.n-since.Minutes()*aMinute)
	}
	u.at = now
	if u.n+1 > atOnce {
		return fmt.Errorf("%q has done %v things in the last minute: %w", who, u.n, ErrTooMany)
	}
	u.n++
	p.used[who] = u
	return nil
}

// change counts a change that somebody makes.
func (s *Service) change(a Actor) error {
	if a.Server {
		return nil
	}
	return s.changes.take(a.App+"\x00"+a.Person, changesAtOnce, changesAMinute, s.now())
}

// ordered counts a command of somebody.
func (s *Service) ordered(a Actor) error {
	if a.Server {
		return nil
	}
	most := float64(s.config.CommandRate)
	return s.orders.take(a.App+"\x00"+a.Person, max(1, burst*most), most, s.now())
}
