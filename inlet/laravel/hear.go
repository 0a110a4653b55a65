package laravel

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"madang"
)

// hear takes in one message. Messages come one after another, in the order in which Redis got them.
func (i *Inlet) hear(m rueidis.PubSubMessage) {
	by, name, ok := i.prefixes.cut(m.Channel)
	if !ok || m.Pattern != by.pattern {
		return // prefixes that begin alike: it comes once for each, and only the longest counts
	}
	if i.config.PublishPresence && m.Channel == presenceChannel {
		return // what nodes of ours publish, which an empty prefix brings back
	}
	i.count.received.Add(1)
	if len(m.Message) > i.config.MaxPayload {
		i.ignore(&i.count.oversized, m, "longer than max_payload")
		return
	}
	c := madang.Channel{App: i.config.App, Name: name}
	if err := c.Validate(); err != nil {
		i.ignore(&i.count.refused, m, err.Error())
		return
	}
	p, err := parse([]byte(m.Message))
	if err != nil {
		i.ignore(&i.count.malformed, m, err.Error())
		return
	}
	i.deliver(c, p, m)
}

// deliver hands an event to the hub.
func (i *Inlet) deliver(c madang.Channel, p payload, m rueidis.PubSubMessage) {
	if i.config.StripSocket && p.skip != "" { // else the data has no id either: it is the same value
		p.data = stripSocket(p.data)
	}
	msg := &madang.Message{Name: p.event, Channel: c, Data: p.data, Type: madang.JSON, Skip: p.skip, Time: i.hub.Now()}
	if i.options.Local {
		i.hub.Receive(&madang.Event{Kind: madang.MessageEvent, Channel: c, Message: msg})
	} else if _, err := i.hub.Publish(i.life, msg); err != nil {
		i.ignore(&i.count.failed, m, err.Error())
		return
	}
	i.count.delivered.Add(1)
}

// ignore counts a message that goes no further, and logs one of them now and then.
func (i *Inlet) ignore(counter *atomic.Uint64, m rueidis.PubSubMessage, why string) {
	counter.Add(1)
	if n, ok := i.rare.allow(i.hub.Now()); ok {
		i.log.Warn("a message from Laravel's Redis was ignored", "channel", clip(m.Channel), "reason", why,
			"begins", clip(m.Message), "since_last_report", n)
	}
}

// clip returns the beginning of a text for a log.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// rarely is how often ignored messages are logged.
const rarely = time.Minute

// A rare says when something that happens often may be told again.
type rare struct {
	mu    sync.Mutex
	last  time.Time
	since int
}

// allow reports whether to tell it now, and how many there were since the last time, this one included.
func (r *rare) allow(now time.Time) (n int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since++
	if !r.last.IsZero() && now.Sub(r.last) < rarely {
		return 0, false
	}
	n, r.since, r.last = r.since, 0, now
	return n, true
}
