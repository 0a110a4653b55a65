// Package stats holds the few statistics of the benchmark: quantiles of
// latencies and medians of repeats.
package stats

import (
	"math"
	"math/bits"
	"time"
)

const (
	subBits = 5 // 32 buckets in each power of two: an error below 3.2 %
	subs    = 1 << subBits
)

// A Histogram counts durations in buckets that are at most 1/32 of their value
// wide. The zero value is empty. Adding costs a few nanoseconds and never
// allocates.
type Histogram struct {
	buckets [(64 - subBits + 1) * subs]uint64
	count   uint64
}

// Add counts one duration; a negative one counts as zero.
func (h *Histogram) Add(d time.Duration) {
	h.buckets[bucket(uint64(max(0, d)))]++
	h.count++
}

// Count returns how many durations were added.
func (h *Histogram) Count() uint64 { return h.count }

// Reset empties the histogram.
func (h *Histogram) Reset() { *h = Histogram{} }

// Quantile returns the duration that a share q (0 to 1) of all durations does
// not exceed, rounded up to its bucket's end; zero when the histogram is empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	want := uint64(math.Ceil(q * float64(h.count)))
	want = min(max(want, 1), h.count)
	seen := uint64(0)
	for i, n := range h.buckets {
		seen += n
		if seen >= want {
			return time.Duration(bucketEnd(i))
		}
	}
	return time.Duration(bucketEnd(len(h.buckets) - 1))
}

func bucket(v uint64) int {
	if v < subs {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)*subs + int(v>>shift)&(subs-1)
}

// bucketEnd is the largest value that falls into bucket i.
func bucketEnd(i int) uint64 {
	if i < subs {
		return uint64(i)
	}
	shift := i/subs - 1
	return (uint64(i%subs|subs)+1)<<shift - 1
}
