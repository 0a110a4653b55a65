package ably

import (
	"math"
	"testing"
)

// TestSerials counts with what are numbers, but no counts.
func TestSerials(t *testing.T) {
	all := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, 10, math.MaxInt64 - 1, math.MaxInt64}
	for _, first := range all {
		for _, second := range all {
			var a acks
			a.add(first, answer{serials: []string{"one"}})
			known, ok := a.find(second)
			if want := second == first && first != math.MaxInt64; ok != want || ok && known.serials[0] != "one" {
				t.Errorf("%d after %d: %v, %v", second, first, known, ok)
			}
		}
	}
}
