package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"madang"
)

// A parked socket is one whose client is away. A connection of the same name stands in for it, so that what is sent to it
// or its rooms is recorded.
type parked struct {
	id    madang.ConnID
	user  string
	d     dialect
	data  any
	seen  uint64          // a stamp: all that is older has arrived
	over  <-chan struct{} // closed when the client's own connection has left everything that it was in
	line  *madang.Line
	conn  *madang.Conn
	timer *time.Timer
	fate  *fate
}

// nobody is the link of a parked socket.
type nobody struct{}

func (nobody) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (nobody) Farewell(madang.CloseReason) []byte { return nil }
func (nobody) Close(madang.CloseReason)           {}

// Park implements madang.Parker.
func (o owner) Park(reason madang.CloseReason) {
	s := o.Socket
	s.connected()
	r := s.ns.rec
	if s.pid == "" || s.final.Load() || s.fate.lost() {
		return
	}
	switch reason {
	case madang.CloseNormal, madang.CloseGone, madang.CloseTimeout, madang.CloseSlow, madang.CloseDrain:
	default:
		return // it was sent away
	}
	p := &parked{
		id: s.conn.ID(), user: s.User().User, d: s.wire, data: s.Data(), seen: max(s.seen, s.client.session.Seen()),
		over: s.Context().Done(), fate: s.fate,
	}
	hub := s.ns.srv.hub
	line, err := hub.OpenInner(nobody{})
	if err != nil {
		return // this node has ended, or is full: the client will be told that it was not recovered
	}
	p.line = line
	ctx := context.Background()
	conn, err := line.Connect(ctx, madang.ConnRequest{
		Dialect: recoverable{s.wire, r}, Principal: &madang.Principal{App: s.ns.srv.cfg.App}, ID: p.id, Replace: true,
		Owner: standIn{p, s.ns},
	})
	if err != nil {
		line.Drop(madang.CloseError)
		return
	}
	p.conn = conn
	s.fate.park()
	for _, sub := range s.conn.Subscriptions() {
		stand, err := hub.Resume(ctx, conn, sub.Standing())
		if err != nil {
			line.Drop(madang.CloseError)
			return
		}
		stand.Open()
	}
	r.park(s.pid, p)
}

func (r *recorder) park(pid string, p *parked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parked[pid] = p
	p.timer = time.AfterFunc(r.cfg.MaxDisconnectionDuration, func() {
		r.mu.Lock()
		expired := r.parked[pid] == p
		if expired {
			delete(r.parked, pid)
		}
		r.mu.Unlock()
		if expired {
			p.line.Drop(madang.CloseTimeout)
		}
	})
}

// A claim is what a client, or another node for it, shows to take up a socket.
type claim struct {
	pid, user string
	stamp     uint64 // of the last event that it has got; 0: none
	foreign   bool   // that was given by another node
	fits      func(*parked) bool
}

// take hands a parked socket over, once, to the user whose it is, if all that was missed after a stamp is still kept.
// It stays so until done is called.
func (r *recorder) take(c claim) (p *parked, from uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p = r.parked[c.pid]
	if p == nil || p.user != c.user || !c.fits(p) {
		return nil, 0
	}
	if c.foreign && !p.fate.wandered {
		return nil, 0 // only who came from another node can know no stamp of this one
	}
	if from = max(c.stamp, p.seen); from < r.lost || p.fate.lost() {
		return nil, 0 // the timer ends it
	}
	delete(r.parked, c.pid)
	p.timer.Stop()
	r.taking++
	return p, from
}

// expel ends a socket whose client has come back before its old connection was found dead.
func (r *recorder) expel(ctx context.Context, old *Socket, user string) error {
	if old == nil || old.User().User != user {
		return nil
	}
	old.client.session.Line().Drop(madang.CloseGone)
	select {
	case <-old.conn.Done(): // somebody else may have found it just now, and be at it
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done ends what take has begun.
func (r *recorder) done(p *parked) {
	r.mu.Lock()
	r.taking--
	r.mu.Unlock()
	p.line.Drop(madang.CloseNormal)
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
	r.mu.Lock()
	old := r.live[auth.PID]
	r.mu.Unlock()
	if err := r.expel(ctx, old, who.User); err != nil {
		return false, err
	}
	p, from := r.take(claim{
		pid: auth.PID, user: who.User, stamp: stamp, foreign: !ok && auth.Offset != "", fits: func(p *parked) bool { return p.d == s.wire },
	})
	if p == nil {
		return s.recoverElsewhere(ctx, who, auth.PID, auth.Offset)
	}
	defer r.done(p)
	select { // else it would take the new connection, which has its name, out of presence sets
	case <-p.over:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if !r.cfg.SkipMiddlewares {
		if err := s.middlewares(ctx); err != nil {
			return false, err
		}
	}
	return true, s.takeUp(ctx, who, p, auth.PID, from)
}

// takeUp puts the socket into the place of a parked one.
func (s *Socket) takeUp(ctx context.Context, who *madang.Principal, p *parked, pid string, from uint64) error {
	r, hub := s.ns.rec, s.ns.srv.hub
	s.pid, s.seen, s.fate = pid, from, p.fate
	s.recovered, s.data = true, p.data
	err := s.connectAs(ctx, madang.ConnRequest{
		Dialect: recoverable{s.wire, r}, Principal: who, ID: p.id, Replace: true, Held: true,
	})
	if err != nil {
		return err
	}
	in := p.conn.Subscriptions() // those that it would have by now
	var subs []*madang.Subscription
	for _, was := range in {
		sub, err := hub.Resume(ctx, s.conn, was.Standing())
		if err != nil {
			s.conn.Close(madang.CloseError)
			return err
		}
		subs = append(subs, sub)
	}
	if !s.enlist() {
		return s.tooLate(ctx)
	}
	if welcome, err := s.replay(p.id, in, subs, from); err != nil || !welcome {
		return errors.Join(err, s.tooLate(ctx))
	}
	s.started()
	s.fate.pass(s)
	return nil
}

// replay sends what was missed, then the answer to CONNECT; from then on emits reach the socket itself. Nothing can be
// encoded in between.
func (s *Socket) replay(id madang.ConnID, in, subs []*madang.Subscription, from uint64) (welcome bool, err error) {
	r := s.ns.rec
	r.mu.Lock()
	defer r.mu.Unlock()
	barrier := s.ns.srv.hub.Stamp()
	line := s.client.session.Line()
	for _, x := range r.since(from, s.wire, id, in) {
		b, err := recoverable{s.wire, r}.stamped(nil, &x.e)
		if err != nil {
			return false, err
		}
		line.Send(b)
	}
	welcome = s.welcome(map[string]string{"sid": s.id, "pid": s.pid})
	s.conn.Open()
	for _, sub := range subs {
		sub.OpenSince(barrier)
	}
	return welcome, nil
}
