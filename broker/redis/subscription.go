package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"madang"
)

// Bounds of what is held back for one channel while it is found out what was missed.
const (
	maxHeld      = 4096
	maxHeldBytes = 8 << 20
)

// A subscription is a channel that this node wants to hear, and how far it has heard it.
type subscription struct {
	p       *partition
	channel madang.Channel
	suffix  string
	stream  string
	open    chan struct{} // closed when it is heard, or will never be
	opened  sync.Once
	why     error // it will never be

	mu      sync.Mutex // held while delivering: that is what keeps the order
	session *session   // that hears it
	over    bool
	known   bool            // at is known
	at      madang.Position // up to here everything was delivered; a zero: from the beginning of the stream
	holding bool            // what comes waits for what was missed
	held    []post
	size    int
	spilled bool // more came than may be held
}

// A post is what was published: an event that is still to be read.
type post struct {
	at   madang.Position
	base uint64 // the offset at which the epoch began
	text string
}

// parsePost reads epoch, offset, base and event, with a space between them.
func parsePost(text string) (post, bool) {
	var x post
	epoch, rest, ok1 := strings.Cut(text, " ")
	offset, rest, ok2 := strings.Cut(rest, " ")
	base, event, ok3 := strings.Cut(rest, " ")
	var err1, err2 error
	x.at.Epoch, x.text = epoch, event
	x.at.Offset, err1 = strconv.ParseUint(offset, 10, 64)
	x.base, err2 = strconv.ParseUint(base, 10, 64)
	return x, ok1 && ok2 && ok3 && err1 == nil && err2 == nil && epoch != ""
}

// Subscribe implements [madang.Broker].
func (b *Broker) Subscribe(ctx context.Context, channels ...madang.Channel) error {
	ctx, done := context.WithTimeout(ctx, b.config.Timeout)
	defer done()
	var made, all []*subscription
	for _, c := range channels {
		p, suffix := b.partition(c)
		x, fresh := p.want(c, suffix)
		all = append(all, x)
		if fresh {
			made = append(made, x)
		}
	}
	for _, x := range all {
		err := x.wait(ctx)
		if err != nil {
			for _, m := range made {
				m.p.drop(m)
			}
			return fmt.Errorf("redis: subscribe to %s: %w", x.channel, err)
		}
	}
	return nil
}

// want returns the subscription to a channel, making it.
func (p *partition) want(c madang.Channel, suffix string) (x *subscription, fresh bool) {
	stream := p.keys.stream(suffix)
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.subs[stream]; x != nil {
		return x, false
	}
	x = &subscription{p: p, channel: c, suffix: suffix, stream: stream, open: make(chan struct{})}
	if p.b.life.Err() != nil {
		x.end(fmt.Errorf("this broker was closed: %w", madang.ErrClosed))
		return x, true
	}
	p.subs[stream] = x
	p.changed = append(p.changed, stream)
	p.nudge()
	return x, true
}

// drop ends a subscription.
func (p *partition) drop(x *subscription) {
	p.mu.Lock()
	if p.subs[x.stream] == x {
		delete(p.subs, x.stream)
		p.changed = append(p.changed, x.stream)
		p.nudge()
	}
	p.mu.Unlock()
	x.end(madang.ErrClosed)
}

// wait returns when the channel is heard.
func (x *subscription) wait(ctx context.Context) error {
	select {
	case <-x.open:
		return x.why
	case <-ctx.Done():
		if err := x.p.fault(); err != nil {
			return err
		}
		return x.p.b.explain(ctx, ctx.Err())
	}
}

// Unsubscribe implements [madang.Broker].
func (b *Broker) Unsubscribe(_ context.Context, channels ...madang.Channel) error {
	for _, c := range channels {
		p, suffix := b.partition(c)
		p.mu.Lock()
		x := p.subs[p.keys.stream(suffix)]
		p.mu.Unlock()
		if x != nil {
			p.drop(x)
		}
	}
	return nil
}

// join notes that a session hears the channel. The partition's lock is held.
func (x *subscription) join(s *session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.session = s
}

// hold holds back what comes, if something was delivered before: it may not follow that.
func (x *subscription) hold() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.holding = x.known
}

// opens lets go of who waits for it.
func (x *subscription) opens() { x.opened.Do(func() { close(x.open) }) }

