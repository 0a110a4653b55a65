package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/internal/nodecall"
)

// A client that has lost its connection may come back to another node. That node asks the one that has the client's socket,
// which is named in its private id and in its last offset:
//
//	there (new node)                             here (the socket's node)
//	hold ───────────────────────────────────────▶ the socket is parked, and nobody else can take it
//	     ◀──────────── id, data, subscriptions ──
//	subscribes to the same, and publishes marks ▶ hears the marks: all that came before them is recorded
//	missed ─────────────────────────────────────▶
//	     ◀───────────────────────────── events ── lets go of the socket
//	replays these, and what it has heard itself that is not among them
//
// Whatever fails in between, the client is not recovered, and is told so.

// handoverTime is how long each of the two steps may take.
const handoverTime = 3 * time.Second

// maxMoved is how many sockets of a namespace are remembered that went on to other nodes. Newer ones take the places of older
// ones.
const maxMoved = 4096

// Steps of a handover.
const (
	stepHold   = "hold"
	stepMissed = "missed"
)

// A handover is what the other node asks for.
type handover struct {
	Step      string
	Namespace string
	PID       string
	User      string
	Offset    string
	Version   engineio.Version
}

// A holding is the answer to the first step.
type holding struct {
	Moved madang.NodeID // it is not here, but went there
	ID    madang.ConnID
	Data  crossing
	In    []standing
	Marks string
}

// A standing is a subscription as it goes to another node. What a proof says of the request that began the connection is said
// there by the next request.
type standing struct {
	Channel madang.Channel
	Mask    madang.Mask
	Grant   *madang.Grant
	Proof   *proof
}

type proof struct {
	Signature string
	Data      []byte
	Header    map[string][]string
	Remote    string
}

func leaving(s madang.Standing) standing {
	out := standing{Channel: s.Channel, Mask: s.Mask, Grant: s.Grant}
	if p := s.Proof; p != nil {
		out.Proof = &proof{p.Signature, p.Data, p.Header, p.Remote}
	}
	return out
}

// arriving is the inverse of leaving; request returns a header of the request that begins the connection now.
func (s standing) arriving(request func(string) string) madang.Standing {
	out := madang.Standing{Channel: s.Channel, Mask: s.Mask, Grant: s.Grant}
	if p := s.Proof; p != nil {
		out.Proof = &madang.Proof{Signature: p.Signature, Data: p.Data, Header: p.Header, Request: request, Remote: p.Remote}
	}
	return out
}

// A crossing is a socket's data in a form in which it can go to another node: of other types than these nobody knows how to
// bring it there.
type crossing struct {
	Text *string         `json:",omitempty"`
	JSON json.RawMessage `json:",omitempty"`
}

func cross(data any) (c crossing, err error) {
	switch v := data.(type) {
	case nil:
	case string:
		c.Text = &v
	case json.RawMessage:
		if c.JSON = v; !json.Valid(v) {
			err = errors.New("the socket's data is not valid JSON")
		}
	default:
		err = fmt.Errorf("the socket's data, a %T, can only be on its own node", data)
	}
	return c, err
}

func (c crossing) value() any {
	switch {
	case c.Text != nil:
		return *c.Text
	case c.JSON != nil:
		return c.JSON
	}
	return nil
}

// A held socket waits for the second step.
type held struct {
	p     *parked
	from  uint64
	in    []madang.Channel
	marks *madang.Marks
	timer *time.Timer
}

// errNotHere refuses a handover; the client is not recovered.
var errNotHere = errors.New("there is no such socket here, or not all that it has missed is kept")

