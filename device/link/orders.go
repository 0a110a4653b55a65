package link

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"madang/device"
)

// memory is how many commands are remembered by this process, so that one that is delivered again is answered as before. Of
// older ones the home knows.
const memory = 1024

// grace is how much longer than a command's time its outcome is waited for.
const grace = 2 * time.Second

// orders carry out what the cloud commands.
type orders struct {
	link *Link

	mu      sync.Mutex
	open    int
	waiting map[string][]order // by device, while it is at work: what comes next
	known   map[string]*answer // by id: what became of it; nil: it is on its way
	ids     []string           // of known, the oldest first
}

// An order is a command of the cloud, and until when it may be carried out.
type order struct {
	delivery
	until time.Time
}

// take takes a command that has arrived. One that is known is answered as it was before.
func (o *orders) take(ctx context.Context, d delivery, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if before, known := o.known[d.ID]; known {
		if before != nil && !before.late {
			o.link.pile.answer(*before)
		}
		return
	}
	if o.open >= device.MaxOpen {
		o.link.pile.answer(answer{Command: d.ID, Note: note(device.ErrTooMany)})
		return
	}
	if o.known == nil {
		o.known, o.waiting = map[string]*answer{}, map[string][]order{}
	}
	o.known[d.ID], o.ids = nil, append(o.ids, d.ID)
	o.forget()
	o.open++
	queue, working := o.waiting[d.Device]
	o.waiting[d.Device] = append(queue, order{d, until})
	if !working {
		o.link.work.Go(func() { o.work(ctx, d.Device) })
	}
}

// forget forgets the oldest commands that have ended, when there are too many.
func (o *orders) forget() {
	for i := 0; len(o.ids) > memory && i < len(o.ids); {
		if o.known[o.ids[i]] == nil {
			i++
			continue
		}
		delete(o.known, o.ids[i])
		o.ids = slices.Delete(o.ids, i, i+1)
	}
}

// work carries out the commands of a device, one after another, until there are none.
func (o *orders) work(ctx context.Context, what string) {
	for {
		o.mu.Lock()
		queue := o.waiting[what]
		if len(queue) == 0 {
			delete(o.waiting, what)
			o.mu.Unlock()
			return
		}
		next := queue[0]
		o.waiting[what] = queue[1:]
		o.mu.Unlock()

		a := o.carryOut(ctx, next)
		o.mu.Lock()
		o.open--
		o.known[next.ID] = a
		o.mu.Unlock()
		if !a.late {
			o.link.pile.answer(*a)
		}
	}
}

// carryOut carries a command out, if it is still time. Of one whose time is over the cloud knows by itself.
func (o *orders) carryOut(ctx context.Context, next order) *answer {
	a := &answer{Command: next.ID}
	within := time.Until(next.until)
	if within <= 0 {
		a.late = true
		return a
	}
	ctx, done := context.WithTimeout(ctx, within+grace)
	defer done()
	c, err := o.link.Home.Order(ctx, next.ID, next.Device, next.Set, within)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		a.late = true
	case err != nil:
		o.link.Log.Warn("link: a command of the cloud could not be carried out", "command", next.ID, "device", next.Device, "error", err)
		a.Note = note(err)
	case c.State == device.Done:
		a.Done = true
	case c.State == device.Refused:
		a.Note = c.Note
	default:
		a.late = true
	}
	return a
}
