package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFire is the fire in its short form: one of each that a cluster has to survive, with WebSocket alone. "go run ./fire" is
// the long one.
func TestFire(t *testing.T) {
	if testing.Short() {
		t.Log("the fire takes half a minute; it burns without -short")
		return
	}
	o := options{
		clients: 80, rate: 40, seed: 1, nodes: 3, processes: 2, spread: time.Second, pause: time.Second,
		faults: []string{"kill", "failover", "term", "redis-cut"},
	}
	p := newProgress(t.Output(), time.Minute)
	defer p.end()
	b := prepare(t, o, p)
	v := b.finish(b.burn())
	t.Log(b.table(v))
	b.fail(v)
}

// TestSchedule is the same for the same seed, and has each fault.
func TestSchedule(t *testing.T) {
	t.Parallel()
	names := func(seed uint64) string {
		var all []string
		for _, f := range shuffled(random(seed), 3) {
			all = append(all, f.name)
		}
		return strings.Join(all, " ")
	}
	if first, again := names(7), names(7); first != again || first == names(8) {
		t.Errorf("seed 7: %s and %s, seed 8: %s", first, again, names(8))
	}
	for _, kind := range kinds() {
		if strings.Count(names(7), kind) < 3 {
			t.Errorf("%s is not there three times: %s", kind, names(7))
		}
	}
	if _, err := byName([]string{"kill", "flood"}); err == nil || !strings.Contains(err.Error(), "flood") {
		t.Errorf("an unknown fault: %v", err)
	}
}

// TestCrew has rooms of one family each, in which all libraries are, and all of a room in one process.
func TestCrew(t *testing.T) {
	t.Parallel()
	all, err := crew(options{clients: 205, rate: 10, polling: true})
	if err != nil || len(all) != 205 {
		t.Fatal(len(all), err)
	}
	in, seenKinds := map[string]int{}, map[string]bool{}
	for i, group := range spread(all, 4) {
		for _, m := range group {
			if before, ok := in[m.Room]; ok && before != i {
				t.Errorf("%s is in two processes", m.Room)
			}
			in[m.Room], seenKinds[m.Kind] = i, true
		}
	}
	if len(in) != 11 || len(seenKinds) != 11 {
		t.Errorf("%d rooms, kinds %v", len(in), seenKinds)
	}
	if got := seen(all)("fire-10"); got != "c10-0 c10-1 c10-2 c10-3 c10-4" {
		t.Errorf("who is in the last room: %q", got)
	}
}

// TestPut replaces what is between the marks, and says when there are none.
func TestPut(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "doc.md")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a\n<!-- fire -->\nold\n<!-- /fire -->\nb\n")
	if err := put(file, "fire", "new\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "a\n<!-- fire -->\nnew\n<!-- /fire -->\nb\n" {
		t.Errorf("%v %q", err, b)
	}
	write("nothing")
	if err := put(file, "fire", "new\n"); err == nil || !strings.Contains(err.Error(), "<!-- fire -->") {
		t.Errorf("without marks: %v", err)
	}
}

// TestOptions refuses what makes no fire.
func TestOptions(t *testing.T) {
	t.Parallel()
	if o, err := parse([]string{"-seed", "5", "-faults", "kill,term"}); err != nil || o.seed != 5 || len(o.faults) != 2 {
		t.Errorf("%+v %v", o, err)
	}
	if o, err := parse(nil); err != nil || o.seed == 0 {
		t.Errorf("no seed: %+v %v", o, err)
	}
	for _, bad := range [][]string{{"-clients", "3"}, {"-nodes", "1"}, {"extra"}, {"-flood"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// TestSlope is not moved by what is far off, and sees what grows.
func TestSlope(t *testing.T) {
	t.Parallel()
	var at, flat, grows []float64
	for i := range 101 {
		at = append(at, float64(i))
		flat, grows = append(flat, 50), append(grows, 50+2*float64(i))
	}
	flat[100], grows[3] = 5000, -900
	if got := slope(at, flat); got != 0 {
		t.Errorf("flat: %v", got)
	}
	if got := slope(at, grows); got != 2 {
		t.Errorf("growing: %v", got)
	}
	if slope(nil, nil) != 0 || median([]float64{4, 1, 3, 2}) != 2.5 {
		t.Error("the edges are wrong")
	}
}
