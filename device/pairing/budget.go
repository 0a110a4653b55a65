package pairing

import (
	"errors"
	"time"
)

// A Budget is how often something may be done: a number of times, and after those only with waits that double. Who rests
// long enough after a wait begins anew.
type Budget struct {
	Burst int           `doc:"how often before waits begin"`
	Pace  time.Duration `doc:"the least time between two"`
	Wait  time.Duration `doc:"the first wait; each further one is twice as long"`
	Most  time.Duration `doc:"the longest wait"`
	Rest  time.Duration `doc:"after how long a rest, counted from the end of the wait, all is forgotten"`
}

func (b Budget) validate() error {
	if b.Burst < 1 || b.Pace < 0 || b.Wait < time.Second || b.Most < b.Wait || b.Rest < time.Second {
		return errors.New("a budget needs a burst of at least 1, a wait and a rest of at least 1s, and no wait longer than the most")
	}
	return nil
}

// Spent is what has been taken of a Budget. The zero value: nothing.
type Spent struct {
	N    int       // how often since the last rest
	Last time.Time // when last; in milliseconds
}

// wait returns how long after the last time there must be a pause.
func (b Budget) wait(n int) time.Duration {
	switch {
	case n == 0:
		return 0
	case n < b.Burst:
		return b.Pace
	}
	w := b.Wait
	for range n - b.Burst {
		if w *= 2; w >= b.Most {
			return b.Most
		}
	}
	return w
}

// take takes one at a time, or says how long to wait; then nothing is taken. A clock that has been set back makes nobody wait
// longer than from now on: the last time is taken to be now, which must be kept.
func (b Budget) take(s Spent, now time.Time) (Spent, time.Duration) {
	if s.Last.After(now) {
		s.Last = now
	}
	since, wait := now.Sub(s.Last), b.wait(s.N)
	if since < wait {
		return s, wait - since
	}
	if since >= wait+b.Rest {
		s.N = 0
	}
	return Spent{N: s.N + 1, Last: now}, 0
}

// forgotten is after how long without anything nothing of a Spent matters any more.
func (b Budget) forgotten() time.Duration { return b.Most + b.Rest }
