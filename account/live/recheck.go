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

// changedFor is how long it is remembered at least whose rights have changed. Clients may take up connections that were lost
// before, with the rights that they had then.
const changedFor = 10 * time.Minute

// Changed has what somebody subscribes to asked for again, because their rights have changed: for [gate.WithChanged]. It does
// not wait.
func (l *Live) Changed(c gate.Change) {
	h := holder{app: c.App}
	if c.Person != 0 {
		h.user = strconv.FormatInt(c.Person, 10)
	}
	l.changed.add(l.now(), h)
	all := l.index.ofPerson(h)
	l.checks.put(all...)
	l.checkLater(all...)
}

// checkLater has connections asked again after a while: a subscription that was granted a moment before a change, or taken up
// from a connection that was lost, takes its time to appear.
func (l *Live) checkLater(all ...*madang.Conn) {
	if len(all) == 0 {
		return
	}
	for _, d := range [...]time.Duration{time.Second, 10 * time.Second} {
		time.AfterFunc(d, func() {
			for _, c := range all {
				if !c.Ended() {
					l.checks.put(c)
				}
			}
		})
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
