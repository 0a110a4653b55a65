package redis

import (
	"context"
	"fmt"
	"maps"

	"madang"
)

// mend makes Redis have the entries of this node in a partition, and no others of its, if there is a reason to doubt it.
func (b *Broker) mend(ctx context.Context, p *partition, n madang.NodeID, l lease) error {
	o := &b.own.parts[p.id]
	o.mu.Lock()
	was := lease{born: o.born, run: o.run}
	sound := was.born == l.born && was.run == l.run && l.had && len(o.doubts) == 0
	first := was.born == "" && len(o.entries) == 0 && len(o.doubts) == 0
	if first {
		o.born, o.run = l.born, l.run
	}
	o.mu.Unlock()
	if sound || first {
		return nil
	}
	o.busy.Lock()
	defer o.busy.Unlock()
	o.mu.Lock()
	entries, doubts := maps.Clone(o.entries), maps.Clone(o.doubts)
	o.mu.Unlock()
	if err := b.clear(ctx, p, n, entries, doubts); err != nil {
		return err
	}
	// Those who thought this node dead have told everybody that its members left. When Redis has lost them nobody has.
	swept := was.born == l.born && !l.had
	if was.born != l.born || was.run != l.run || !l.had {
		if err := b.restore(ctx, p, entries, swept); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.born, o.run = l.born, l.run
	for at := range doubts {
		delete(o.doubts, at)
	}
	return nil
}

// clear removes what is in Redis but not this node's own, and tells who was to leave and could not.
func (b *Broker) clear(ctx context.Context, p *partition, n madang.NodeID, entries map[place]madang.Member, doubts map[place]*madang.Member) error {
	places, err := b.client.Do(ctx, b.client.B().Smembers().Key(p.keys.index(n)).Build()).AsStrSlice()
	if err != nil {
		return b.explain(ctx, err)
	}
	b.count.commands.Add(1)
	leaving := maps.Clone(doubts)
	for _, text := range places {
		s, id, err := readPlace(text)
		if err != nil {
			return err
		}
		c, ok := channelOf(s)
		at := place{c, id}
		if _, doubted := leaving[at]; ok && !doubted {
			if leaving == nil {
				leaving = map[place]*madang.Member{}
			}
			leaving[at] = nil
		}
	}
	for at, m := range leaving {
		if _, mine := entries[at]; mine {
			continue
		}
		x := b.removing(p, suffix(at.c), at.id)
		reply, err := p.call(ctx, x.script, x.keys, x.args...)
		if err != nil {
			return err
		}
		was, last, err := readRemoved(at.id, reply)
		if err != nil {
			return err
		}
		if m == nil || at.c.Reserved() {
			continue
		}
		if was == nil { // it was removed, and nobody knows that
			if last, err = b.isLast(ctx, at.c, m.User); err != nil {
				return err
			}
		}
		if err := b.tell(ctx, &madang.Event{Kind: madang.LeaveEvent, Channel: at.c, Member: m, Last: last}); err != nil {
			return err
		}
		b.own.parts[p.id].told(at)
	}
	return nil
}

// told forgets a doubt of which everybody has been told.
func (o *ownPart) told(at place) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.doubts, at)
}

// isLast reports whether a user has no entry.
func (b *Broker) isLast(ctx context.Context, c madang.Channel, user string) (bool, error) {
	all, err := b.Members(ctx, c)
	for _, m := range all {
		if m.User == user {
			return false, err
		}
	}
	return true, err
}

// restore puts all entries of this node back.
func (b *Broker) restore(ctx context.Context, p *partition, entries map[place]madang.Member, tell bool) error {
	calls, at := make([]call, 0, len(entries)), make([]place, 0, len(entries))
	for x, m := range entries {
		calls, at = append(calls, b.putting(p, suffix(x.c), m)), append(at, x)
	}
	for len(calls) > 0 {
		n := min(len(calls), maxNames)
		for i, r := range b.run(ctx, calls[:n]...) {
			f, err := r.AsIntSlice()
			if err != nil {
				return b.explain(ctx, err)
			}
			if len(f) != 2 {
				return fmt.Errorf("unexpected answer of %d parts", len(f))
			}
			if f[1] == 1 {
				continue
			}
			b.count.restored.Add(1)
			if m := entries[at[i]]; tell && !at[i].c.Reserved() {
				e := &madang.Event{Kind: madang.EnterEvent, Channel: at[i].c, Member: &m, First: f[0] == 1}
				if err := b.tell(ctx, e); err != nil {
					return err
				}
			}
		}
		calls, at = calls[n:], at[n:]
	}
	return nil
}

// tell publishes a change of a presence set that its node could not publish, or did not know of.
func (b *Broker) tell(ctx context.Context, e *madang.Event) error {
	_, err := b.Publish(ctx, []*madang.Event{e}, madang.Retention{})
	return err
}
