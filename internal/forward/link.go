package forward

import (
	"context"
	"encoding/binary"
	"time"

	"madang"
)

const (
	aliveTime  = 1500 * time.Millisecond // between two keep-alives, while anything is under way
	silentTime = 5 * time.Second         // after which a node that does not say anything is taken for dead
	freshTime  = 30 * time.Second        // of silence, after which letters are numbered anew
	idleTime   = 2 * freshTime           // after which a link without streams is forgotten
	sendTime   = 5 * time.Second         // that the broker may take for one letter
	letterSize = 128 << 10               // from which on a letter is not made longer
)

// A link is what this node knows of another. The Forwarder's mu guards all of it.
type link struct {
	home   *Forwarder
	to     madang.NodeID
	mine   map[uint64]*stream // asked here
	theirs map[uint64]*stream // asked there

	queue   [][]byte // frames of letters that are not sent yet
	sending bool
	epoch   uint64 // of the letters that are sent
	number  uint64 // of the last one
	used    time.Time

	heardEpoch  uint64 // of the letters that come
	heardNumber uint64
	heard       time.Time
}

// join takes a stream into the books; mu is held.
func (l *link) join(s *stream) {
	if len(l.mine)+len(l.theirs) == 0 && time.Since(l.used) > freshTime {
		l.epoch = 0
	}
	books := l.theirs
	if s.mine {
		books = l.mine
	}
	books[s.id] = s
	l.home.open[side(s.mine)]++
}

// drop takes a stream out of the books; false if that has been done.
func (l *link) drop(s *stream) bool {
	l.home.mu.Lock()
	defer l.home.mu.Unlock()
	books := l.theirs
	if s.mine {
		books = l.mine
	}
	if books[s.id] != s {
		return false
	}
	delete(books, s.id)
	l.home.open[side(s.mine)]--
	return true
}

func side(mine bool) int {
	if mine {
		return 0
	}
	return 1
}

// send sends frames behind those that were sent before. It does not wait: what may be under way is bounded by credit.
func (l *link) send(frames ...frame) {
	l.home.mu.Lock()
	defer l.home.mu.Unlock()
	l.put(frames...)
}

// put is send; mu is held.
func (l *link) put(frames ...frame) {
	for i := range frames {
		last := len(l.queue) - 1
		if last < 0 || len(l.queue[last]) > letterSize {
			l.queue = append(l.queue, nil)
			last++
		}
		l.queue[last] = frames[i].append(l.queue[last])
	}
	if !l.sending && len(l.queue) > 0 {
		l.sending = true
		go l.deliver()
	}
}

// deliver sends letters as long as there are any.
func (l *link) deliver() {
	r := l.home
	for {
		r.mu.Lock()
		if len(l.queue) == 0 {
			l.sending = false
			r.mu.Unlock()
			return
		}
		frames := l.queue[0]
		l.queue = l.queue[1:]
		if l.epoch == 0 {
			l.epoch, l.number = randomEpoch(), 0
		}
		l.number++
		l.used = time.Now()
		text := letter{from: string(r.o.Hub.Node()), epoch: l.epoch, number: l.number, frames: frames}
		r.mu.Unlock()
		if err := r.publish(l.to, text.append(make([]byte, 0, len(frames)+64))); err != nil {
			r.o.Log.Warn("another node could not be told something; what was under way between the two has failed", "node", l.to, "error", err)
			l.reset(errReset)
		}
	}
}

func (r *Forwarder) publish(to madang.NodeID, data []byte) error {
	ctx, done := context.WithTimeout(context.Background(), sendTime)
	defer done()
	_, err := r.o.Hub.Publish(ctx, &madang.Message{Channel: r.channel(to), Data: data, Type: madang.Binary, Transient: true})
	return err
}

// reset fails everything that is under way with the other node.
func (l *link) reset(err error) {
	l.home.mu.Lock()
	defer l.home.mu.Unlock()
	l.failAll(err, time.Time{})
}

// renumber does what the other node asks for that misses something, or has heard nothing: what was under way has failed, and
// letters are numbered anew, so that what comes later is not taken for what came behind a loss.
func (l *link) renumber() {
	l.home.mu.Lock()
	defer l.home.mu.Unlock()
	l.failAll(errReset, time.Time{})
	l.epoch = 0
}

// failAll fails all streams, or those that began before a time, and reports whether there were any; mu is held.
func (l *link) failAll(err error, before time.Time) (some bool) {
	for i, books := range []map[uint64]*stream{l.mine, l.theirs} {
		for id, s := range books {
			if !before.IsZero() && s.began.After(before) {
				continue
			}
			some = true
			delete(books, id)
			l.home.open[i]--
			l.put(s.frame(opAbort, nil))
			go func() { // it has a lock of its own, which others hold when they come for this one
				s.mu.Lock()
				defer s.mu.Unlock()
				s.fail(err)
			}()
		}
	}
	return some
}

// accept looks at the number of a letter; false if it has been there. If one is missing everything under way fails, here and
// there. mu is held.
func (l *link) accept(t letter) bool {
	if t.epoch != l.heardEpoch { // nothing was under way there for so long that what was here has failed; or it was asked for here
		l.heardEpoch, l.heardNumber = t.epoch, 0
	}
	if t.number <= l.heardNumber {
		return false
	}
	if t.number != l.heardNumber+1 {
		l.home.o.Log.Warn("something that another node has sent was lost; what was under way between the two has failed", "node", l.to,
			"letters", t.number-l.heardNumber-1)
		l.failAll(errReset, time.Time{})
		l.put(frame{op: opReset})
	}
	l.heardNumber, l.heard = t.number, time.Now()
	return true
}

// tick keeps a link alive, or finds that it is not; false if it can be forgotten. mu is held.
func (l *link) tick(now time.Time) bool {
	if len(l.mine)+len(l.theirs) == 0 {
		return now.Sub(l.used) < idleTime || now.Sub(l.heard) < idleTime || len(l.queue) > 0
	}
	if now.Sub(l.heard) > silentTime {
		if l.failAll(errSilent, now.Add(-silentTime)) {
			l.put(frame{op: opReset})
		}
	}
	l.put(frame{op: opAlive})
	return true
}

func appendUint(dst []byte, n int) []byte {
	return binary.AppendUvarint(dst, uint64(n))
}
