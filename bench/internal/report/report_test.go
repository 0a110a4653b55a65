package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/workload"
)

const ws = "ws"

// sample has two repeats of two workloads; ours fails once.
func sample() *Report {
	run := func(target, name string, repeat int, values map[string]float64) Run {
		return Run{Target: target, Workload: name, Repeat: repeat, Seconds: 1, Values: values}
	}
	return &Report{
		Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Commit: "abc", Repeats: 2, Scale: workload.Full(),
		Machine:  proc.Machine{CPU: "Some CPU", Cores: 2, Kernel: "Linux 6"},
		Versions: []Version{{"Go", "1.26"}, {"Node", "20"}},
		Targets: []Target{
			{Name: Ours, Title: "madang", Protocols: workload.Protocols()},
			{Name: ws, Title: "socket.io (ws)", Protocols: []string{workload.SocketIO}},
			{Name: "uws", Title: "socket.io (uws)", Protocols: []string{workload.SocketIO}, NotRun: "no\nbinary"},
			{Name: "laravel-echo-server", Title: "laravel-echo-server", Protocols: []string{workload.Echo}},
		},
		Runs: []Run{
			run(Ours, "burst", 1, map[string]float64{"burst.cpu": 0.4, "burst.rate": 2_500_000, "burst.perread": 39}),
			run(Ours, "burst", 2, map[string]float64{"burst.cpu": 0.6, "burst.rate": 1_500_000, "burst.perread": 41}),
			run(ws, "burst", 1, map[string]float64{"burst.cpu": 12, "burst.rate": 80_000.4, "burst.perread": 2}),
			run(Ours, "idle", 1, map[string]float64{"idle.memory": 6.5, "idle.after": 7, "idle.base": 10}),
			run(ws, "idle", 1, map[string]float64{"idle.memory": 20, "idle.after": 21, "idle.base": 50}),
			{Target: Ours, Workload: "rooms", Repeat: 1, Error: "a message\nis missing"},
			run(ws, "rooms", 1, map[string]float64{"rooms.cpu": 20, "rooms.rate": 40_000}),
			run(Ours, "pusher-burst", 1, map[string]float64{"pusher-burst.cpu": 0.2}),
			run(Ours, "ably-burst", 1, map[string]float64{"ably-burst.cpu": 0.24, "ably-burst.bytes": 400}),
			run(Ours, "ablymsgpack-burst", 1, map[string]float64{"ablymsgpack-burst.cpu": 0.26}),
			run(Ours, "echo-rooms", 1, map[string]float64{"echo-rooms.cpu": 8}),
			run("laravel-echo-server", "echo-rooms", 1, map[string]float64{"echo-rooms.cpu": 10, "echo-rooms.aside": 0.25}),
		},
	}
}

func TestMarkdown(t *testing.T) {
	got := sample().Markdown()
	for _, want := range []string{
		"- Machine: Some CPU, 2 cores shared by server and generator, Linux 6\n",
		"- Versions: Go 1.26, Node 20\n",
		"- Measured: 2026-01-02 03:04 UTC, commit abc, median of 2 interleaved runs\n",
		"\n\n## Socket.IO\n\n| workload | figure | madang | socket.io (ws) | socket.io (uws) | ours ÷ ws | gate | result |\n|---|---|--:|--:|--:|--:|--:|---|\n",
		"| 1 → 1,000, 64 in flight | server CPU s per million deliveries | 0.50 | 12.00 | not run | 0.042 | ≤ 0.05 × | pass |\n",
		"|  | deliveries per read | 40.0 | 2.0 | not run | 20.000 |  |  |\n",
		"deliveries/s | 2,000,000 | 80,000 | not run | 25.000 |  |  |\n",
		"KiB per connection | 6.5 | 20.0 | not run | 0.325 | ≤ 6, ≤ 0.4 × | **fail** |\n",
		"server CPU s per million deliveries | failed | 20.00 | not run | – | ≤ 0.75 × | open |\n",
		"\n\n## Ably protocol in JSON\n\n| workload | figure | madang | its Pusher protocol | ours ÷ Pusher protocol | gate | result |\n|---|---|--:|--:|--:|--:|---|\n",
		"server CPU s per million deliveries | 0.24 | 0.20 | 1.200 | ≤ 1.25 × | pass |\n",
		"|  | bytes per delivery | 400 | – | – |  |  |\n",
		"server CPU s per million deliveries | 0.26 | 0.20 | 1.300 | ≤ 1.25 × | **fail** |\n",
		"\n\n## Laravel Echo on Socket.IO\n\n| workload | figure | madang | laravel-echo-server | ours ÷ laravel-echo-server | gate | result |\n|---|---|--:|--:|--:|--:|---|\n",
		"| 500 rooms of 10, all publishing | server CPU s per million deliveries | 8.00 | 10.00 | 0.800 | ≤ 0.75 × | **fail** |\n",
		"|  | its Redis's CPU s per million deliveries, not counted above | – | 0.25 | – |  |  |\n",
		"socket.io (uws) was not run: no binary\n",
		"- **failed**: madang, rooms, repeat 1: a message is missing\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the table lacks\n%s\nit is\n%s", want, got)
		}
	}
	if strings.Contains(got, "stalled") {
		t.Error("the table has rows of a workload that was not run")
	}
	some := sample()
	some.Runs = some.Runs[:7]
	if strings.Contains(some.Markdown(), "Ably") {
		t.Error("there is a table of a protocol that was not measured")
	}
	if strings.Contains(got, "Smoke") {
		t.Error("a full run is called a smoke test")
	}
}

