//go:build linux

package workload

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"madang/bench/internal/fakesio"
	"madang/bench/internal/load"
	"madang/bench/internal/proc"
)

// run measures a fake server. It lives in the test's own process, whose memory
// and processor time stand in for a child's.
func run(t *testing.T, name string, faults fakesio.Faults, change func(*Scale)) (Values, error) {
	t.Helper()
	s := fakesio.Start(t, faults)
	scale := Short()
	if change != nil {
		change(&scale)
	}
	for _, w := range All() {
		if w.Name == name {
			return w.Run(t.Context(), &proc.Server{Port: s.Port, PID: os.Getpid()}, "secret", scale)
		}
	}
	t.Fatalf("no workload %q", name)
	return nil, nil
}

func TestEveryWorkloadMeasuresAnHonestServer(t *testing.T) {
	for _, w := range All() {
		values, err := run(t, w.Name, fakesio.Faults{}, nil)
		if err != nil {
			t.Errorf("%s: %v", w.Name, err)
			continue
		}
		if len(values) < 3 {
			t.Errorf("%s brought only %v", w.Name, values)
		}
		for key, v := range values {
			if !strings.HasPrefix(key, w.Name+".") {
				t.Errorf("%s brought a value %q", w.Name, key)
			}
			if strings.HasSuffix(key, ".rate") && v <= 0 {
				t.Errorf("%s is %v", key, v)
			}
		}
		if e := w.Expect(Full()); e < time.Second || e > time.Minute {
			t.Errorf("%s is expected to take %v", w.Name, e)
		}
	}
}

func TestWorkloadsFailWhenMessagesAre(t *testing.T) {
	swallow := fakesio.Faults{Alter: func(frame string) []string {
		if strings.Contains(frame, `"n":"00000002"`) {
			return nil
		}
		return []string{frame}
	}}
	change := fakesio.Faults{Alter: func(frame string) []string {
		return []string{strings.Replace(frame, `"n":"00000002"`, `"n":"00000020"`, 1)}
	}}
	for _, name := range []string{"burst", "idle", "stalled"} {
		more := func(s *Scale) { s.Broadcasts, s.Arrive = 5, time.Second }
		if values, err := run(t, name, swallow, more); err == nil {
			t.Errorf("%s: a server that loses a message brought %v", name, values)
		}
	}
	for _, name := range []string{"one", "rooms", "ack"} {
		if values, err := run(t, name, change, nil); err == nil {
			t.Errorf("%s: a server that changes a message brought %v", name, values)
		}
	}
}

func TestStalledReadersToldOrNot(t *testing.T) {
	slow := func(s *Scale) { s.StalledRate, s.StalledTime = 2000, 500*time.Millisecond }
	for name, c := range map[string]struct {
		faults       fakesio.Faults
		told, silent float64
	}{
		"unbounded queue": {fakesio.Faults{}, 0, 0},
		"closes":          {fakesio.Faults{Queue: 300}, 100, 0},
		"drops silently":  {fakesio.Faults{Queue: 300, Drop: true}, 0, 2},
	} {
		values, err := run(t, "stalled", c.faults, slow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if values["stalled.told"] != c.told || values["stalled.silent"] != c.silent {
			t.Errorf("%s: told %v %%, silent %v; want %v and %v", name, values["stalled.told"], values["stalled.silent"], c.told, c.silent)
		}
		if missed := values["stalled.missed"]; (missed > 0) != (c.silent > 0) {
			t.Errorf("%s: %v messages missed", name, missed)
		}
	}
}

func TestConnectionsThatAreRefused(t *testing.T) {
	if _, err := run(t, "connect", fakesio.Faults{Refuse: true}, nil); err == nil || errors.Is(err, load.ErrTimeout) {
		t.Errorf("every connection is refused: %v", err)
	}
}

func TestScales(t *testing.T) {
	for _, s := range []Scale{Full(), Short()} {
		if !s.Valid() {
			t.Errorf("%+v is not valid", s)
		}
		s.Rooms = 0
		if s.Valid() {
			t.Error("a scale without rooms is valid")
		}
	}
	full := Full()
	if n := full.Connections(); n != 5001 {
		t.Errorf("%d connections at a time", n)
	}
}
