package mail

import (
	"context"
	"slices"
	"sync"
	"time"
)

// BoxSize is how many mails a Box keeps; older ones go.
const BoxSize = 100

// A Box is a Sender that delivers nothing and keeps what it was given, to be read by developers and tests. The zero value is
// ready.
type Box struct {
	mu   sync.Mutex
	kept []Kept
	next int64
}

// Kept is a mail in a Box.
type Kept struct {
	ID int64 // grows
	At time.Time
	Message
}

// Send implements Sender.
func (b *Box) Send(_ context.Context, m Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	if len(b.kept) >= BoxSize {
		b.kept = slices.Delete(b.kept, 0, len(b.kept)-BoxSize+1)
	}
	b.kept = append(b.kept, Kept{ID: b.next, At: time.Now(), Message: m})
	return nil
}

// Mails returns what is in the box, the newest first.
func (b *Box) Mails() []Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.kept)
	slices.Reverse(all)
	return all
}
