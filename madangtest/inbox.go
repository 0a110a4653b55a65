package madangtest

import "sync"

// An Inbox is where a [Driver]'s reading goroutine leaves what came, until [Peer].Received asks for it.
type Inbox struct {
	mu    sync.Mutex
	lines []string
}

// Put adds a line.
func (b *Inbox) Put(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
}

// Received implements [Peer].
func (b *Inbox) Received() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}
