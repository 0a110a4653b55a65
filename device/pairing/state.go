package pairing

import "time"

// skew is how far the clocks of two nodes may be apart. A code is typed by people, who need longer.
const skew = 5 * time.Second

// A Hub names a hub.
type Hub struct {
	App string
	ID  string
}

// A State is what is kept of the pairing of one hub. It changes only as the functions of this file say.
type State struct {
	Hub    Hub
	Code   *Code // nil: none is shown
	Spent  Spent // of the hub's Budget of codes
	Failed int   // codes since the last one that was redeemed, or the button was pressed
	Locked bool  // until the button is pressed
	// Pressed is when the button was pressed, until a code has been asked for; zero: it was not.
	Pressed time.Time
	Rev     int64 // see Store
}

// A Code is what is kept of a code that a display shows.
type Code struct {
	ID        string // names it without telling it
	Requester string // who has asked, and may redeem it
	MAC       MAC
	Wrong     int // tries
	AskedAt   time.Time
	ExpiresAt time.Time
}

// good reports whether a code may still be redeemed. One that lies in the future is not: the clock has been set back.
func (c *Code) good(now time.Time) bool {
	return c != nil && now.Before(c.ExpiresAt) && !now.Before(c.AskedAt.Add(-skew))
}

// drop removes the code. If somebody has tried it in vain, it has failed.
func (s State) drop(c Config) State {
	if s.Code != nil && s.Code.Wrong > 0 {
		s.Failed++
		s.Locked = s.Locked || s.Failed >= c.Alarm
	}
	s.Code = nil
	return s
}

// ask puts a code in place of what there was, or says why not: the hub is locked, or how long to wait; then what there was
// stays. That the code before has failed may be what locks the hub.
func (s State) ask(c Config, code Code, now time.Time) (next State, wait time.Duration) {
	if s.Locked {
		return s, 0
	}
	spent, wait := c.Hub.take(s.Spent, now)
	if wait > 0 {
		if since := now.Sub(s.Pressed); s.Pressed.IsZero() || since < 0 || since >= c.TTL {
			s.Spent = spent
			return s, wait
		}
		spent = Spent{N: s.Spent.N + 1, Last: now} // whoever pressed the button is in the house
	}
	if s = s.drop(c); s.Locked {
		return s, 0
	}
	s.Spent, s.Pressed, s.Code = spent, time.Time{}, &code
	return s, 0
}

// A verdict is what a try comes to.
type verdict int

const (
	expired verdict = iota // there is no code for who tries
	wrong
	right
)

// try judges what somebody has typed.
func (s State) try(c Config, requester string, m MAC, now time.Time) (State, verdict) {
	if s.Code != nil && !s.Code.good(now) {
		return s.drop(c), expired
	}
	if s.Code == nil || s.Code.Requester != requester {
		return s, expired
	}
	if s.Code.MAC.equal(m) {
		s.Code, s.Failed, s.Spent = nil, 0, Spent{}
		return s, right
	}
	code := *s.Code
	code.Wrong++
	s.Code = &code
	if code.Wrong >= c.Tries {
		s = s.drop(c)
	}
	return s, wrong
}

// press is what the button on the box does.
func (s State) press(now time.Time) State {
	s.Locked, s.Failed, s.Pressed = false, 0, now
	return s
}

// changed reports whether there is anything to keep.
func (s State) changed(from State) bool {
	return s.Code != from.Code || s.Spent != from.Spent || s.Failed != from.Failed || s.Locked != from.Locked || !s.Pressed.Equal(from.Pressed)
}
