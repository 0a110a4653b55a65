package madangtest

import (
	"context"
	"sync"
	"time"

	"madang"
)

// Later wraps a broker so that its deliveries come later, on a goroutine of the node: in their order, each after a
// delay. A nil delay is none. Close drops what is still under way.
func Later(b madang.Broker, delay func() time.Duration) madang.Broker {
	if delay == nil {
		delay = func() time.Duration { return 0 }
	}
	return &later{Broker: b, delay: delay, wake: make(chan struct{}, 1), quit: make(chan struct{})}
}

type later struct {
	madang.Broker
	delay func() time.Duration
	wake  chan struct{}

	mu    sync.Mutex
	queue []*madang.Event

	quit    chan struct{}
	closing sync.Once
	done    sync.WaitGroup
}

// Start implements [madang.Broker].
func (l *later) Start(ctx context.Context, r madang.Receiver) error {
	l.done.Go(func() { l.run(r) })
	return l.Broker.Start(ctx, l)
}

// Receive implements [madang.Receiver].
func (l *later) Receive(e *madang.Event) {
	l.mu.Lock()
	l.queue = append(l.queue, e)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *later) run(r madang.Receiver) {
	for {
		select {
		case <-l.wake:
		case <-l.quit:
			return
		}
		l.mu.Lock()
		es := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, e := range es {
			if !l.pass() {
				return
			}
			r.Receive(e)
		}
	}
}

// pass waits for the delay; false if the broker was closed.
func (l *later) pass() bool {
	d := l.delay()
	if d <= 0 {
		select {
		case <-l.quit:
			return false
		default:
			return true
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.quit:
		return false
	}
}

// Close implements [madang.Broker].
func (l *later) Close() error {
	err := l.Broker.Close()
	l.closing.Do(func() { close(l.quit) })
	l.done.Wait()
	return err
}
