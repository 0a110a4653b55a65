package emitter

import (
	"context"
	"encoding/json"
	"strings"
)

// What redis-adapter asks and orders; redis-emitter knows the orders and the server-side emit.
const (
	askSockets    = 0 // ids of the sockets in rooms
	askRooms      = 1
	orderJoin     = 2
	orderLeave    = 3
	orderEnd      = 4
	askFetch      = 5 // all about the sockets of a choice
	sayServerSide = 6
	askClients    = 7 // an event that clients answer
	tellCount     = 8 // how many will, at most
	tellAnswer    = 9 // what one has answered
)

// request takes what is on a channel of requests. One that was asked answers once, whatever it has to say: who asks counts.
func (i *Inlet) request(ctx context.Context, channel string, b []byte) error {
	name := strings.TrimSuffix(strings.TrimPrefix(channel, i.config.Key+"-request#"), "#")
	ns := i.namespace(name)
	if ns == nil {
		return errNamespace
	}
	r, err := parseRequest(b)
	if err != nil {
		return err
	}
	if i.own(r.UID) {
		return errOwn
	}
	q := &question{i: i, r: r, channel: i.config.responseChannel(name)}
	if i.config.SpecificAnswers && r.UID != "" {
		q.channel += r.UID + "#"
	}
	switch r.Type {
	case askSockets:
		ids := []string{}
		for _, s := range ns.Sockets(Target{Rooms: r.Rooms}) {
			ids = append(ids, s.ID)
		}
		return q.answer(map[string]any{"sockets": ids})
	case askRooms:
		return q.answer(map[string]any{"rooms": append([]string{}, ns.Rooms()...)})
	case askFetch:
		return q.answer(map[string]any{"sockets": append([]Socket{}, ns.Sockets(r.Choice.target())...)})
	case orderJoin, orderLeave, orderEnd:
		return q.order(ctx, ns)
	case sayServerSide:
		answer, err := i.serverSide(name, r.Data)
		if err != nil || r.RequestID == nil {
			if err == nil {
				i.count.ordered.Add(1)
			}
			return err
		}
		i.outbox.put(i, publication{channel: i.config.responseChannel(name), text: q.body(map[string]any{"type": sayServerSide, "data": answer})})
		i.count.answered.Add(1)
		return nil
	case askClients:
		return q.clients(ns)
	}
	return errPassed
}

// A question is a request that is being answered.
type question struct {
	i       *Inlet
	r       *request
	channel string
}

// body is an answer as JSON.
func (q *question) body(with map[string]any) []byte {
	with["requestId"] = q.r.RequestID
	b, err := json.Marshal(with)
	if err != nil { // an answer of ServerSide that is no JSON
		b, _ = json.Marshal(map[string]any{"requestId": q.r.RequestID, "type": q.r.Type, "data": nil})
	}
	return b
}

func (q *question) answer(with map[string]any) error {
	q.i.outbox.put(q.i, publication{channel: q.channel, text: q.body(with)})
	q.i.count.answered.Add(1)
	return nil
}

// order does what is ordered. Orders of older versions are about one socket, and answered by the node that has it.
func (q *question) order(ctx context.Context, ns Namespace) error {
	r := q.r
	to, rooms := r.Choice.target(), []string(r.Rooms)
	if r.Choice == nil {
		if r.SID == "" {
			return errShape
		}
		if to = (Target{Rooms: []string{r.SID}}); len(ns.Sockets(to)) == 0 {
			return errPassed
		}
		if r.Type != orderEnd {
			room, err := nameOf(r.Room)
			if err != nil {
				return err
			}
			rooms = []string{room}
		}
	}
	switch r.Type {
	case orderJoin:
		if err := q.i.join(ctx, ns, to, rooms); err != nil {
			return err
		}
	case orderLeave:
		q.i.leave(ns, to, rooms)
	default:
		q.i.disconnect(ns, to, r.Close)
	}
	if r.Choice == nil {
		q.i.outbox.put(q.i, publication{channel: q.channel, text: q.body(map[string]any{})})
	}
	return nil
}

// clients asks clients. Their number is told as JSON and their answers, which may be binary, as MessagePack.
func (q *question) clients(ns Namespace) error {
	c := q.r.Choice
	if c == nil {
		c = &choice{}
	}
	return q.i.ask(ns, c, q.r.Packet, q.r.parts, func(n int) {
		q.i.outbox.put(q.i, publication{channel: q.channel, text: q.body(map[string]any{"type": tellCount, "clientCount": n})})
	}, func(raw []byte, parts [][]byte) {
		text := q.body(map[string]any{"type": tellAnswer, "packet": json.RawMessage(raw)})
		q.i.outbox.put(q.i, publication{channel: q.channel, text: text, parts: parts, packed: true})
	})
}
