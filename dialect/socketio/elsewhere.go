package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"madang"
	"madang/internal/nodecall"
)

// maxHops is how many nodes are asked for a socket.
const maxHops = 3

// nodesOf returns which nodes may have a client's socket: the one that gave it its last offset, and the one that named it.
func nodesOf(pid, offset string) (all []madang.NodeID) {
	for _, text := range []string{offset, pid} {
		n, _, ok := strings.Cut(text, ".")
		if id := madang.NodeID(n); ok && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// recoverElsewhere takes up a socket that another node has.
func (s *Socket) recoverElsewhere(ctx context.Context, who *madang.Principal, pid, offset string) (bool, error) {
	ask := handover{Step: stepHold, Namespace: s.ns.name, PID: pid, User: who.User, Offset: offset, Version: s.wire.version}
	todo, own := nodesOf(pid, offset), s.ns.srv.hub.Node()
	asked := []madang.NodeID{own}
	for len(todo) > 0 && len(asked) <= maxHops {
		n := todo[0]
		if todo = todo[1:]; slices.Contains(asked, n) {
			continue
		}
		asked = append(asked, n)
		var got holding
		err := s.ns.srv.ask(ctx, n, ask, &got)
		switch {
		case err != nil:
			if !errors.Is(err, nodecall.ErrNoAnswer) {
				s.ns.srv.log.Debug("another node does not hand a socket over", "node", n, "error", err)
			}
		case got.Moved != "":
			todo = append([]madang.NodeID{got.Moved}, todo...)
		default:
			return s.takeOver(ctx, who, n, ask, &got)
		}
	}
	return false, nil
}

// ask puts a step of a handover to another node.
func (s *Server) ask(ctx context.Context, n madang.NodeID, what handover, answer any) error {
	b, err := json.Marshal(what)
	if err == nil {
		b, err = s.calls.Call(ctx, n, b)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, answer)
}

// takeOver puts the socket into the place of one that another node holds. Once that has begun the client cannot be let in in
// any other way: where it fails the connection ends, and the client comes back and begins anew.
func (s *Socket) takeOver(ctx context.Context, who *madang.Principal, n madang.NodeID, ask handover, h *holding) (bool, error) {
	r := s.ns.rec
	if !r.cfg.SkipMiddlewares {
		if err := s.middlewares(ctx); err != nil {
			return false, err
		}
	}
	r.mu.Lock()
	r.taking++
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.taking--
	}()
	s.pid, s.fate = ask.PID, &fate{wandered: true}
	s.recovered, s.data = true, h.Data.value()
	err := s.connectAs(ctx, madang.ConnRequest{
		Dialect: recoverable{s.wire, r}, Principal: who, ID: h.ID, Replace: true, Held: true,
	})
	if err == nil {
		err = s.fetch(ctx, n, ask, h)
	}
	if err == nil {
		s.started()
		s.fate.pass(s)
		return true, nil
	}
	s.ns.srv.log.Warn("a socket could not be taken over from another node; its client has to begin anew", "node", n, "error", err)
	if s.conn != nil {
		s.conn.Close(madang.CloseError)
	}
	s.client.session.End(madang.CloseError)
	return true, nil
}

// fetch subscribes to what the socket was in, gets what it has missed, and opens it.
func (s *Socket) fetch(ctx context.Context, n madang.NodeID, ask handover, h *holding) error {
	hub := s.ns.srv.hub
	since := hub.Stamp()
	var subs []*madang.Subscription
	var channels []madang.Channel
	for _, st := range h.In {
		sub, err := hub.Resume(ctx, s.conn, st.arriving(s.handshake.Header))
		if err != nil {
			return err
		}
		subs, channels = append(subs, sub), append(channels, st.Channel)
	}
	if err := hub.Mark(ctx, n, h.Marks, channels...); err != nil {
		return err
	}
	ask.Step = stepMissed
	var missed []madang.Event
	if err := s.ns.srv.ask(ctx, n, ask, &missed); err != nil {
		return err
	}
	if !s.enlist() {
		return s.tooLate(ctx)
	}
	if welcome, err := s.retell(missed, subs, since); err != nil || !welcome {
		return errors.Join(err, s.tooLate(ctx))
	}
	return nil
}

// A source is where an event was published: two nodes that have it know it by that.
type source struct {
	channel madang.Channel
	pos     madang.Position
}

func sourceOf(e *madang.Event) source {
	if e.Audience != nil {
		return source{e.Order.Channel, e.Order.Pos}
	}
	return source{e.Channel, e.Pos}
}

// retell sends what was missed up to now, then the answer to CONNECT, and opens the subscriptions: as replay, but with events
// that this node has not recorded. They are recorded now, for this socket alone: it may be cut off before it has them.
func (s *Socket) retell(missed []madang.Event, subs []*madang.Subscription, since uint64) (welcome bool, err error) {
	r, hub, id := s.ns.rec, s.ns.srv.hub, s.conn.ID()
	line := s.client.session.Line()
	r.mu.Lock()
	defer r.mu.Unlock()
	s.seen = hub.Stamp()
	known := map[source]bool{}
	for i := range missed {
		known[sourceOf(&missed[i])] = true
	}
	for _, rec := range r.since(since, s.wire, id, subs) {
		if at := sourceOf(&rec.e); at.pos == (madang.Position{}) || !known[at] {
			missed = append(missed, rec.e)
		}
	}
	for _, e := range missed {
		e.Audience, e.Stamp = &madang.Audience{Conns: []madang.ConnID{id}}, hub.NextStamp()
		b, err := recoverable{s.wire, r}.stamped(nil, &e)
		if err != nil {
			return false, err
		}
		r.keep(record{stamp: e.Stamp, d: s.wire, e: e, size: len(b)})
		line.Send(b)
	}
	welcome = s.welcome(map[string]string{"sid": s.id, "pid": s.pid})
	s.conn.Open()
	for _, sub := range subs {
		sub.OpenSince(hub.Stamp())
	}
	return welcome, nil
}
