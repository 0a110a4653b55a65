package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Markdown returns the report as it stands in the documentation.
func (r *Report) Markdown() string {
	var b strings.Builder
	if r.Short {
		b.WriteString("**Smoke test: every step was taken, the figures mean nothing.**\n\n")
	}
	r.preamble(&b)
	for _, s := range Sections(r.Scale) {
		if slices.ContainsFunc(s.Figures, func(f Figure) bool { return r.measured(f.Key) }) {
			r.table(&b, s)
		}
	}
	r.remarks(&b)
	return b.String()
}

func (r *Report) preamble(b *strings.Builder) {
	var versions []string
	for _, v := range r.Versions {
		versions = append(versions, v.Name+" "+v.Version)
	}
	fmt.Fprintf(b, "- Machine: %s, %d cores shared by server and generator, %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel)
	fmt.Fprintf(b, "- Versions: %s\n", strings.Join(versions, ", "))
	fmt.Fprintf(b, "- Measured: %s, commit %s, %s\n", r.Date.UTC().Format("2006-01-02 15:04 UTC"), r.Commit, repeats(r.Repeats))
}

func repeats(n int) string {
	if n == 1 {
		return "one run of each cell"
	}
	return fmt.Sprintf("median of %d interleaved runs", n)
}

func (r *Report) table(b *strings.Builder, s Section) {
	head, line := "| workload | figure |", "|---|---|"
	var targets []Target
	for _, t := range r.Targets {
		if t.Speaks(s.Protocol) {
			targets = append(targets, t)
			head += " " + t.Title + " |"
			line += "--:|"
		}
	}
	base := s.Baseline
	if s.Beside != "" {
		base = pusherTitle // the only one that others stand beside
		head += " its " + base + " |"
		line += "--:|"
	}
	fmt.Fprintf(b, "\n## %s\n\n%s ours ÷ %s | gate | result |\n%s--:|--:|---|\n", s.Title, head, base, line)
	before := ""
	for _, f := range s.Figures {
		if !r.measured(f.Key) {
			continue
		}
		title := f.Workload
		if title == before {
			title = ""
		}
		before = f.Workload
		fmt.Fprintf(b, "| %s | %s |", title, f.Name)
		for _, t := range targets {
			fmt.Fprintf(b, " %s |", r.cell(t, f))
		}
		if s.Beside != "" {
			fmt.Fprintf(b, " %s |", r.besideCell(f))
		}
		fmt.Fprintf(b, " %s | %s | %s |\n", r.ratioCell(f), gateCell(f), r.resultCell(f))
	}
}

// measured reports whether any target was to bring this figure.
func (r *Report) measured(key string) bool {
	return slices.ContainsFunc(r.Runs, func(run Run) bool { return run.brings(key) })
}

// brings reports whether a figure comes from the workload of this run.
func (run *Run) brings(key string) bool {
	name, _, _ := strings.Cut(key, ".")
	return run.Workload == name
}

func (r *Report) cell(t Target, f Figure) string {
	if v, ok := r.Median(t.Name, f.Key); ok {
		return number(v, f.Digits)
	}
	if t.NotRun != "" {
		return "not run"
	}
	for _, run := range r.Runs {
		if run.Target == t.Name && run.Error == "" && run.brings(f.Key) {
			return "–" // a figure that it does not have
		}
	}
	return "failed"
}

// besideCell is what the baseline brought in the other protocol.
func (r *Report) besideCell(f Figure) string {
	v, ok := r.Median(f.Baseline, f.against())
	if !ok {
		return "–"
	}
	return number(v, f.Digits)
}

func (r *Report) ratioCell(f Figure) string {
	v, ok := r.Ratio(f)
	if !ok {
		return "–"
	}
	return number(v, 3)
}

func gateCell(f Figure) string {
	var all []string
	for _, g := range f.Gates {
		all = append(all, g.String())
	}
	return strings.Join(all, ", ")
}

func (r *Report) resultCell(f Figure) string {
	verdicts := r.Judge(f)
	if len(f.Gates) == 0 {
		return ""
	}
	for _, v := range verdicts {
		if !v.Passed {
			return "**fail**"
		}
	}
	if len(verdicts) < len(f.Gates) {
		return "open"
	}
	return "pass"
}

// number writes v with digits behind the point, or with commas when it has none.
func number(v float64, digits int) string {
	if digits == 0 && v >= 0 {
		return thousands(int(v + 0.5))
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

func (r *Report) remarks(b *strings.Builder) {
	b.WriteString("\n")
	for _, t := range r.Targets {
		if t.NotRun != "" {
			fmt.Fprintf(b, "%s was not run: %s\n", t.Title, oneLine(t.NotRun))
		}
	}
	for _, run := range r.Failures() {
		fmt.Fprintf(b, "- **failed**: %s, %s, repeat %d: %s\n", run.Target, run.Workload, run.Repeat, oneLine(run.Error))
	}
	failed, open := r.Failed()
	switch {
	case failed > 0:
		fmt.Fprintf(b, "Gates: **%d failed**, %d open.\n", failed, open)
	case open > 0:
		fmt.Fprintf(b, "Gates: none failed, %d open.\n", open)
	default:
		b.WriteString("Gates: all passed.\n")
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
