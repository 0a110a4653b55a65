package memory

import (
	"context"
	"fmt"
	"slices"

	"madang/chat"
)

// Append implements chat.MessageStore.
func (c *Chat) Append(_ context.Context, n chat.NewMessage) (chat.Appended, error) {
	if err := n.Validate(); err != nil {
		return chat.Appended{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(n.Room)
	if err != nil {
		return chat.Appended{}, err
	}
	key := nonce{n.Sender, n.Nonce}
	if seq, ok := r.nonces[key]; ok {
		return chat.Appended{Message: r.messages[seq-1], Duplicate: true, Members: r.Members}, nil
	}
	at := chat.Millis(n.At)
	if n.Sender != "" {
		m, err := r.active(n.Sender)
		if err != nil {
			return chat.Appended{}, err
		}
		m.ReadSeq, m.ReadAt = r.LastSeq+1, at
	}
	r.LastSeq++
	r.LastRev++
	if at.After(r.LastAt) {
		r.LastAt = at
	}
	m := chat.Message{
		Room: n.Room, Seq: r.LastSeq, Rev: r.LastRev,
		Sender: n.Sender, Nonce: n.Nonce, Kind: n.Kind, Text: n.Text, CreatedAt: at,
	}
	r.messages = append(r.messages, m)
	if n.Nonce != "" {
		r.nonces[key] = m.Seq
	}
	a := chat.Appended{Message: m, Members: r.Members}
	a.Outbox, a.Claimed = c.enqueue(r, m, n)
	return a, nil
}

// Message implements chat.MessageStore.
func (c *Chat) Message(_ context.Context, ref chat.RoomRef, seq int64) (chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Message{}, err
	}
	if seq < 1 || seq > r.LastSeq {
		return chat.Message{}, fmt.Errorf("message %d of room %v: %w", seq, ref, chat.ErrNotFound)
	}
	return r.messages[seq-1], nil
}

// History implements chat.MessageStore.
func (c *Chat) History(_ context.Context, ref chat.RoomRef, q chat.HistoryQuery) (chat.Page, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Page{}, err
	}
	w := q.Window(r.LastSeq)
	p := chat.Page{HasOlder: w.HasOlder, HasNewer: w.HasNewer}
	if w.First <= w.Last {
		p.Messages = slices.Clone(r.messages[w.First-1 : w.Last])
	}
	return p, nil
}
