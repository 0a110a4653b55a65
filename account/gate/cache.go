package gate

import (
	"sync"
	"time"

	"madang/account"
)

// A cache remembers what people may. It holds two generations of up to most entries each: when the young one is full it
// becomes the old one, and what was the old one is gone. What is used moves to the young one.
type cache struct {
	ttl  time.Duration
	most int

	mu         sync.Mutex
	on         bool   // others' changes are heard of
	changes    uint64 // how many there were
	young, old map[Holder]entry
}

// An entry is what was read, and when the reading began.
type entry struct {
	rights account.Rights
	at     time.Time
}

func newCache(ttl time.Duration, most int) *cache {
	return &cache{ttl: ttl, most: most, young: map[Holder]entry{}, old: map[Holder]entry{}}
}

// get returns what is remembered, or the number of changes so far, for put.
func (c *cache) get(h Holder, now time.Time) (r account.Rights, changes uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.young[h]
	if !ok {
		if e, ok = c.old[h]; ok {
			delete(c.old, h)
			c.add(h, e)
		}
	}
	if age := now.Sub(e.at); !ok || age >= c.ttl || age < 0 {
		return r, c.changes, false
	}
	return e.rights, c.changes, true
}

// put remembers what was read, unless something changed since get: whether it was read before or after that nobody knows.
func (c *cache) put(h Holder, r account.Rights, at time.Time, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.on && c.changes == changes {
		c.add(h, entry{r, at})
	}
}

func (c *cache) add(h Holder, e entry) {
	if _, there := c.young[h]; !there && len(c.young) >= c.most {
		c.young, c.old = map[Holder]entry{}, c.young
	}
	c.young[h] = e
}

// forget forgets some, and what is just being read.
func (c *cache) forget(all ...Holder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for _, h := range all {
		delete(c.young, h)
		delete(c.old, h)
	}
}

// clear forgets everything; on says whether to remember from now on.
func (c *cache) clear(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.on = on
	clear(c.young)
	clear(c.old)
}

// reset forgets everything, and goes on.
func (c *cache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	clear(c.young)
	clear(c.old)
}

// size returns how much is remembered.
func (c *cache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.young) + len(c.old)
}
