package oauth

import (
	"time"

	"madang/device"
	"madang/device/pairing"
)

// A State is how far a request of a hub has come.
type State string

// States. Each follows only from the one before it; denied and redeemed are ends.
const (
	Pending  State = "pending" // nobody has decided yet
	Approved State = "approved"
	Denied   State = "denied"
	Redeemed State = "redeemed" // the hub has had its token, or could not be given one
)

// A Grant is the last request of a hub for somebody's consent. It changes only as the functions of this file say.
type Grant struct {
	App string
	Hub string // serial
	ID  string // names the request to who decides about it; random
	// Device is the hash of the code that the hub shows for its token, and User the MAC of the one that people type; that is
	// zero as soon as somebody has decided.
	Device    device.Hash
	User      pairing.MAC
	Address   string // where the hub has asked from; may be empty
	AskedAt   time.Time
	ExpiresAt time.Time
	Interval  time.Duration // the least time between two questions of the hub
	PolledAt  time.Time     // when it last asked; zero: it has not
	State     State         // empty: it was never kept
	// Person, Name and Place are who has approved, how they are called, and the place that they have chosen; empty: the hub's
	// own, or a new one.
	Person string
	Name   string
	Place  string
	Rev    int64 // see Store
}

// skew is how far the clocks of two nodes may be apart.
const skew = 5 * time.Second

// slower is by how much a hub that asks too often must be slower from then on: RFC 8628, section 3.5.
const slower = 5 * time.Second

// MaxInterval is the longest that a hub is told to wait between two questions.
const MaxInterval = time.Minute

// over reports whether the request's time is over. One that lies in the future is no better: the clock has been set back.
func (g Grant) over(now time.Time) bool {
	return !now.Before(g.ExpiresAt) || now.Before(g.AskedAt.Add(-skew))
}

// open reports whether somebody can still decide about the request.
func (g Grant) open(now time.Time) bool { return g.State == Pending && !g.over(now) }

// ask puts a new request in place of the one there was, or says how long to wait.
func (g Grant) ask(next Grant, now time.Time) (Grant, time.Duration) {
	if wait := g.AskedAt.Add(next.Interval).Sub(now); g.State != "" && wait > 0 && wait <= next.Interval {
		return g, wait
	}
	next.App, next.Hub, next.Rev, next.State = g.App, g.Hub, g.Rev, Pending
	return next, 0
}

// A verdict is what a hub that asks for its token is told.
type verdict int

const (
	unknown verdict = iota // no such code, or it has been used
	expired
	pending
	tooFast
	denied
	approved
)

// poll judges a question of the hub that has shown the device code of this hash.
func (g Grant) poll(code device.Hash, now time.Time) (Grant, verdict) {
	switch {
	case g.State == "" || g.Device != code || g.State == Redeemed:
		return g, unknown
	case g.State == Denied:
		return g, denied
	case g.over(now):
		return g, expired
	case g.State == Approved:
		g.State = Redeemed
		return g, approved
	}
	since := now.Sub(g.PolledAt)
	early := !g.PolledAt.IsZero() && since >= 0 && since < g.Interval
	g.PolledAt = now
	if early {
		g.Interval = min(g.Interval+slower, MaxInterval)
		return g, tooFast
	}
	return g, pending
}

// approve is the consent of somebody, and deny the opposite. The code that was typed is good no longer.
func (g Grant) approve(a device.Actor, place string) Grant {
	g.State, g.User, g.Person, g.Name, g.Place = Approved, pairing.MAC{}, a.Person, a.Name, place
	return g
}

func (g Grant) deny() Grant {
	g.State, g.User = Denied, pairing.MAC{}
	return g
}
