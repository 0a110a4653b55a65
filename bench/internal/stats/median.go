package stats

import "slices"

// Median returns the middle of values, the mean of the two middle ones when
// their number is even, and zero when there are none. It does not change values.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
