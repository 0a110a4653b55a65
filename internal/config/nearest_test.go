package config

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDistance sees that the distance is one of the same letters in both directions, and that one slip costs one.
func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-d_]{0,8}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("distance %d, back %d", d, distance(b, a))
		}
		if a == "" {
			return
		}
		i := rapid.IntRange(0, len(a)-1).Draw(t, "i")
		if d := distance(a, a[:i]+a[i+1:]); d != 1 {
			t.Fatalf("without letter %d: %d", i, d)
		}
		if i > 0 && a[i] != a[i-1] {
			if d := distance(a, a[:i-1]+a[i:i+1]+a[i-1:i]+a[i+1:]); d != 1 {
				t.Fatalf("letter %d swapped: %d", i, d)
			}
		}
	})
}
