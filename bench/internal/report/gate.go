package report

import (
	"cmp"
	"strconv"
)

// A Gate is what the project demands of one of its own figures.
type Gate struct {
	Limit    float64
	Relative bool // of the figure divided by the baseline's
	Least    bool // the limit is the least that passes, not the most
}

func ratio(limit float64) Gate  { return Gate{Limit: limit, Relative: true} }
func atMost(limit float64) Gate { return Gate{Limit: limit} }

// every is the Gate of a percentage of which nothing may be missing.
func every() Gate { return Gate{Limit: 100, Least: true} }

// String returns the gate as it stands in the table.
func (g Gate) String() string {
	s := "≤ "
	if g.Least {
		s = "≥ "
	}
	s += strconv.FormatFloat(g.Limit, 'f', -1, 64)
	if g.Relative {
		s += " ×"
	}
	return s
}

// A Verdict is a gate with the value that it judged.
type Verdict struct {
	Gate   Gate
	Value  float64
	Passed bool
}

func (v Verdict) suffix() string {
	if v.Gate.Relative {
		return ".ratio"
	}
	return ""
}

// Judge applies a figure's gates. A gate whose values were not measured gives
// no verdict.
func (r *Report) Judge(f Figure) []Verdict {
	var all []Verdict
	for _, g := range f.Gates {
		value, ok := r.Median(Ours, f.Key)
		if g.Relative {
			value, ok = r.Ratio(f)
		}
		if !ok {
			continue
		}
		passed := value <= g.Limit
		if g.Least {
			passed = value >= g.Limit
		}
		all = append(all, Verdict{Gate: g, Value: value, Passed: passed})
	}
	return all
}

// Ratio returns our figure divided by its baseline's, and whether both exist.
func (r *Report) Ratio(f Figure) (float64, bool) {
	ours, ok := r.Median(Ours, f.Key)
	base, known := r.Median(f.Baseline, f.against())
	if !ok || !known || base == 0 {
		return 0, false
	}
	return ours / base, true
}

// against is the key of the value that ours is divided by.
func (f Figure) against() string { return cmp.Or(f.Against, f.Key) }

// Failed returns how many gates failed, and how many gave no verdict because
// something was not measured.
func (r *Report) Failed() (failed, open int) {
	for _, f := range Figures(r.Scale) {
		verdicts := r.Judge(f)
		open += len(f.Gates) - len(verdicts)
		for _, v := range verdicts {
			if !v.Passed {
				failed++
			}
		}
	}
	return failed, open
}
