package live

import (
	"context"
	"encoding/json"
	"time"

	"madang"
	"madang/account"
)

const (
	// endedChannel is where nodes tell each other what has ended.
	endedChannel = "$account/ended"
	// toldCount and toldAge are how much of what was told there is kept.
	toldCount, toldAge = 1024, 10 * time.Minute
	// tellTimeout bounds how long telling the others may take.
	tellTimeout = 5 * time.Second
	// goneFor is how long it is remembered at least that a sign-in ended so that its connections come back.
	goneFor = time.Minute
	// insist is how long a dialect may take to end a connection in its own words.
	insist = time.Second
)

// A notice says which sign-ins have ended.
type notice struct {
	Node    madang.NodeID `json:"node"` // that tells it
	App     string        `json:"app"`
	SignIns []string      `json:"sign_ins"`
	Again   bool          `json:"again,omitempty"` // their connections come back
}

// Ended returns what has to be told of the ends of an app's sign-ins: the function for [signin.Parts]. It closes the
// connections of this node and lets the others know. A node that could not be told finds out when it looks the next time.
func (l *Live) Ended(app string) func(context.Context, account.Ended) {
	return func(ctx context.Context, e account.Ended) {
		n := notice{App: app, Again: e.Again}
		for _, k := range keys(app, e) {
			n.SignIns = append(n.SignIns, k.signIn)
		}
		l.end(n)
		c := l.cluster.Load()
		if c == nil || len(n.SignIns) == 0 {
			return
		}
		n.Node = c.hub.Node()
		if err := c.tell(ctx, endedChannel, n); err != nil {
			l.log.ErrorContext(ctx, "other nodes could not be told what has ended; they will know when they look the next time",
				"app", app, "sign_ins", len(n.SignIns), "look", l.config.Look, "error", err)
		}
	}
}

// tell sends something to the nodes that listen on a channel.
func (c *cluster) tell(ctx context.Context, channel string, what any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	b, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = c.hub.Publish(ctx, &madang.Message{Channel: madang.Channel{Name: channel}, Data: b, Type: madang.JSON, Transient: channel != endedChannel})
	return err
}

// Retain says how much of what nodes tell each other is to be kept, for those that are cut off meanwhile.
func (l *Live) Retain(c madang.Channel) madang.Retention {
	if c != (madang.Channel{Name: endedChannel}) {
		return madang.Retention{}
	}
	return madang.Retention{Count: toldCount, Age: toldAge}
}

// Missed has all sign-ins that have connections looked up, if this node may not have heard in a channel which have ended.
func (l *Live) Missed(c madang.Channel) {
	if c == (madang.Channel{Name: endedChannel}) {
		l.looks.put(l.index.signIns()...)
	}
}

// hear takes in what another node tells.
func (l *Live) hear(e *madang.Event) {
	var n notice
	if e.Message == nil {
		return
	}
	if err := json.Unmarshal(e.Message.Data, &n); err != nil {
		l.log.Error("what another node tells of sign-ins that have ended cannot be read; all are looked up", "error", err)
		l.looks.put(l.index.signIns()...)
		return
	}
	if c := l.cluster.Load(); c != nil && n.Node == c.hub.Node() {
		return // this node has done it already
	}
	l.end(n)
}

// end ends the connections of this node that rest on what has ended.
func (l *Live) end(n notice) {
	for _, id := range n.SignIns {
		k := key{n.App, id}
		if !n.Again {
			l.kick(k, l.index.of(k), madang.CloseDenied)
			continue
		}
		l.gone.add(l.now(), k)
		l.comeBack(k, l.index.of(k))
	}
}

// comeBack ends connections that are to come back, a moment later. Those that have done so by then are others.
func (l *Live) comeBack(k key, conns []*madang.Conn) {
	time.AfterFunc(l.config.Grace, func() { l.kick(k, conns, madang.CloseDrain) })
}

// kick ends connections that rest on a sign-in. Clients that are denied have to sign in again; those that are drained come
// back by themselves.
func (l *Live) kick(k key, conns []*madang.Conn, r madang.CloseReason) {
	for _, c := range conns {
		if !l.rests(c, k) {
			l.drop(c, k)
			continue
		}
		if c.Owner() == nil {
			go c.Close(r) // may ask the broker, whose receiver this may be
			continue
		}
		c.Kick(r)
		time.AfterFunc(insist, func() {
			if !c.Ended() && l.rests(c, k) {
				c.Close(r)
			}
		})
	}
}

// drop strikes off what a connection does not rest on any more.
func (l *Live) drop(c *madang.Conn, k key) {
	l.index.change(c, time.Time{}, func(e *entry) {
		kept := e.lent[:0:0]
		for _, v := range e.lent {
			if v.key() != k {
				kept = append(kept, v)
			}
		}
		e.lent = kept
	})
}
