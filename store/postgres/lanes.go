package postgres

import (
	"context"
	"os"
	"sync"

	"madang/chat"
)

// lanes have the messages of each room stored one batch after another, so that a node never waits for itself at a room's lock,
// and whoever comes while a batch is under way goes along with the next.
type lanes struct {
	store *Store
	most  int // messages in a batch

	mu     sync.Mutex
	busy   map[chat.RoomRef]*lane // those with a goroutine
	closed bool
	idle   sync.WaitGroup // for the goroutines
}

// A lane is what waits for one room.
type lane struct{ waiting []*sending }

// A sending is a message on its way, and what became of it when done is closed.
type sending struct {
	n    chat.NewMessage
	a    chat.Appended
	err  error
	done chan struct{}
}

func newLanes(s *Store, most int) *lanes {
	return &lanes{store: s, most: most, busy: make(map[chat.RoomRef]*lane)}
}

// send stores a message and returns when it is committed. The context counts until a batch has taken it along; from then on
// there is an answer soon, and giving up would only leave the outcome unknown.
func (l *lanes) send(ctx context.Context, n chat.NewMessage) (chat.Appended, error) {
	s := &sending{n: n, done: make(chan struct{})}
	if err := l.queue(s); err != nil {
		return chat.Appended{}, err
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		if l.withdraw(s) {
			return chat.Appended{}, context.Cause(ctx)
		}
		<-s.done
	}
	return s.a, s.err
}

func (l *lanes) queue(s *sending) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return os.ErrClosed
	}
	at, ok := l.busy[s.n.Room]
	if !ok {
		at = &lane{}
		l.busy[s.n.Room] = at
		l.idle.Go(func() { l.run(s.n.Room, at) })
	}
	at.waiting = append(at.waiting, s)
	return nil
}

// withdraw takes a message back that no batch has taken yet, and reports whether it could.
func (l *lanes) withdraw(s *sending) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.busy[s.n.Room]
	if !ok {
		return false
	}
	for i, w := range at.waiting {
		if w == s {
			at.waiting = append(at.waiting[:i], at.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// ends reports whether nothing waits in a lane any more, and then removes it.
func (l *lanes) ends(room chat.RoomRef, at *lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(at.waiting) > 0 {
		return false
	}
	delete(l.busy, room)
	return true
}

// take returns the next batch of a lane; nil: all have given up.
func (l *lanes) take(at *lane) []*sending {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(at.waiting) == 0 {
		return nil
	}
	n := min(l.most, len(at.waiting))
	batch := at.waiting[:n:n]
	at.waiting = at.waiting[n:]
	return batch
}

// run stores what waits for a room until nothing does.
func (l *lanes) run(room chat.RoomRef, at *lane) {
	for !l.ends(room, at) {
		var batch []*sending
		err := l.store.transact(context.Background(), func(t *tx) error {
			// Only now: whoever came while all connections were in use goes along.
			if batch = l.take(at); batch == nil {
				return nil
			}
			return storeBatch(t, room, batch)
		})
		if batch == nil && err != nil {
			batch = l.take(at) // there was no connection for anybody
		}
		if len(batch) > 0 && runs(err) > 1 {
			err = l.store.again(context.Background(), func() error {
				return l.store.transact(context.Background(), func(t *tx) error { return storeBatch(t, room, batch) })
			})
		}
		for _, s := range batch {
			if err != nil {
				s.a, s.err = chat.Appended{}, err
			}
			close(s.done)
		}
	}
}

// close lets what waits be stored, refuses what comes, and returns when all is done.
func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.idle.Wait()
}
