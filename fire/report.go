package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"madang/fire/judge"
)

// table writes what has happened as Markdown.
func (b *battle) table(v *judge.Verdict) string {
	var s strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	put("%s; %d nodes, %d clients in rooms of %d, about %d messages a second; seed %d.\n", machine(), b.o.nodes, b.o.clients, roomSize, b.o.rate, b.o.seed)
	put("| | %s |", columns(func(f judge.Family) string { return string(f) }))
	put("|---|%s", strings.Repeat("---:|", len(judge.Families())))
	row := func(name string, value func(*judge.Count) string) {
		put("| %s | %s |", name, columns(func(f judge.Family) string { return value(v.Families[f]) }))
	}
	number := func(name string, value func(*judge.Count) int) {
		row(name, func(c *judge.Count) string { return fmt.Sprint(value(c)) })
	}
	number("clients", func(c *judge.Count) int { return c.Clients })
	number("messages sent", func(c *judge.Count) int { return c.Sent })
	number("acknowledged", func(c *judge.Count) int { return c.Acked })
	number("refused or unanswered, some more than once", func(c *judge.Count) int { return c.Refused })
	number("heard, by all clients together", func(c *judge.Count) int { return c.Delivered })
	number("found in the history after having been away", func(c *judge.Count) int { return c.Found })
	number("**promised and lost, untold**", func(c *judge.Count) int { return c.Lost })
	number("**out of order**", func(c *judge.Count) int { return c.Disorder })
	number("**clients that did not come back**", func(c *judge.Count) int { return c.NotBack })
	number("**clients that saw somebody else than is there**", func(c *judge.Count) int { return c.PresenceWrong })
	number("heard twice, before anything is removed", func(c *judge.Count) int { return c.Duplicates })
	number("deliveries that did not come, of which the client was told", func(c *judge.Count) int { return c.Missed })
	number("of them, told after something later", func(c *judge.Count) int { return c.ToldLate })
	number("acknowledged and got by nobody, told", func(c *judge.Count) int { return c.Gone })
	number("found in the history though something later had been heard", func(c *judge.Count) int { return c.LiveGaps })
	number("disconnections", func(c *judge.Count) int { return len(c.Away) })
	row("away, p50 / p99", func(c *judge.Count) string {
		return fmt.Sprintf("%s / %s", seconds(judge.Percentile(c.Away, 50)), seconds(judge.Percentile(c.Away, 99)))
	})
	put("\nWhat happened: %s.\n", b.happened())
	for _, f := range judge.Families() {
		c := v.Families[f]
		put("%s. Why connections ended: %s. Errors that the libraries reported: %s. Why messages were not acknowledged: %s.\n",
			f, list(c.Downs), list(c.Errors), list(c.Whys))
	}
	return s.String()
}

func columns(value func(judge.Family) string) string {
	var all []string
	for _, f := range judge.Families() {
		all = append(all, value(f))
	}
	return strings.Join(all, " | ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// happened counts the faults.
func (b *battle) happened() string {
	counts, longest, text := map[string]int{}, map[string]time.Duration{}, map[string]string{}
	for _, e := range b.done {
		counts[e.name]++
		longest[e.name] = max(longest[e.name], e.took)
		text[e.name] = e.text
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%d × %s (over after %s at most)", counts[name], text[name], seconds(longest[name])))
	}
	return strings.Join(all, "; ")
}

// list tells counts, the largest first.
func list(counts map[string]int) string {
	if len(counts) == 0 {
		return "none"
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	var all []string
	for i, name := range names {
		if i == 8 {
			all = append(all, fmt.Sprintf("%d other kinds", len(names)-i))
			break
		}
		all = append(all, fmt.Sprintf("%d × %s", counts[name], cmp.Or(strings.TrimSpace(name), "no reason")))
	}
	return strings.Join(all, ", ")
}
