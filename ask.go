package madang

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// An Answer is what one connection answered.
type Answer struct {
	Conn        ConnID
	Data        []byte // raw, in the dialect's form: a JSON array of Socket.IO arguments
	Attachments [][]byte
}

// maxWait is how long a question without a deadline waits for its answers.
const maxWait = 2 * time.Minute

// asks are the questions that wait for answers on this node.
type asks struct {
	next atomic.Uint64
	mu   sync.Mutex
	m    map[uint64]*ask
}

// An ask is one question: either of this node's own code, or put to this node's connections for another.
type ask struct {
	targets map[ConnID]struct{} // who may still answer
	sink    func(*Control)      // gets counts and answers
	end     *time.Timer         // for those who never answer; may be nil
}

// AskAll sends a message to an audience and collects the answers of all of it, or those that came before ctx ended;
// then it returns them with the context's error. Answers come in no order.
func (h *Hub) AskAll(ctx context.Context, a Audience, m *Message) ([]Answer, error) {
	if m.Channel == (Channel{}) && len(a.In) > 0 {
		m.Channel = a.In[0]
	}
	nodes := 1
	if _, sole := soleNode(a); !sole {
		alive, err := h.presence.Members(ctx, Channel{Name: nodesName})
		if err != nil {
			return nil, fmt.Errorf("ask: which nodes are there: %w", err)
		}
		nodes = max(1, len(alive))
	}
	wait := maxWait
	if end, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(end))
	}
	ctx, done := context.WithTimeout(ctx, wait)
	defer done()
	replies := make(chan *Control, 64)
	id := h.asks.add(&ask{sink: func(c *Control) {
		select {
		case replies <- c:
		case <-ctx.Done():
		}
	}})
	defer h.asks.remove(id)
	if err := h.command(ctx, &Control{Op: OpAsk, ID: id, Audience: a, Message: m, Wait: wait}); err != nil {
		return nil, err
	}
	var got []Answer
	for wanted := 0; nodes > 0 || len(got) < wanted; {
		select {
		case c := <-replies:
			if c.Op == OpCount {
				nodes--
				wanted += c.Count
			} else {
				got = append(got, c.Answer)
			}
		case <-ctx.Done():
			return got, fmt.Errorf("ask: %d of %d answered: %w", len(got), wanted, ctx.Err())
		}
	}
	return got, nil
}

// Ask sends a message to this connection and waits for its answer.
func (c *Conn) Ask(ctx context.Context, m *Message) (Answer, error) {
	answer := make(chan Answer, 1)
	id := c.hub.asks.add(&ask{
		targets: map[ConnID]struct{}{c.id: {}},
		sink:    func(r *Control) { answer <- r.Answer },
	})
	defer c.hub.asks.remove(id)
	c.hub.deliver(&Event{Kind: MessageEvent, Channel: m.Channel, Message: m, Ask: id}, []*Conn{c})
	select {
	case a := <-answer:
		return a, nil
	case <-c.Done():
		return Answer{}, fmt.Errorf("ask connection %s: %w", c.id, ErrClosed)
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("ask connection %s: %w", c.id, ctx.Err())
	}
}

// Answer takes what the client answered to the question of that number. Late, repeated and unknown answers are dropped.
func (c *Conn) Answer(number uint64, data []byte, attachments [][]byte) {
	c.hub.asks.answer(number, Answer{Conn: c.id, Data: data, Attachments: attachments})
}

// askHere puts another node's question (or this one's) to the connections of this node.
func (h *Hub) askHere(c *Control) {
	conns := h.members(c.Audience, c.Message.Skip)
	reply := func(r *Control) {
		r.ID = c.ID
		if c.From == h.node {
			h.asks.reply(r)
			return
		}
		to := h.nodeChannel(c.From)
		if _, err := h.broker.Publish(h.life, []*Event{{Kind: controlEvent, Channel: to, Control: r}}, Retention{}); err != nil {
			h.log.Warn("an answer could not be sent to the node that asked", "node", c.From, "error", err)
		}
	}
	a := &ask{targets: make(map[ConnID]struct{}, len(conns)), sink: reply}
	for _, k := range conns {
		a.targets[k.id] = struct{}{}
	}
	go reply(&Control{Op: OpCount, Count: len(conns)})
	if len(conns) == 0 {
		return
	}
	id := h.asks.add(a)
	h.asks.limit(id, c.Wait)
	h.deliver(&Event{Kind: MessageEvent, Channel: c.Message.Channel, Message: c.Message, Audience: &c.Audience, Ask: id}, conns)
}

func (q *asks) add(a *ask) uint64 {
	id := q.next.Add(1)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.m[id] = a
	return id
}

// limit removes a question after a while.
func (q *asks) limit(id uint64, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if a := q.m[id]; a != nil {
		a.end = time.AfterFunc(wait, func() { q.remove(id) })
	}
}

func (q *asks) remove(id uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.m, id)
}

// reply gives a count or an answer to the question of this node's own code.
func (q *asks) reply(c *Control) {
	q.mu.Lock()
	a := q.m[c.ID]
	q.mu.Unlock()
	if a != nil {
		go a.sink(c)
	}
}

// answer gives a connection's answer to the question that was put to it, once.
func (q *asks) answer(id uint64, r Answer) {
	q.mu.Lock()
	a := q.m[id]
	ok := false
	if a != nil {
		if _, ok = a.targets[r.Conn]; ok {
			delete(a.targets, r.Conn)
			if len(a.targets) == 0 {
				delete(q.m, id)
				if a.end != nil {
					a.end.Stop()
				}
			}
		}
	}
	q.mu.Unlock()
	if ok {
		a.sink(&Control{Op: OpAnswer, Answer: r})
	}
}
