package report

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/stats"
	"madang/bench/internal/workload"
)

// Ours is the target whose figures have gates.
const Ours = "madang"

// A Target is one server that was to be measured.
type Target struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Protocols []string `json:"protocols"`         // that it was measured in
	NotRun    string   `json:"not_run,omitempty"` // why it was not measured
}

// Speaks reports whether the target is measured in a protocol.
func (t *Target) Speaks(protocol string) bool { return slices.Contains(t.Protocols, protocol) }

// A Run is one workload against one fresh server.
type Run struct {
	Target   string             `json:"target"`
	Workload string             `json:"workload"`
	Repeat   int                `json:"repeat"` // from 1
	Seconds  float64            `json:"seconds"`
	Values   map[string]float64 `json:"values,omitempty"`
	Error    string             `json:"error,omitempty"`
}

// A Version names a program that took part.
type Version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// A Report is everything one run of the benchmark found out.
type Report struct {
	Date     time.Time      `json:"date"`
	Commit   string         `json:"commit"`
	Machine  proc.Machine   `json:"machine"`
	Versions []Version      `json:"versions"`
	Short    bool           `json:"short"` // a smoke test: figures mean nothing
	Repeats  int            `json:"repeats"`
	Scale    workload.Scale `json:"scale"`
	Targets  []Target       `json:"targets"`
	Runs     []Run          `json:"runs"`
}

// Median returns the median of a figure over the repeats of a target, and
// whether there is one.
func (r *Report) Median(target, key string) (float64, bool) {
	var values []float64
	for _, run := range r.Runs {
		if v, ok := run.Values[key]; ok && run.Target == target {
			values = append(values, v)
		}
	}
	return stats.Median(values), len(values) > 0
}

// Failures returns the runs that ended with an error.
func (r *Report) Failures() []Run {
	var failed []Run
	for _, run := range r.Runs {
		if run.Error != "" {
			failed = append(failed, run)
		}
	}
	return failed
}

// WriteJSON writes the report, its medians and its verdicts to a file.
func (r *Report) WriteJSON(path string) error {
	type verdict struct {
		Gate   string  `json:"gate"`
		Value  float64 `json:"value"`
		Passed bool    `json:"passed"`
	}
	whole := struct {
		*Report
		Medians map[string]map[string]float64 `json:"medians"`
		Gates   map[string]verdict            `json:"gates"`
	}{r, map[string]map[string]float64{}, map[string]verdict{}}
	for _, run := range r.Runs {
		if whole.Medians[run.Target] == nil {
			whole.Medians[run.Target] = map[string]float64{}
		}
		for key := range run.Values {
			whole.Medians[run.Target][key], _ = r.Median(run.Target, key)
		}
	}
	for _, f := range Figures(r.Scale) {
		for _, v := range r.Judge(f) {
			whole.Gates[f.Key+v.suffix()] = verdict{Gate: v.Gate.String(), Value: v.Value, Passed: v.Passed}
		}
	}
	b, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
