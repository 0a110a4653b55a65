package madang

import "bytes"

// maxBatch is how much one write gathers, in bytes.
const maxBatch = 64 << 10

// A Batch is what a link may write now: whole units, one after another. It is only valid during Flush.
type Batch struct {
	bytes  []byte
	base   uint32 // what the ends of units are counted from
	units  []unit
	copied bool // bytes lie in the flusher's scratch buffer and will be overwritten
	kept   int
}

// Len returns the number of units.
func (b *Batch) Len() int { return len(b.units) }

// Bytes returns all units as one piece: what a carrier of bytes writes.
func (b *Batch) Bytes() []byte { return b.bytes }

// Unit returns one unit: for carriers that frame anew.
func (b *Batch) Unit(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = b.units[i-1].end - b.base
	}
	return b.bytes[start : b.units[i].end-b.base]
}

// Cut says what it means that only n bytes were written: how many units are taken, and the rest of the last of them,
// which the link now owes. That is the one that was cut in two or, if none was, the next: somebody must wait for room
// with bytes in hand. The rest stays valid after Flush. If all was written there is no rest.
func (b *Batch) Cut(n int) (units int, rest []byte) {
	for i := range b.units {
		end := int(b.units[i].end - b.base)
		if n >= end {
			continue
		}
		rest = b.bytes[n:end]
		if b.copied {
			rest = bytes.Clone(rest)
		}
		return i + 1, rest
	}
	return len(b.units), nil
}

// Keep says that the link keeps n bytes of what it took, and will call [Line.Ready] when they are written.
func (b *Batch) Keep(n int) { b.kept = n }
