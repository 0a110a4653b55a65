//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"

	"madang/bench/internal/proc"
	"madang/bench/internal/stats"
	"madang/bench/internal/workload"
)

// Gates: what several nodes may cost for each delivery, over what one on Redis does.
const (
	gateCPU   = 1.10
	gateCalls = 1.05
)

// findings are the values of all runs, by cluster and key.
type findings map[cluster]map[string][]float64

func (f findings) add(c cluster, values workload.Values) {
	if f[c] == nil {
		f[c] = map[string][]float64{}
	}
	for k, v := range values {
		k = strings.TrimPrefix(k, workload.NATS+"-")
		f[c][k] = append(f[c][k], v)
	}
}

// median returns the middle of what was measured; ok is false if nothing was.
func (f findings) median(c cluster, key string) (v float64, ok bool) {
	all := f[c][key]
	return stats.Median(all), len(all) > 0
}

// A line is one row of a table.
type line struct {
	key, text string
	times     float64 // that the value is multiplied by; 0: 1
	gate      float64 // of the most nodes over one, both on Redis; 0: none
}

// A table is one workload's.
type table struct {
	title string
	lines []line
}

// tables returns what is reported. Everything but the fan-out to a thousand is reported without gates: in small rooms nearly
// every delivery is at a node of its own, so that what a message costs at each node cannot be shared.
func tables(s workload.Scale) []table {
	lines := func(workload string, each int, cpu, calls float64) []line {
		return []line{
			{workload + ".cpu", "nodes' CPU s per million deliveries", 1, cpu},
			{workload + ".cpu", "nodes' CPU ms per publish", float64(each) / 1e3, 0},
			{workload + ".aside", "Redis's CPU ms per publish, not counted above", float64(each) / 1e3, 0},
			{workload + ".writes", "write calls per delivery", 1, calls},
			{workload + ".allocations", "allocations per delivery", 1, calls},
			{workload + ".commands", "Redis commands per publish, heartbeats among them", float64(each), 0},
			{workload + ".rate", "deliveries/s", 1, 0},
			{workload + ".p99", "p99 ms", 1, 0},
		}
	}
	return []table{
		{fmt.Sprintf("1 → %d, one by one", s.Fan), lines("one", s.Fan, gateCPU, gateCalls)},
		{fmt.Sprintf("1 → %d, %d in flight", s.Fan, s.Burst), lines("burst", s.Fan, 0, 0)},
		{fmt.Sprintf("%d rooms of %d, all publishing", s.Rooms, s.Members), lines("rooms", s.Members, 0, 0)},
	}
}

// write writes the tables in Markdown and returns how many gates were missed.
func write(w io.Writer, o *options, f findings) (failed int) {
	m := proc.ThisMachine()
	if o.short {
		fmt.Fprint(w, "**Smoke test: every step was taken, the figures mean nothing.**\n\n")
	}
	fmt.Fprintf(w, "%s, %d cores shared by all nodes, Redis and the generator, %s; medians of %d interleaved runs.\n", m.CPU, m.Cores, m.Kernel, o.repeats)
	all := o.clusters()
	for _, t := range tables(o.scale) {
		fmt.Fprintf(w, "\n### %s\n\n| figure |", t.title)
		for _, c := range all {
			fmt.Fprintf(w, " %s |", c.title())
		}
		fmt.Fprintf(w, " %d ÷ 1 on Redis | gate | result |\n|---|%s--:|--:|---|\n", o.most, strings.Repeat("--:|", len(all)))
		for _, l := range t.lines {
			fmt.Fprintf(w, "| %s |", l.text)
			for _, c := range all {
				fmt.Fprintf(w, " %s |", f.figure(c, l))
			}
			ratio, verdict, missed := f.judge(l, o.most)
			fmt.Fprintf(w, " %.3f | %s |\n", ratio, verdict)
			failed += missed
		}
	}
	return failed
}

// judge compares the most nodes on Redis with one.
func (f findings) judge(l line, most int) (ratio float64, verdict string, missed int) {
	a, _ := f.median(cluster{joined, most}, l.key)
	b, _ := f.median(cluster{joined, 1}, l.key)
	switch ratio = a / b; {
	case l.gate == 0:
		return ratio, " | ", 0
	case ratio <= l.gate:
		return ratio, fmt.Sprintf("≤ %.2f × | pass", l.gate), 0
	}
	return ratio, fmt.Sprintf("≤ %.2f × | **fail**", l.gate), 1
}

// figure writes a median; a cluster need not have it.
func (f findings) figure(c cluster, l line) string {
	v, ok := f.median(c, l.key)
	v *= l.times
	switch {
	case !ok:
		return "–"
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
