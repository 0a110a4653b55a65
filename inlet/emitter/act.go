package emitter

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"madang"
)

// join puts sockets of this node into rooms.
func (i *Inlet) join(ctx context.Context, ns Namespace, to Target, rooms []string) error {
	ctx, done := context.WithTimeout(ctx, orderTime)
	defer done()
	if err := ns.Join(ctx, to, rooms); err != nil {
		return fmt.Errorf("%w: %w", errFailed, err)
	}
	i.count.ordered.Add(1)
	return nil
}

func (i *Inlet) leave(ns Namespace, to Target, rooms []string) {
	ns.Leave(to, rooms)
	i.count.ordered.Add(1)
}

func (i *Inlet) disconnect(ns Namespace, to Target, all bool) {
	ns.Disconnect(to, all)
	i.count.ordered.Add(1)
}

// How long clients may take to answer: when who asks does not say, and at most.
const (
	usualWait   = 30 * time.Second
	longestWait = 2 * time.Minute
)

// ask puts a question to clients of this node: it tells how many they are, and then each answer, which is the first argument of
// what the client answered. It does not wait for them.
func (i *Inlet) ask(ns Namespace, c *choice, p *packet, parts [][]byte, counted func(int), answered func(raw []byte, parts [][]byte)) error {
	m, err := p.message(parts)
	if err != nil {
		return err
	}
	wait := usualWait
	if ms := c.Flags.Timeout; ms >= 1 {
		wait = time.Duration(min(ms, float64(longestWait/time.Millisecond))) * time.Millisecond
	}
	ctx, done := context.WithTimeout(i.life, wait)
	time.AfterFunc(wait, done)
	return ns.Ask(ctx, c.target(), m, func(n int) {
		i.count.answered.Add(1)
		counted(n)
	}, func(a *madang.Message) { answered(firstOf(a.Data), a.Attachments) })
}

// firstOf returns the first of an array of arguments, or null.
func firstOf(args []byte) []byte {
	var all []json.RawMessage
	if json.Unmarshal(args, &all) != nil || len(all) == 0 {
		return []byte("null")
	}
	return all[0]
}

// serverSide hands on what another server says to servers, and returns the answer.
func (i *Inlet) serverSide(namespace string, data json.RawMessage) (json.RawMessage, error) {
	event, args, err := eventOf(data)
	if err != nil {
		return nil, err
	}
	if f := i.options.ServerSide; f != nil {
		if answer := f(namespace, event, args); answer != nil {
			return answer, nil
		}
	}
	return json.RawMessage("null"), nil
}