func TestGates(t *testing.T) {
	r := sample()
	if failed, open := r.Failed(); failed != 3 || open != 23 {
		t.Errorf("%d gates failed, %d are open; want 3 and 23", failed, open)
	}
	for _, c := range []struct {
		gate   Gate
		ours   float64
		base   float64
		passed bool
		text   string
	}{
		{ratio(0.5), 5, 10, true, "≤ 0.5 ×"},
		{ratio(0.5), 5.1, 10, false, "≤ 0.5 ×"},
		{atMost(0), 0, 3, true, "≤ 0"},
		{atMost(1.25), 1.26, 3, false, "≤ 1.25"},
		{every(), 100, 0, true, "≥ 100"},
		{every(), 99, 0, false, "≥ 100"},
	} {
		r := &Report{Runs: []Run{
			{Target: Ours, Values: map[string]float64{"k": c.ours}},
			{Target: ws, Values: map[string]float64{"k": c.base}},
		}}
		got := r.Judge(Figure{Key: "k", Baseline: ws, Gates: []Gate{c.gate}})
		if len(got) != 1 || got[0].Passed != c.passed || c.gate.String() != c.text {
			t.Errorf("%v with %v against %v: %+v", c.gate, c.ours, c.base, got)
		}
	}
}

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	if err := sample().WriteJSON(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Commit  string
		Runs    []Run
		Medians map[string]map[string]float64
		Gates   map[string]struct{ Passed bool }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Commit != "abc" || len(got.Runs) != 12 || got.Medians[Ours]["burst.cpu"] != 0.5 {
		t.Errorf("the file holds %s", b)
	}
	want := map[string]bool{"burst.cpu.ratio": true, "idle.memory": false, "idle.memory.ratio": true, "ably-burst.cpu.ratio": true, "ablymsgpack-burst.cpu.ratio": false, "echo-rooms.cpu.ratio": false}
	for key, passed := range want {
		if g, ok := got.Gates[key]; !ok || g.Passed != passed {
			t.Errorf("gate %s: %v, in the file %v", key, passed, g)
		}
	}
	if len(got.Gates) != len(want) {
		t.Errorf("gates %v, want %v", got.Gates, want)
	}
}

func TestRewrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	for _, text := range []string{"one\n", "two\n"} {
		if err := Rewrite(path, text); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if want := "# Benchmarks\n\n" + Begin + "\n" + text + End + "\n"; err != nil || string(b) != want {
			t.Errorf("the document is %q (%v), want %q", b, err, want)
		}
	}
	for name, doc := range map[string]string{
		"no markers": "text", "one marker": Begin, "twice": Begin + End + Begin + End, "wrong order": End + Begin,
	} {
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Rewrite(path, "new"); err == nil {
			t.Errorf("%s: no error", name)
		}
		if b, _ := os.ReadFile(path); string(b) != doc {
			t.Errorf("%s: the document became %q", name, b)
		}
	}
}

func TestNumbers(t *testing.T) {
	for want, got := range map[string]string{
		"0": thousands(0), "999": thousands(999), "1,000": thousands(1000), "1,234,567": thousands(1_234_567),
		"1,001": number(1000.5, 0), "-1": number(-1, 0), "0.050": number(0.05, 3),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
