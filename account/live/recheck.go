package live

import (
	"context"
	"strconv"
	"time"

	"madang"
	"madang/account/gate"
)

// checkTime is how long the policies may take for one connection.
const checkTime = 30 * time.Second

// checkLater is after how long it is asked again: a subscription that was granted a moment before a change may take a while to
// appear.
func checkLater() []time.Duration { return []time.Duration{time.Second, 10 * time.Second} }

// Changed has what somebody subscribes to asked for again, because their rights have changed: for [gate.WithChanged]. It does
// not wait.
func (l *Live) Changed(c gate.Change) {
	h := holder{app: c.App}
	if c.Person != 0 {
		h.user = strconv.FormatInt(c.Person, 10)
	}
	l.checks.put(l.index.ofPerson(h)...)
	for _, d := range checkLater() {
		time.AfterFunc(d, func() { l.checks.put(l.index.ofPerson(h)...) })
	}
}

// runChecks asks again for the subscriptions of connections that wait for it.
func (l *Live) runChecks(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.checks.wake:
			l.checkAll(ctx)
		}
		select { // what failed is not tried again at once
		case <-ctx.Done():
			return
		case <-time.After(beat / 10):
		}
	}
}

func (l *Live) checkAll(ctx context.Context) {
	for c := range l.checks.take() {
		if ctx.Err() != nil {
			return
		}
		if !l.check(ctx, c) {
			time.AfterFunc(beat, func() { l.checks.put(c) })
		}
	}
}

// check asks again for what a connection subscribes to; false: somebody could not decide.
func (l *Live) check(ctx context.Context, c *madang.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	err := c.Recheck(ctx)
	if err == nil || c.Ended() {
		return true
	}
	l.log.WarnContext(ctx, "whether a connection may stay in its channels is not known; asking again", "conn", c.ID(), "error", err)
	return false
}
