package socketio

import (
	"context"
	"encoding/json"
	"time"

	"madang"
)

// A parked socket is one whose client is away. A connection of the same name stands in for it, so that what is sent to it
// or its rooms is recorded.
type parked struct {
	id    madang.ConnID
	user  string
	d     dialect
	in    []madang.Channel
	data  any
	line  *madang.Line
	timer *time.Timer
}

// nobody is the link of a parked socket.
type nobody struct{}

func (nobody) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (nobody) Farewell(madang.CloseReason) []byte { return nil }
func (nobody) Close(madang.CloseReason)           {}

// Park implements madang.Parker.
func (o owner) Park(reason madang.CloseReason) {
	s := o.Socket
	r := s.ns.rec
	if r == nil || s.final.Load() {
		return
	}
	switch reason {
	case madang.CloseNormal, madang.CloseGone, madang.CloseTimeout, madang.CloseSlow, madang.CloseDrain:
	default:
		return // it was sent away
	}
	p := &parked{id: s.conn.ID(), user: s.User().User, d: s.wire, data: s.Data()}
	hub := s.ns.srv.hub
	line, err := hub.Open(nobody{})
	if err != nil {
		return // this node is going away, or full: the client will be told that it was not recovered
	}
	p.line = line
	ctx := context.Background()
	conn, err := line.Connect(ctx, madang.ConnRequest{
		Dialect: recoverable{s.wire, r}, Principal: &madang.Principal{App: s.ns.srv.cfg.App}, ID: p.id, Replace: true,
	})
	if err != nil {
		line.Drop(madang.CloseError)
		return
	}
	for _, sub := range s.conn.Subscriptions() {
		stand, err := hub.Subscribe(ctx, conn, sub.Channel(), madang.Messages)
		if err != nil {
			line.Drop(madang.CloseError)
			return
		}
		stand.Open()
		p.in = append(p.in, sub.Channel())
	}
	r.park(s.pid, p)
}

func (r *recorder) park(pid string, p *parked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parked[pid] = p
	p.timer = time.AfterFunc(r.cfg.MaxDisconnectionDuration, func() {
		if r.take(pid) == p {
			p.line.Drop(madang.CloseTimeout)
		}
	})
}

// take hands a parked socket over, once.
func (r *recorder) take(pid string) *parked {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.parked[pid]
	delete(r.parked, pid)
	return p
}

// recover takes up an earlier connection, if the client asks for one and everything it missed is still kept.
func (s *Socket) recover(ctx context.Context, who *madang.Principal) (bool, error) {
	var auth struct {
		PID    string `json:"pid"`
		Offset string `json:"offset"`
	}
	r := s.ns.rec
	if json.Unmarshal(s.handshake.Auth, &auth) != nil || auth.PID == "" {
		return false, nil
	}
	stamp, ok := stampOf(s.ns.srv.epoch, auth.Offset)
	if !ok {
		return false, nil
	}
	r.mu.Lock()
	old := r.live[auth.PID]
	r.mu.Unlock()
	if old != nil { // it has come back before its old connection was found dead
		old.client.session.Line().Drop(madang.CloseGone)
	}
	p := r.take(auth.PID)
	if p == nil {
		return false, nil
	}
	p.timer.Stop()
	defer p.line.Drop(madang.CloseNormal)
	if p.user != who.User || p.d != s.wire {
		return false, nil
	}
	if !r.cfg.SkipMiddlewares {
		if err := s.middlewares(ctx); err != nil {
			return false, err
		}
	}
	return s.takeUp(ctx, who, p, auth.PID, stamp)
}

// takeUp puts the socket into the place of a parked one.
func (s *Socket) takeUp(ctx context.Context, who *madang.Principal, p *parked, pid string, stamp uint64) (bool, error) {
	r, hub := s.ns.rec, s.ns.srv.hub
	s.pid = pid
	conn, err := s.client.session.Line().Connect(ctx, madang.ConnRequest{
		Dialect: recoverable{s.wire, r}, Principal: who, Owner: owner{s}, ID: p.id, Replace: true, Held: true,
	})
	if err != nil {
		return false, err
	}
	s.conn, s.id, s.recovered, s.data = conn, string(p.id), true, p.data
	var subs []*madang.Subscription
	for _, ch := range p.in {
		sub, err := hub.Subscribe(ctx, conn, ch, madang.Messages)
		if err != nil {
			conn.Close(madang.CloseError)
			return false, err
		}
		subs = append(subs, sub)
	}
	barrier, ok := s.replay(p, stamp)
	if !ok {
		s.recovered, s.data = false, nil
		conn.Close(madang.CloseNormal)
		return false, nil
	}
	if !s.client.add(s) {
		conn.Close(madang.CloseGone)
		return true, nil
	}
	s.ns.add(s)
	for _, sub := range subs {
		sub.OpenSince(barrier)
	}
	s.started()
	return true, nil
}

// replay sends what was missed, then the answer to CONNECT; from then on emits reach the socket itself. Nothing can be
// encoded in between. It fails when something is no longer kept.
func (s *Socket) replay(p *parked, stamp uint64) (barrier uint64, ok bool) {
	r := s.ns.rec
	r.mu.Lock()
	defer r.mu.Unlock()
	if stamp < r.lost {
		return 0, false
	}
	barrier = s.ns.srv.hub.Stamp()
	line := s.client.session.Line()
	for _, x := range r.since(stamp, s.wire, p.id, p.in) {
		b, err := s.wire.event(nil, x.e.Message, 0, stampText(s.ns.srv.epoch, x.stamp))
		if err != nil {
			return 0, false
		}
		line.Send(b)
	}
	s.welcome(map[string]string{"sid": s.id, "pid": s.pid})
	r.live[s.pid] = s
	s.conn.Open()
	return barrier, true
}