// end lets nothing through any more; when it has returned nothing is being delivered.
func (x *subscription) end(why error) {
	x.opened.Do(func() {
		x.why = why
		close(x.open)
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over, x.held = true, nil
}

// hear takes what was published.
func (x *subscription) hear(s *session, text string) {
	y, ok := parsePost(text)
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.over || x.session != s:
	case !ok:
		x.p.b.count.malformed.Add(1)
	default:
		x.accept(y)
	}
}

// accept delivers what follows what was delivered; else it holds it back and asks what was missed.
func (x *subscription) accept(y post) {
	switch {
	case x.holding:
		x.keep(y)
	case !x.known || y.at.Epoch == x.at.Epoch && y.at.Offset == x.at.Offset+1 || y.at.Epoch != x.at.Epoch && y.at.Offset == y.base+1:
		x.deliver(y)
	case y.at.Epoch == x.at.Epoch && y.at.Offset <= x.at.Offset: // it has come by another way
	default:
		x.p.b.count.gaps.Add(1)
		x.holding = true
		x.keep(y)
		x.ask()
	}
}

// ask makes the session find out what was missed.
func (x *subscription) ask() {
	x.p.gapsMu.Lock()
	x.p.gaps = append(x.p.gaps, x)
	x.p.gapsMu.Unlock()
	x.p.nudge()
}

// keep holds something back.
func (x *subscription) keep(y post) {
	if len(x.held) >= maxHeld || x.size+len(y.text) > maxHeldBytes {
		x.spilled = true // it will be found out
		return
	}
	x.held = append(x.held, y)
	x.size += len(y.text)
}

// deliver hands an event on.
func (x *subscription) deliver(y post) {
	x.at, x.known = y.at, true
	e, err := eventAt(x.channel, y.at, y.text)
	if err != nil {
		x.p.b.count.malformed.Add(1)
		x.p.b.log.Error("an event in Redis cannot be read and was not delivered", "channel", x.channel.String(), "error", err)
		return
	}
	x.p.b.count.received.Add(1)
	x.p.b.receiver.Receive(e)
}

// missed is what Redis says about a channel.
type missed struct {
	top     madang.Position // zero: there is no stream
	base    uint64
	unkept  uint64 // the newest event that is not there and that somebody may miss
	upto    uint64 // the entries are complete as far as here; 0: there are no more
	entries []post
}

// asks returns what to tell Redis: epoch and offset; an offset of -1 if all that is wanted is where the stream is.
func (x *subscription) asks() (epoch, offset string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.known {
		return "", "-1"
	}
	return x.at.Epoch, strconv.FormatUint(x.at.Offset, 10)
}

// settle delivers what was missed and then what was held back, as far as it is known; false: ask again.
func (x *subscription) settle(asked string, m missed) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return true
	}
	if !x.known { // just subscribed, and nothing has come yet
		x.at, x.known = m.top, true
	}
	if asked == "-1" || !x.holding {
		return true
	}
	since, top, told := x.at.Offset, m.top, false
	if x.at != (madang.Position{}) && x.at.Epoch != top.Epoch { // nobody knows what the old epoch had still to come
		since, told = m.base, true
		x.lose()
	}
	if m.upto > 0 {
		top.Offset = m.upto
	}
	posts, rest := x.merge(m.entries, top)
	if x.at == (madang.Position{}) { // there was no stream: it began where this epoch began, or before
		if since = m.base; len(posts) > 0 {
			since = min(since, posts[0].at.Offset-1)
		}
	}
	for _, y := range posts {
		if y.at.Offset <= since {
			continue
		}
		if y.at.Offset > since+1 && m.unkept > since && !told {
			x.lose()
		}
		x.p.b.count.filled.Add(1)
		x.deliver(y)
		since, told = y.at.Offset, false
	}
	if min(top.Offset, m.unkept) > since && !told {
		x.lose()
	}
	x.at, x.held, x.size = top, nil, 0
	if m.upto > 0 {
		for _, y := range rest {
			x.keep(y)
		}
		return false
	}
	again := x.spilled
	x.holding, x.spilled = again, false
	for _, y := range rest {
		x.accept(y)
	}
	return !again
}

// merge returns what Redis has kept up to a position, with what was held back of it, in order, and the rest of what was held
// back.
func (x *subscription) merge(entries []post, top madang.Position) (posts, rest []post) {
	for _, y := range entries {
		if y.at.Offset <= top.Offset {
			posts = append(posts, y)
		}
	}
	for _, y := range x.held {
		if y.at.Epoch == top.Epoch && y.at.Offset <= top.Offset {
			posts = append(posts, y)
		} else {
			rest = append(rest, y)
		}
	}
	slices.SortStableFunc(posts, func(a, b post) int { return cmp.Compare(a.at.Offset, b.at.Offset) })
	return slices.CompactFunc(posts, func(a, b post) bool { return a.at.Offset == b.at.Offset }), rest
}

// lose tells that something may have been missed for good after what was delivered.
func (x *subscription) lose() {
	x.p.b.count.lost.Add(1)
	if r, ok := x.p.b.receiver.(madang.LossReceiver); ok {
		r.Lost(x.channel, x.at)
	}
}