// handOver answers another node.
func (s *Server) handOver(ctx context.Context, from madang.NodeID, data []byte) ([]byte, error) {
	var in handover
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	s.mu.RLock()
	ns := s.names[in.Namespace]
	s.mu.RUnlock()
	if ns == nil || ns.rec == nil {
		return nil, errNotHere
	}
	var out any
	var err error
	switch in.Step {
	case stepHold:
		out, err = ns.rec.hold(ctx, in)
	case stepMissed:
		out, err = ns.rec.missed(ctx, in, from)
	default:
		err = fmt.Errorf("unknown step %q", in.Step)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// hold takes a parked socket for another node.
func (r *recorder) hold(ctx context.Context, in handover) (*holding, error) {
	r.mu.Lock()
	moved, old := r.moved.to[in.PID], r.live[in.PID]
	here := old != nil || r.parked[in.PID] != nil // it may have come back from there
	r.mu.Unlock()
	if moved != "" && !here {
		return &holding{Moved: moved}, nil
	}
	if err := r.expel(ctx, old, in.User); err != nil {
		return nil, err
	}
	stamp, known := stampOf(r.srv.epoch, in.Offset)
	p, from := r.take(claim{pid: in.PID, user: in.User, stamp: stamp, foreign: !known && in.Offset != "", fits: func(p *parked) bool {
		_, err := cross(p.data)
		return err == nil && p.d.version == in.Version
	}})
	if p == nil {
		return nil, errNotHere
	}
	select { // what it was in must be told that it has left before it is in there again
	case <-p.over:
	case <-ctx.Done():
		r.done(p)
		return nil, ctx.Err()
	}
	data, _ := cross(p.data) // it fits
	out := &holding{ID: p.id, Data: data}
	x := &held{p: p, from: from, marks: r.srv.hub.ExpectMarks()}
	for _, sub := range p.conn.Subscriptions() {
		st := sub.Standing()
		out.In, x.in = append(out.In, leaving(st)), append(x.in, st.Channel)
	}
	out.Marks = x.marks.Name()
	r.mu.Lock()
	r.held[in.PID] = x
	x.timer = time.AfterFunc(2*handoverTime, func() { r.release(in.PID) })
	r.mu.Unlock()
	return out, nil
}

// giveUp returns a held socket, once.
func (r *recorder) giveUp(pid string) *held {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.held[pid]
	delete(r.held, pid)
	return x
}

// release lets go of a socket whose second step has not come.
func (r *recorder) release(pid string) {
	if x := r.giveUp(pid); x != nil {
		x.end(r)
	}
}

func (x *held) end(r *recorder) {
	x.timer.Stop()
	x.marks.Close()
	r.done(x.p)
}

// missed returns what a held socket has missed, and lets go of it.
func (r *recorder) missed(ctx context.Context, in handover, to madang.NodeID) ([]madang.Event, error) {
	x := r.giveUp(in.PID)
	if x == nil {
		return nil, errNotHere
	}
	defer x.end(r)
	if err := x.marks.Wait(ctx, x.in...); err != nil {
		return nil, err
	}
	if x.p.fate.lost() {
		return nil, errNotHere
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	events := []madang.Event{}
	for _, rec := range r.since(x.from, x.p.d, x.p.id, x.p.conn.Subscriptions()) {
		events = append(events, rec.e)
	}
	r.moved.note(in.PID, to)
	return events, nil
}

// wanderers are sockets that other nodes have taken up.
type wanderers struct {
	to    map[string]madang.NodeID
	order []string // of their going; the oldest is at next
	next  int
}

func (w *wanderers) note(pid string, to madang.NodeID) {
	if w.to == nil {
		w.to = map[string]madang.NodeID{}
	}
	if _, known := w.to[pid]; !known {
		if len(w.order) < maxMoved {
			w.order = append(w.order, pid)
		} else {
			delete(w.to, w.order[w.next])
			w.order[w.next] = pid
			w.next = (w.next + 1) % maxMoved
		}
	}
	w.to[pid] = to
}

// newCaller makes this server's end of handovers.
func (s *Server) newCaller() *nodecall.Caller {
	return nodecall.New(s.hub, "sio"+s.engine.Path()+"/"+s.cfg.App, handoverTime, s.log, s.handOver)
}
