package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"
	"time"
)

func TestBucketsAreNarrow(t *testing.T) {
	narrow := func(v uint64) bool {
		v >>= v % 64 // all sizes equally often
		v = min(v, math.MaxInt64)
		i := bucket(v)
		end := bucketEnd(i)
		return end >= v && end-v <= v/subs && (i == 0 || bucketEnd(i-1) < v)
	}
	if err := quick.Check(narrow, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
	var h Histogram
	h.Add(math.MaxInt64)
	h.Add(-5)
	if h.Count() != 2 || h.Quantile(0) != 0 || h.Quantile(1) < math.MaxInt64 {
		t.Errorf("extremes: %d durations, %v to %v", h.Count(), h.Quantile(0), h.Quantile(1))
	}
}

func TestQuantileIsThatOfSortedValues(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]time.Duration, 10_000)
	for i := range values {
		values[i] = time.Duration(math.Exp(rng.Float64()*20)) + 1
		h.Add(values[i])
	}
	slices.Sort(values)
	for _, q := range []float64{0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1} {
		exact := values[int(math.Ceil(q*float64(len(values))))-1]
		got := h.Quantile(q)
		if got < exact || got-exact > exact/subs {
			t.Errorf("quantile %v is %v, exactly %v", q, got, exact)
		}
	}
	h.Reset()
	if h.Count() != 0 || h.Quantile(1) != 0 {
		t.Error("reset left something behind")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := slices.Clone(c.values)
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", before, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("median changed %v to %v", before, c.values)
		}
	}
}
