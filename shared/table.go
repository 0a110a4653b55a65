package shared

import (
	"container/heap"
	"time"
)

// An entry is one window, bucket or key.
type entry struct {
	key   string
	end   time.Time
	n     int64  // of a window
	mark  string // of a key
	reply []byte // of a key; nil: none yet
	index int    // in the heap
}

// A table holds entries by key and by their end.
type table struct {
	most int
	all  map[string]*entry
	ends ends
}

func newTable(most int) table { return table{most: most, all: map[string]*entry{}} }

func (t *table) put(key string, end time.Time) *entry {
	e := &entry{key: key, end: end}
	t.all[key] = e
	heap.Push(&t.ends, e)
	return e
}

// bound lets go of what ends first, if there is too much.
func (t *table) bound() {
	if len(t.all) > t.most {
		t.remove(t.ends[0])
	}
}

func (t *table) move(e *entry, end time.Time) {
	e.end = end
	heap.Fix(&t.ends, e.index)
}

func (t *table) remove(e *entry) {
	heap.Remove(&t.ends, e.index)
	delete(t.all, e.key)
}

// forget removes and returns what has ended.
func (t *table) forget(now time.Time) (gone []*entry) {
	for len(t.ends) > 0 && !t.ends[0].end.After(now) {
		gone = append(gone, t.ends[0])
		t.remove(t.ends[0])
	}
	return gone
}

// ends is a heap of entries, the one that ends first on top.
type ends []*entry

// Len implements heap.Interface.
func (e ends) Len() int { return len(e) }

// Less implements heap.Interface.
func (e ends) Less(i, j int) bool { return e[i].end.Before(e[j].end) }

// Swap implements heap.Interface.
func (e ends) Swap(i, j int) { e[i], e[j] = e[j], e[i]; e[i].index, e[j].index = i, j }

// Push implements heap.Interface.
func (e *ends) Push(x any) {
	if one, ok := x.(*entry); ok {
		one.index = len(*e)
		*e = append(*e, one)
	}
}

// Pop implements heap.Interface.
func (e *ends) Pop() any {
	last := len(*e) - 1
	one := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return one
}
