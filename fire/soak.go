package main

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// warmUp is after how long nothing may grow any more: the longest that the server remembers anything for a while, ids of messages
// and clients that may come back, is two minutes. A short soak warms up for half of it.
const warmUp = 150 * time.Second

// A gauge is something that is sampled during a soak and may not grow.
type gauge struct {
	name  string
	unit  float64 // by which it is divided for people
	free  float64 // as much growth means nothing
	at    []float64
	value []float64
}

// A soaking is what is sampled.
type soaking struct {
	b      *battle
	began  time.Time
	gauges []*gauge
}

// soak lets the crowd talk, and come and go, for a time, and returns what was sampled meanwhile.
func (b *battle) soak() *soaking {
	b.t.Helper()
	s := &soaking{b: b, began: time.Now()}
	b.all("send", "", 0)
	b.all("churn", "", 0)
	b.p.say("soaking")
	for end := s.began.Add(b.o.soak); time.Now().Before(end); time.Sleep(max(b.o.soak/200, 2*time.Second)) {
		s.sample()
	}
	b.all("settle", "", 0)
	return s
}

// sample takes everything once.
func (s *soaking) sample() {
	s.b.t.Helper()
	for _, n := range s.b.c.Nodes {
		values, err := scrape(n.Metrics + "/metrics")
		if err != nil {
			s.b.t.Fatalf("%s: %v", n.Name, err)
		}
		s.add(n.Name+": goroutines", 1, 30, values["go_goroutines"])
		// What the collector found alive last, and its goal: in use goes up and down with the collector.
		s.add(n.Name+": heap goal, MiB", 1<<20, 8<<20, values["go_memstats_next_gc_bytes"])
		s.add(n.Name+": heap in use, MiB", 1<<20, 12<<20, values["go_memstats_heap_inuse_bytes"])
		s.add(n.Name+": descriptors", 1, 30, values["process_open_fds"])
	}
	kinds := s.keys()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		s.add("Redis: keys, "+kind, 1, 50, float64(kinds[kind]))
	}
	rows := strings.Split(s.b.c.SQL("SELECT (SELECT count(*) FROM outbox) || ' ' || (SELECT count(*) FROM pg_stat_activity)"), " ")
	for i, name := range []string{"PostgreSQL: rows in the outbox", "PostgreSQL: connections"} {
		n, err := strconv.ParseFloat(strings.TrimSpace(rows[i]), 64)
		if err != nil {
			s.b.t.Fatal(err)
		}
		s.add(name, 1, 30, n)
	}
}

// keys counts Redis's keys by what they are, which stands behind the hash tag.
func (s *soaking) keys() map[string]int {
	names := map[string]string{"m": "histories", "s": "what was spoken", "p": "presence sets", "h": "presence sets", "u": "presence sets"}
	counts := map[string]int{"all": 0}
	for key := range strings.FieldsSeq(s.b.c.Redis.Master().Do("KEYS", "*")) {
		_, rest, _ := strings.Cut(key, "}")
		kind, _, _ := strings.Cut(rest, ":")
		name := names[kind]
		if name == "" {
			name = "others"
		}
		counts[name]++
		counts["all"]++
	}
	return counts
}

func (s *soaking) add(name string, unit, free, value float64) {
	var g *gauge
	for _, one := range s.gauges {
		if one.name == name {
			g = one
		}
	}
	if g == nil {
		g = &gauge{name: name, unit: unit, free: free}
		s.gauges = append(s.gauges, g)
	}
	g.at = append(g.at, time.Since(s.began).Seconds())
	g.value = append(g.value, value)
}

// table writes what was sampled as Markdown, and holds growth against the cluster.
func (s *soaking) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s; %d nodes, %d clients that come and go, about %d messages a second for %v.\n\n",
		machine(), s.b.o.nodes, s.b.o.clients, s.b.o.rate, s.b.o.soak)
	fmt.Fprintf(&out, "| | median | first, after the warm-up | last | growth until the end, by the median slope |\n|---|---:|---:|---:|---:|\n")
	for _, g := range s.gauges {
		from := sort.SearchFloat64s(g.at, min(warmUp, s.b.o.soak/2).Seconds())
		at, value := g.at[from:], g.value[from:]
		growth := slope(at, value) * (at[len(at)-1] - at[0])
		fmt.Fprintf(&out, "| %s | %.1f | %.1f | %.1f | %+.1f |\n", g.name, median(value)/g.unit, value[0]/g.unit, value[len(value)-1]/g.unit, growth/g.unit)
		if growth > max(g.free, median(value)/10) {
			s.b.t.Errorf("%s grows: by %.1f in %.0f s", g.name, growth/g.unit, at[len(at)-1]-at[0])
		}
	}
	return out.String()
}
