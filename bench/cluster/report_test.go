//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"

	"madang/bench/internal/workload"
)

func TestJudge(t *testing.T) {
	o := &options{most: 3, repeats: 3, scale: workload.Full()}
	f := findings{}
	for _, v := range []float64{1, 5, 2} {
		f.add(cluster{joined, 1}, workload.Values{"one.cpu": v, "one.writes": v})
		f.add(cluster{joined, 3}, workload.Values{"one.cpu": 1.09 * v, "one.writes": 1.06 * v})
	}
	f.add(cluster{peer, 1}, workload.Values{"nats-one.cpu": 7})
	var b bytes.Buffer
	if failed := write(&b, o, f); failed == 0 {
		t.Error("writes that grew by 6 % passed")
	}
	for _, want := range []string{
		"| nodes' CPU s per million deliveries | – | 2.000 | – | 2.180 | 1.090 | ≤ 1.10 × | pass |",
		"| write calls per delivery | – | 2.000 | – | 2.120 | 1.060 | ≤ 1.05 × | **fail** |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if v, ok := f.median(cluster{peer, 1}, "one.cpu"); !ok || v != 7 {
		t.Errorf("NATS: %v, %v", v, ok)
	}
}
