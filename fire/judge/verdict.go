package judge

import (
	"fmt"
	"slices"
	"time"
)

// A Count is what has happened in one family.
type Count struct {
	Clients   int
	Sent      int // messages
	Acked     int // of them, acknowledged
	Refused   int // answers that were no acknowledgement, or did not come; what was refused may have been sent again
	Delivered int // what all clients together have heard
	Found     int // what they have found in the history

	Lost       int // deliveries that were promised and did not come, of which nobody was told: failures
	Gone       int // acknowledged messages that nobody has got, though it was told; beside the contract
	Missed     int // deliveries of acknowledged messages that did not come, of which the client was told
	ToldLate   int // of them, told only after something later had been heard
	Duplicates int // heard again, before anything is removed
	Disorder   int // heard in another order: failures
	LiveGaps   int // found in the history though something later had been heard

	PresenceWrong int // clients that did not see who is there: failures
	NotBack       int // clients that did not come back: failures

	Away   []time.Duration // how long clients were away, each time, sorted
	Downs  map[string]int  // why connections ended, by the library
	Errors map[string]int  // by the library
	Whys   map[string]int  // why messages were not acknowledged
}

// A Verdict is what has happened.
type Verdict struct {
	Families map[Family]*Count
	Failures []string // what must not happen, at most maxFailures
	Failed   int      // how much of that there is
}

// maxFailures is how many are told one by one.
const maxFailures = 40

// Judge judges. Members are who must be seen in each room in the end.
func Judge(e *Evidence, members func(room string) string) *Verdict {
	v := &Verdict{Families: map[Family]*Count{}}
	for _, f := range Families() {
		v.Families[f] = &Count{Downs: map[string]int{}, Errors: map[string]int{}, Whys: map[string]int{}}
	}
	for _, r := range rooms(e) {
		count := v.Families[r.family]
		for _, m := range r.messages {
			count.Sent++
			if m.acked != 0 {
				count.Acked++
			}
		}
		for _, c := range r.clients {
			v.life(c, count)
			v.back(c, r, e.Calm, count)
			v.presence(c, members(r.name), count)
		}
		if r.family == Chat {
			v.stored(r, e.Stored[r.name], count)
		} else {
			v.heard(r, count)
		}
	}
	for _, count := range v.Families {
		slices.Sort(count.Away)
	}
	return v
}

// fail notes a failure.
func (v *Verdict) fail(format string, args ...any) {
	if v.Failed++; v.Failed <= maxFailures {
		v.Failures = append(v.Failures, fmt.Sprintf(format, args...))
	}
}

// life counts what has happened to a client's connection.
func (v *Verdict) life(c *Client, count *Count) {
	count.Clients++
	down := int64(0)
	for _, e := range c.Log {
		switch e.Kind {
		case Down:
			count.Downs[e.Rest]++
			if down == 0 {
				down = e.At
			}
		case Up:
			if down != 0 {
				count.Away = append(count.Away, time.Duration(e.At-down)*time.Millisecond)
			}
			down = 0
		case Errs:
			count.Errors[e.Rest]++
		case Refused:
			count.Refused++
			count.Whys[e.Rest]++
		case Hears:
			count.Delivered++
		case Finds:
			count.Found++
		}
	}
}

// back checks that a client is connected in the end, and has heard what was sent when all was calm again.
func (v *Verdict) back(c *Client, r *room, calm int64, count *Count) {
	up, late := false, false
	for _, e := range c.Log {
		switch e.Kind {
		case Up:
			up = true
		case Down:
			up = false
		case Hears:
			m := r.messages[e.ID]
			late = late || m != nil && m.sent >= calm
		}
	}
	if up && late {
		return
	}
	count.NotBack++
	v.fail("%s (%s): in the end connected: %t, has heard something that was sent then: %t", c.Name, c.Family, up, late)
}

// presence checks what a client saw in the end.
func (v *Verdict) presence(c *Client, want string, count *Count) {
	got, looked := "", false
	for _, e := range c.Log {
		if e.Kind == Presence {
			got, looked = e.ID, true
		}
	}
	if looked && got == want {
		return
	}
	count.PresenceWrong++
	v.fail("%s (%s): who is there in %s: %s", c.Name, c.Family, c.Room, difference(want, got, looked))
}

// Percentile returns a percentile of sorted durations, 0 of none.
func Percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
