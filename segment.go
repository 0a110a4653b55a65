package madang

import "sort"

// sizeClasses are the capacities of segments: they grow while a log is behind. The last is also the size of a batch.
func sizeClasses() [4]int { return [...]int{512, 4 << 10, 16 << 10, maxBatch} }

// A unit is what a segment knows about one encoded event.
type unit struct {
	stamp    uint64 // the node's running number
	offset   uint64 // of its Position; 0: it has none
	skip     uint64 // number of the connection that does not get it; 0: none
	end      uint32 // offset in the segment just behind the unit
	kind     Kind
	volatile bool
}

// A segment is filled once, from front to back, and never reused: what a reader was handed stays as it is, and the
// collector frees the segment when the last reader has gone past it.
type segment struct {
	base  uint64 // position of buf[0] in the log
	buf   []byte // never grows beyond its first capacity
	units []unit
	mixed bool // some unit is not for everyone: volatile, skipping somebody, or no message

	epoch  string // of the last unit's position
	sealed bool   // the last unit must stay as it is: somebody may have seen it, or begins or ends behind it
}

func (s *segment) end() uint64 { return s.base + uint64(len(s.buf)) }

// find returns the index of the unit that starts at offset off.
func (s *segment) find(off uint32) int {
	if off == 0 {
		return 0
	}
	return sort.Search(len(s.units), func(i int) bool { return s.units[i].end > off })
}

// start returns where unit i begins.
func (s *segment) start(i int) uint32 {
	if i == 0 {
		return 0
	}
	return s.units[i-1].end
}
