package emitter

import (
	"context"
	"encoding/json"
)

// What servers with the streams adapter say to each other. Those of types 1, 2 and 13 say that they live.
const (
	memberBroadcast  = 3
	memberJoin       = 4
	memberLeave      = 5
	memberEnd        = 6
	memberFetch      = 7
	memberFetched    = 8
	memberServerSide = 9
	memberServed     = 10
	memberCount      = 11
	memberAnswer     = 12
)

// member takes what is published to all servers with the streams adapter.
func (i *Inlet) member(ctx context.Context, namespace string, b []byte) error {
	if len(b) > 0 && (b[0] == '[' || b[0]&0xf0 == 0x90 || b[0] == 0xdc || b[0] == 0xdd) {
		return errForeign // an array: of redis-adapter or redis-emitter, and heard by its pattern
	}
	m, err := parseMember(b)
	if err != nil {
		return err
	}
	if m.Namespace != namespace {
		return errPassed
	}
	return i.serve(ctx, m)
}

// serve does what another server, or an emitter, wants of all.
func (i *Inlet) serve(ctx context.Context, m *member) error {
	if i.own(m.UID) {
		return errOwn
	}
	ns := i.namespace(m.Namespace)
	if ns == nil {
		return errPassed
	}
	d := &m.Data
	switch m.Type {
	case memberBroadcast:
		var p packet
		if err := json.Unmarshal(d.Packet, &p); err != nil {
			return errShape
		}
		if d.RequestID == nil {
			return i.emit(ns, &d.Choice, &p, m.parts)
		}
		return i.ask(ns, &d.Choice, &p, m.parts, func(n int) { i.reply(m, memberCount, "clientCount", n, nil) },
			func(raw []byte, parts [][]byte) { i.reply(m, memberAnswer, "packet", json.RawMessage(raw), parts) })
	case memberJoin:
		return i.join(ctx, ns, d.Choice.target(), d.Rooms)
	case memberLeave:
		i.leave(ns, d.Choice.target(), d.Rooms)
	case memberEnd:
		i.disconnect(ns, d.Choice.target(), d.Close)
	case memberFetch:
		i.reply(m, memberFetched, "sockets", append([]Socket{}, ns.Sockets(d.Choice.target())...), nil)
		i.count.answered.Add(1)
	case memberServerSide:
		answer, err := i.serverSide(m.Namespace, d.Packet)
		if err != nil {
			return err
		}
		if d.RequestID == nil {
			i.count.ordered.Add(1)
			return nil
		}
		i.reply(m, memberServed, "packet", answer, nil)
		i.count.answered.Add(1)
	default:
		return errPassed
	}
	return nil
}

// reply answers a server on its own channel.
func (i *Inlet) reply(to *member, kind int, key string, value any, parts [][]byte) {
	text, err := json.Marshal(map[string]any{
		"uid": i.uid, "nsp": to.Namespace, "type": kind, "data": map[string]any{"requestId": to.Data.RequestID, key: value},
	})
	if err != nil { // an answer of ServerSide that is no JSON
		i.count.untold.Add(1)
		return
	}
	i.outbox.put(i, publication{channel: i.config.publicChannel(to.Namespace) + to.UID + "#", text: text, parts: parts, packed: true})
}
