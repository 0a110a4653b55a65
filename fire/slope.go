package main

import "slices"

// median returns the middle of values, 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// slope returns the median of the slopes between all pairs of points (Theil and Sen): a few that are far off, as when a
// collector has just run, do not move it.
func slope(at, value []float64) float64 {
	var all []float64
	for i := range at {
		for j := range i {
			if at[i] != at[j] {
				all = append(all, (value[i]-value[j])/(at[i]-at[j]))
			}
		}
	}
	return median(all)
}
