package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// told returns a record of events, and what it has printed of the packages that passed.
func told(t *testing.T, events ...event) (r *record, out *strings.Builder) {
	t.Helper()
	out = new(strings.Builder)
	var in strings.Builder
	for _, e := range events {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	r = newRecord(out)
	if err := r.read(strings.NewReader(in.String())); err != nil {
		t.Fatal(err)
	}
	return r, out
}

// says is output of a test in package p.
func says(test, text string) event {
	return event{Action: "output", Package: "p", Test: test, Output: text}
}

// ends is the end of a test in package p, or of the package.
func ends(test, how string) event { return event{Action: how, Package: "p", Test: test} }

func failing() []event {
	return []event{
		says("", "-test.shuffle 1\n"),
		says("TestGood", "=== RUN   TestGood\n"),
		says("TestBad", "=== RUN   TestBad\n"),
		says("TestBad", "    bad_test.go:1: above\n"),
		says("TestBad/one", "    bad_test.go:"), says("TestBad/one", "2: broken\n"),
		says("TestGood", "    good_test.go:1: nothing of interest\n"),
		says("TestBad/two", "    bad_test.go:3: well\n"),
		says("TestGood", "--- PASS: TestGood (0.00s)\n"), ends("TestGood", "pass"),
		says("TestBad/one", "    --- FAIL: TestBad/one (0.00s)\n"), ends("TestBad/one", "fail"), ends("TestBad/two", "pass"),
		says("TestBad", "--- FAIL: TestBad (0.00s)\n"), ends("TestBad", "fail"),
	}
}

func TestReportIsOfWhatFailedAlone(t *testing.T) {
	events := append(failing(), says("", "FAIL\tp\t0.1s\n"), ends("", "fail"),
		event{Action: "output", Package: "q", Output: "ok  \tq\t0.2s\n"}, event{Action: "pass", Package: "q"})
	r, out := told(t, events...)
	if got, want := out.String(), "ok  \tq\t0.2s\n"; got != want {
		t.Errorf("printed before the end:\n%s", got)
	}
	want := `FAILED:
  p TestBad/one
-- p TestBad/one
    bad_test.go:1: above
    bad_test.go:2: broken
`
	if got := r.report("FAILED"); got != want {
		t.Errorf("the report is\n%s", got)
	}
	if got := fmt.Sprint(r.again()); got != "map[p:[TestBad]]" {
		t.Errorf("again: %s", got)
	}
	r.mark("flaky| ")
	r.flush()
	for text, lines := range map[string]int{"\nflaky| ": 8, "\n--- PASS: TestGood": 1, "\n--- FAIL": 0} {
		if got := strings.Count("\n"+out.String(), text); got != lines {
			t.Errorf("%d lines with %q in\n%s", got, text, out)
		}
	}
}

func TestNothingToReport(t *testing.T) {
	r, out := told(t, says("", "PASS\n"), says("", "ok  \tp\t0.1s\n"), ends("", "pass"))
	r.flush()
	if got := r.report("FAILED"); got != "" || r.again() != nil {
		t.Errorf("the report is %q, again %v", got, r.again())
	}
	if got, want := out.String(), "PASS\nok  \tp\t0.1s\n"; got != want {
		t.Errorf("printed %q", got)
	}
}

// TestWhatIsNoChance: these are reported, and never run again.
func TestWhatIsNoChance(t *testing.T) {
	tests := map[string]struct {
		more []event
		says string
	}{
		"a race of a test that failed": {
			[]event{says("TestBad", "WARNING: DATA RACE\n"), says("TestBad", "Read at 0x1\n"), ends("", "fail")},
			"broken\nWARNING: DATA RACE\nRead at 0x1\n",
		},
		"a race of another": {
			[]event{says("TestGood", "WARNING: DATA RACE\n"), says("TestBad", "Read at 0x1\n"), ends("", "fail")},
			"-- p\nWARNING: DATA RACE\nRead at 0x1\n",
		},
		"a panic":      {[]event{says("", "panic: oh\n"), says("", "goroutine 1\n"), ends("", "fail")}, "-- p\npanic: oh\ngoroutine 1\n"},
		"no end":       {[]event{says("TestSlow", "    slow_test.go:1: waiting\n")}, "  p has not ended\n"},
		"the compiler": {[]event{{Action: "build-output", Output: "x.go:1: what?\n"}, ends("", "fail")}, "-- the compiler\nx.go:1: what?\n"},
		"no test's fault": {
			[]event{{Action: "output", Package: "q", Output: "cannot start\n"}, {Action: "fail", Package: "q"}, ends("", "fail")},
			"-- q\ncannot start\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, _ := told(t, append(failing(), test.more...)...)
			if got := r.report("FAILED"); !strings.Contains(got, test.says) || !strings.Contains(got, "\n  p TestBad/one\n") {
				t.Errorf("the report is\n%s", got)
			}
			if again := r.again(); again != nil {
				t.Errorf("again: %v", again)
			}
		})
	}
}

func TestManyFailuresAreNoChance(t *testing.T) {
	var events []event
	for i := range mostAgain + 1 {
		if i == mostAgain {
			r, _ := told(t, append(slices.Clone(events), ends("", "fail"))...)
			if got := slices.Collect(maps.Keys(r.again())); len(got) != 1 {
				t.Errorf("again, of %d: %v", i, got)
			}
		}
		events = append(events, ends(fmt.Sprint("Test", i), "fail"))
	}
	r, _ := told(t, append(events, ends("", "fail"))...)
	if again := r.again(); again != nil {
		t.Errorf("again: %v", again)
	}
}

func TestLongOutputLosesItsMiddle(t *testing.T) {
	var events []event
	for i := range 1000 {
		events = append(events, says("TestLong", fmt.Sprintf("line %d\n", i)))
	}
	r, _ := told(t, append(events, ends("TestLong", "fail"), ends("", "fail"))...)
	got := r.report("FAILED")
	if strings.Count(got, "\n") > mostLines+4 || !strings.Contains(got, "\nline 0\n") || !strings.Contains(got, "\nline 999\n") {
		t.Errorf("the report is\n%s", got)
	}
}
