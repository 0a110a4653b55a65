package laravel

import (
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
	if i.options.Closed != nil && i.options.Closed(c) {
		i.ignore(&i.count.refused, m, "nothing from elsewhere goes to this channel")
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
	if skipped, ok := i.seldom.Allow("ignored"); ok {
		i.log.Warn("a message from Laravel's Redis was ignored", "channel", clip(m.Channel), "reason", why,
			"begins", clip(m.Message), "others", skipped)
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

// quiet is how long the log says nothing more about a kind of message that goes no further.
const quiet = time.Minute
