package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"madang"
)

// defaultLease is what a node has that puts an entry before it has told how long its leases are.
const defaultLease = 10 * time.Second

// Put implements [madang.Presence]. Nodes put their own entries, and no others.
func (b *Broker) Put(ctx context.Context, c madang.Channel, m madang.Member) (first bool, err error) {
	p, s := b.partition(c)
	if err := p.refuse(); err != nil { // nothing has happened, so there is nothing to remember
		return false, fmt.Errorf("redis: put into the presence set of %s: %w", c, err)
	}
	o := &b.own.parts[p.id]
	o.busy.RLock()
	defer o.busy.RUnlock()
	x := b.putting(p, s, m)
	reply, err := p.call(ctx, x.script, x.keys, x.args...)
	if err != nil {
		o.doubt(c, m.Conn, nil) // it may have come in all the same
		return false, fmt.Errorf("redis: put into the presence set of %s: %w", c, err)
	}
	o.put(c, m)
	f, err := reply.AsIntSlice()
	if err != nil || len(f) != 2 {
		return false, fmt.Errorf("redis: put into the presence set of %s: unexpected answer: %w", c, err)
	}
	return f[0] == 1, nil
}

// putting is the script that puts an entry.
func (b *Broker) putting(p *partition, suffix string, m madang.Member) call {
	w := wire{out: true}
	memberRest(&w, &m)
	return call{b.scripts.put,
		[]string{p.keys.set(suffix), p.keys.users(suffix), p.keys.index(m.Node), p.keys.leases()},
		[]string{
			string(m.Conn), head(m), m.User, string(m.Node), string(w.b), placeHead(suffix),
			milliseconds(b.own.leaseTime()), p.keys.index(""),
		},
	}
}

// head begins an entry: the lengths of user and node, which follow.
func head(m madang.Member) string {
	return strconv.Itoa(len(m.User)) + " " + strconv.Itoa(len(m.Node)) + " "
}

// placeHead begins what a node's index says of an entry: the channel, whose length stands before it. The connection follows.
func placeHead(suffix string) string { return strconv.Itoa(len(suffix)) + " " + suffix }

// readPlace reads an entry of an index.
func readPlace(text string) (suffix string, id madang.ConnID, err error) {
	length, rest, ok := strings.Cut(text, " ")
	n, bad := strconv.Atoi(length)
	if !ok || bad != nil || n < 0 || n > len(rest) {
		return "", "", fmt.Errorf("place of an entry: %w", errWire)
	}
	return rest[:n], madang.ConnID(rest[n:]), nil
}

// readMember reads an entry.
func readMember(id madang.ConnID, text string) (madang.Member, error) {
	m := madang.Member{Conn: id}
	user, rest, ok1 := strings.Cut(text, " ")
	node, rest, ok2 := strings.Cut(rest, " ")
	u, err1 := strconv.Atoi(user)
	n, err2 := strconv.Atoi(node)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || u < 0 || n < 0 || u > len(rest) || n > len(rest)-u {
		return m, fmt.Errorf("entry of a presence set: %w", errWire)
	}
	m.User, m.Node = rest[:u], madang.NodeID(rest[u:u+n])
	w := wire{b: []byte(rest[u+n:])}
	memberRest(&w, &m)
	return m, w.done("entry of a presence set")
}

// Remove implements [madang.Presence].
func (b *Broker) Remove(ctx context.Context, c madang.Channel, id madang.ConnID) (was *madang.Member, last bool, err error) {
	p, s := b.partition(c)
	o := &b.own.parts[p.id]
	o.busy.RLock()
	defer o.busy.RUnlock()
	mine := o.remove(c, id)
	x := b.removing(p, s, id)
	reply, err := p.call(ctx, x.script, x.keys, x.args...)
	if err == nil {
		was, last, err = readRemoved(id, reply)
	}
	if err != nil {
		if mine != nil {
			o.doubt(c, id, mine) // to be done later
		}
		return nil, false, fmt.Errorf("redis: remove from the presence set of %s: %w", c, err)
	}
	return was, last, nil
}

// removing is the script that removes an entry.
func (b *Broker) removing(p *partition, suffix string, id madang.ConnID) call {
	return call{b.scripts.remove,
		[]string{p.keys.set(suffix), p.keys.users(suffix), p.keys.index("")}, []string{string(id), placeHead(suffix)},
	}
}

// Members implements [madang.Presence].
func (b *Broker) Members(ctx context.Context, c madang.Channel) ([]madang.Member, error) {
	p, s := b.partition(c)
	if err := p.refuse(); err != nil {
		return nil, fmt.Errorf("redis: members of %s: %w", c, err)
	}
	ctx, done := context.WithTimeout(ctx, b.config.Timeout)
	defer done()
	b.count.commands.Add(1)
	entries, err := b.client.Do(ctx, b.client.B().Hgetall().Key(p.keys.set(s)).Build()).AsStrMap()
	if err != nil {
		return nil, fmt.Errorf("redis: members of %s: %w", c, b.explain(ctx, err))
	}
	var all []madang.Member
	for id, text := range entries {
		m, err := readMember(madang.ConnID(id), text)
		if err != nil {
			return nil, fmt.Errorf("redis: members of %s: %w", c, err)
		}
		all = append(all, m)
	}
	return all, nil
}
