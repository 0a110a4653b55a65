package emitter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"madang"
)

// orderTime is how long an order may wait for the broker; what comes behind it waits as well.
const orderTime = 5 * time.Second

// hear takes one message. They come one after another, in the order in which Redis got them: what follows a join is heard by who
// has joined.
func (i *Inlet) hear(ctx context.Context, m rueidis.PubSubMessage) {
	name, room, public := i.config.split(m.Channel)
	var err error
	switch {
	case len(m.Message) > i.config.MaxPayload:
		i.count.received.Add(1)
		i.ignore(&i.count.oversized, m.Channel, "longer than max_payload")
		return
	case m.Pattern != "":
		err = i.broadcast(name, room, []byte(m.Message))
	case public:
		err = i.member(ctx, name, []byte(m.Message))
	default:
		err = i.request(ctx, m.Channel, []byte(m.Message))
	}
	i.outcome(m.Channel, err)
}

// errPassed is no fault: there is nothing to do here.
var errPassed = errors.New("passed over")

// errOwn is what a node of ours has told: it is not even counted.
var errOwn = errors.New("our own")

// errNamespace is a message for a namespace that does not take part.
var errNamespace = errors.New("there is no such namespace here")

// outcome counts what became of a message.
func (i *Inlet) outcome(channel string, err error) {
	if errors.Is(err, errOwn) || errors.Is(err, errForeign) {
		return
	}
	i.count.received.Add(1)
	switch {
	case err == nil: // whoever did it has counted it
	case errors.Is(err, errPassed):
		i.count.passed.Add(1)
	case errors.Is(err, errNamespace), errors.Is(err, madang.ErrInvalid):
		i.ignore(&i.count.refused, channel, err.Error())
	case errors.Is(err, errFailed):
		i.ignore(&i.count.failed, channel, err.Error())
	default:
		i.ignore(&i.count.malformed, channel, err.Error())
	}
}

// errFailed is an order that could not be carried out.
var errFailed = errors.New("the order was not carried out")

// ignore counts a message that goes no further, and logs one of them now and then.
func (i *Inlet) ignore(counter *atomic.Uint64, channel, why string) {
	counter.Add(1)
	if skipped, ok := i.seldom.Allow("ignored"); ok {
		i.log.Warn("a message from Redis to Socket.IO servers was ignored", "channel", clip(channel), "reason", clip(why), "others", skipped)
	}
}

// clip returns the beginning of a text for a log.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// broadcast takes what is on a channel of broadcasts.
func (i *Inlet) broadcast(name, room string, b []byte) error {
	ns := i.namespace(name)
	if ns == nil {
		return errPassed // servers that we do not know may have namespaces of their own
	}
	if room != "" && !ns.Occupied(room) {
		return errPassed
	}
	c, err := parseBroadcast(b)
	if err != nil {
		return err
	}
	if i.own(c.uid) {
		return errOwn
	}
	if about := c.packet.Namespace; about != nil && *about != name || about == nil && name != "/" {
		return errPassed
	}
	return i.emit(ns, &c.choice, &c.packet, c.parts)
}

// emit gives an event to sockets of this node.
func (i *Inlet) emit(ns Namespace, c *choice, p *packet, parts [][]byte) error {
	m, err := p.message(parts)
	if err != nil {
		return err
	}
	m.Volatile = c.Flags.Volatile
	if err := ns.Emit(c.target(), m); err != nil {
		return err
	}
	i.count.emitted.Add(1)
	return nil
}
