package chat

import (
	"context"
	"fmt"
	"time"

	"madang"
)

// A Draft is a message that somebody wants to send.
type Draft struct {
	Text  string // see TextLimits.Clean
	Nonce string // up to MaxNonce bytes; makes sending the draft again harmless

	// Skip, ClaimedBy and ClaimedUntil are those of NewMessage.
	Skip         madang.ConnID
	ClaimedBy    string
	ClaimedUntil time.Time
}

// Send stores a message of the user, who must be a member, and moves their read cursor to it. It does not publish it: the
// outbox entry does that.
func (s *Service) Send(ctx context.Context, by UserRef, room string, d Draft) (Appended, error) {
	text, err := s.config.text().Clean(d.Text)
	if err != nil {
		return Appended{}, fmt.Errorf("chat: send to room %v: %w", by.Room(room), err)
	}
	if err := checkNonce(d.Nonce); err != nil {
		return Appended{}, fmt.Errorf("chat: send to room %v: %w", by.Room(room), err)
	}
	if err := checkSkip(d.Skip); err != nil {
		return Appended{}, fmt.Errorf("chat: send to room %v: %w", by.Room(room), err)
	}
	if err := checkUser(by); err != nil {
		return Appended{}, fmt.Errorf("chat: send to room %v: %w", by.Room(room), err)
	}
	a, err := s.store.Append(ctx, NewMessage{
		Room:         by.Room(room),
		Sender:       by.ID,
		Nonce:        d.Nonce,
		Kind:         MessageText,
		Text:         text,
		At:           Millis(s.now()),
		Skip:         d.Skip,
		ClaimedBy:    d.ClaimedBy,
		ClaimedUntil: d.ClaimedUntil,
	})
	if err != nil {
		return Appended{}, fmt.Errorf("chat: send to room %v: %w", by.Room(room), err)
	}
	return a, nil
}

// Announce stores a system message, on the server's own authority.
func (s *Service) Announce(ctx context.Context, ref RoomRef, d Draft) (Appended, error) {
	text, err := s.config.text().Clean(d.Text)
	if err != nil {
		return Appended{}, fmt.Errorf("chat: announce in room %v: %w", ref, err)
	}
	if err := checkNonce(d.Nonce); err != nil {
		return Appended{}, fmt.Errorf("chat: announce in room %v: %w", ref, err)
	}
	a, err := s.store.Append(ctx, NewMessage{
		Room:         ref,
		Nonce:        d.Nonce,
		Kind:         MessageSystem,
		Text:         text,
		At:           Millis(s.now()),
		ClaimedBy:    d.ClaimedBy,
		ClaimedUntil: d.ClaimedUntil,
	})
	if err != nil {
		return Appended{}, fmt.Errorf("chat: announce in room %v: %w", ref, err)
	}
	return a, nil
}

// History returns a page of a room that the user may read. What is hidden from the user is not in it, whatever q.From says.
func (s *Service) History(ctx context.Context, by UserRef, room string, q HistoryQuery) (Page, error) {
	from, err := s.reader(ctx, by, room)
	if err != nil {
		return Page{}, fmt.Errorf("chat: history: %w", err)
	}
	q.From = max(q.From, from)
	p, err := s.store.History(ctx, by.Room(room), q)
	if err != nil {
		return Page{}, fmt.Errorf("chat: history: %w", err)
	}
	return p, nil
}

// Message returns one message of a room that the user may read. A message that is hidden from them is not found.
func (s *Service) Message(ctx context.Context, by UserRef, room string, seq int64) (Message, error) {
	from, err := s.reader(ctx, by, room)
	if err != nil {
		return Message{}, fmt.Errorf("chat: message: %w", err)
	}
	if seq < from {
		return Message{}, fmt.Errorf("chat: message %d of room %v: %w", seq, by.Room(room), ErrNotFound)
	}
	m, err := s.store.Message(ctx, by.Room(room), seq)
	if err != nil {
		return Message{}, fmt.Errorf("chat: message: %w", err)
	}
	return m, nil
}

// MarkRead says that the user, who must be a member, has read everything up to seq, and reports whether that was news.
func (s *Service) MarkRead(ctx context.Context, by UserRef, room string, seq int64) (Member, bool, error) {
	m, moved, err := s.store.MarkRead(ctx, by.Room(room), by.ID, seq, Millis(s.now()))
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: mark read: %w", err)
	}
	return m, moved, nil
}

// Unread returns how much the user has not read in each room, and in all of them.
func (s *Service) Unread(ctx context.Context, by UserRef) (rooms []Unread, total int64, err error) {
	rooms, err = s.store.Unread(ctx, by)
	if err != nil {
		return nil, 0, fmt.Errorf("chat: unread: %w", err)
	}
	for _, r := range rooms {
		total += r.Count
	}
	return rooms, total, nil
}

// UnreadTotal returns how much the user has not read in all rooms.
func (s *Service) UnreadTotal(ctx context.Context, by UserRef) (int64, error) {
	n, err := s.store.UnreadTotal(ctx, by)
	if err != nil {
		return 0, fmt.Errorf("chat: unread total: %w", err)
	}
	return n, nil
}
