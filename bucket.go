package madang

import "time"

// A bucket is an allowance of so many per second, with a burst. The zero value is full.
type bucket struct {
	last time.Time
	used float64 // of the burst
}

func (b *bucket) take(now time.Time, rate, burst int) bool {
	if d := now.Sub(b.last); b.last.IsZero() {
		b.last = now
	} else if d > 0 { // a clock that was set back gives nothing and takes nothing
		b.used = max(0, b.used-d.Seconds()*float64(rate))
		b.last = now
	}
	if b.used+1 > float64(burst) {
		return false
	}
	b.used++
	return true
}
