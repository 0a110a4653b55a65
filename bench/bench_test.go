//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madang/bench/internal/report"
	"madang/bench/internal/workload"
)

// needNode skips a test where Node is not installed: the peers are Node
// programs, the rest of the benchmark is tested without them.
func needNode(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: the smoke run takes half a minute")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
}

func TestSmokeRunAgainstNode(t *testing.T) {
	t.Parallel()
	needNode(t)
	for baseline, only := range map[string]string{"ws": "ws,uws", "soketi": "soketi", "laravel-echo-server": "laravel-echo-server"} {
		t.Run(baseline, func(t *testing.T) {
			t.Parallel() // most of the time goes into starting Node
			smoke(t, baseline, only)
		})
	}
}

// smoke runs every workload of some servers, in the protocol of one of them.
func smoke(t *testing.T, baseline, only string) {
	dir := t.TempDir()
	doc, file := filepath.Join(dir, "bench.md"), filepath.Join(dir, "bench.json")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-root", "..", "-short", "-stalled-time", "500ms", "-only", only, "-out", doc, "-json", file}, &stdout, &stderr)
	if strings.Contains(stderr.String(), "no server can be run") && baseline != "ws" {
		t.Skipf("%s", &stderr) // no Redis, or no uWebSockets.js for this machine
	}
	if code != 0 {
		t.Fatalf("status %d\n%s\n%s", code, &stdout, &stderr)
	}
	text, err := os.ReadFile(doc)
	if err != nil || !strings.Contains(string(text), stdout.String()) || !strings.Contains(stdout.String(), "Smoke test") {
		t.Errorf("the document (%v)\n%s\nis not what was printed\n%s", err, text, &stdout)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got report.Report
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	key := ""
	for _, section := range report.Sections(got.Scale) {
		for _, f := range section.Figures {
			for _, target := range got.Targets {
				_, ok := got.Median(target.Name, f.Key)
				if want := target.Speaks(section.Protocol) && target.NotRun == ""; ok != want {
					t.Errorf("%s has %s: %v", target.Name, f.Key, ok)
				}
			}
		}
		if section.Baseline == baseline {
			key = section.Figures[0].Key
		}
	}
	for _, target := range got.Targets {
		if target.Name == baseline && target.NotRun != "" {
			t.Errorf("the baseline was not run: %s", target.NotRun)
		}
	}
	if v, ok := got.Median(baseline, key); !ok || v < 1 || v > 1000 {
		t.Errorf("the baseline needs %v CPU s per million deliveries", v)
	}
}

// What ours are measured in against each other is run, and judged.
func TestSmokeRunOfOurs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: the smoke run takes ten seconds")
	}
	file := filepath.Join(t.TempDir(), "bench.json")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{
		"-root", "..", "-short", "-stalled-time", "500ms", "-only", "madang", "-json", file,
		"-run", "pusher-burst,pusher-one,pusher-rooms,ably,ablymsgpack",
	}, &stdout, &stderr)
	if code != 0 {
		t.Fatalf("status %d\n%s\n%s", code, &stdout, &stderr)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got report.Report
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Figures(got.Scale) {
		if f.Against == "" {
			continue // of the others' protocols
		}
		if _, ok := got.Median(report.Ours, f.Key); !ok {
			t.Errorf("%s was not measured", f.Key)
		}
		if _, ok := got.Ratio(f); !ok && slices.ContainsFunc(f.Gates, func(g report.Gate) bool { return g.Relative }) {
			t.Errorf("%s was not judged", f.Key)
		}
	}
}

// children lists the processes whose parent is this one.
func children(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := bytes.Cut(b, []byte(") "))
		if f := bytes.Fields(rest); len(f) > 1 && string(f[1]) == fmt.Sprint(os.Getpid()) {
			found = append(found, string(b))
		}
	}
	return found
}

// A canceller cancels when it is told that a workload runs.
type canceller struct {
	bytes.Buffer
	when   string
	cancel func()
}

func (c *canceller) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(c.when)) {
		time.AfterFunc(200*time.Millisecond, c.cancel)
	}
	return c.Buffer.Write(p)
}

func TestInterruptedRunLeavesNoServer(t *testing.T) {
	needNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &canceller{when: "small rooms", cancel: cancel}
	var stdout bytes.Buffer
	code := run(ctx, []string{"-root", "..", "-only", "ws", "-run", "rooms"}, &stdout, stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), context.Canceled.Error()) {
		t.Errorf("status %d, %s", code, stderr.String())
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, args := range [][]string{
		{"-nonsense"},
		{"-root", "..", "more"},
		{"-root", t.TempDir()},
		{"-root", "..", "-only", "ws,nobody"},
		{"-root", "..", "-run", "nothing"},
		{"-root", "..", "-repeats", "0"},
		{"-root", "..", "-window", "0s"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != exitUsage || stderr.Len() == 0 {
			t.Errorf("%q: status %d, %q", args, code, &stderr)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-help"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "-stalled-time") {
		t.Errorf("-help: status %d, %q", code, &stderr)
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-root", "..", "-short", "-idle", "77", "-run", "ack,idle", "-only", "uws"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	want := workload.Short()
	want.Idle = 77
	if o.scale != want || o.repeats != 1 || !o.short {
		t.Errorf("-short with -idle 77: %+v", o)
	}
	if len(o.workloads) != 2 || o.workloads[0].Name != "ack" || len(o.only) != 1 {
		t.Errorf("workloads %v, servers %v", o.workloads, o.only)
	}
}

func TestProtocolStandsForItsWorkloads(t *testing.T) {
	o, err := parseOptions([]string{"-root", "..", "-run", "pusher,echo-idle"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, w := range o.workloads {
		names = append(names, w.Name)
	}
	if got := strings.Join(names, " "); got != "pusher-burst pusher-one pusher-rooms pusher-connect pusher-idle pusher-stalled echo-idle" {
		t.Errorf("workloads %s", got)
	}
}

func TestServerThatDoesNotSpeakTheProtocol(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-root", "..", "-only", "soketi", "-run", "rooms,echo"}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "none of these servers speaks") {
		t.Errorf("status %d, %s", code, &stderr)
	}
}

func TestMissingProgramIsReported(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-root", "..", "-only", "madang", "-ours", "/nonexistent/server"}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "/nonexistent/server") {
		t.Errorf("status %d, %s", code, &stderr)
	}
}

// A screen is a terminal's end that may be read while it is written.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func TestProgress(t *testing.T) {
	for terminal, wants := range map[bool][]string{
		false: {"[....................] 1/4  repeat 1/2  server: first  0s of about 1m20s\n", "[#####...............] 2/4  repeat 1/2  server: second  0s of about 1m0s\n"},
		true:  {"\r\x1b[K[....................] 1/4  repeat 1/2  server: first  0s of about 1m20s\r\x1b[K", "\r\x1b[K"},
	} {
		var s screen
		p := newProgress(&s)
		p.terminal = terminal
		for range 2 {
			p.plan("a", 10*time.Second)
			p.plan("b", 30*time.Second)
		}
		p.begin(1, 2, "server", "first")
		p.finish() // at once: that is expected of the other a, too
		p.begin(1, 2, "server", "second")
		p.end()
		for _, want := range wants {
			if !strings.Contains(s.b.String(), want) {
				t.Errorf("terminal %v: %q lacks %q", terminal, s.b.String(), want)
			}
		}
	}
}
