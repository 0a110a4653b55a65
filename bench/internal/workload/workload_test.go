//go:build linux

package workload

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"madang/bench/internal/callback"
	"madang/bench/internal/fake"
	"madang/bench/internal/load"
	"madang/bench/internal/proc"
)

// run measures a fake server. It lives in the test's own process, whose memory
// and processor time stand in for a child's.
func run(t *testing.T, name string, faults fake.Faults, change func(*Scale)) (Values, error) {
	t.Helper()
	auth, err := callback.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer auth.Close()
	faults.Auth = auth.URL
	s := fake.Start(t, faults)
	self := &proc.Server{Port: s.Port, PID: os.Getpid()}
	scale := Short()
	if change != nil {
		change(&scale)
	}
	for _, w := range All() {
		if w.Name == name {
			return w.Run(t.Context(), Bed{Server: self, Aside: self, Secret: fake.Secret, Callback: auth}, scale)
		}
	}
	t.Fatalf("no workload %q", name)
	return nil, nil
}

func TestEveryWorkloadMeasuresAnHonestServer(t *testing.T) {
	t.Parallel()
	for _, w := range All() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			values, err := run(t, w.Name, fake.Faults{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(values) < 3 {
				t.Errorf("it brought only %v", values)
			}
			for key, v := range values {
				if !strings.HasPrefix(key, w.Name+".") {
					t.Errorf("it brought a value %q", key)
				}
				if strings.HasSuffix(key, ".rate") && v <= 0 {
					t.Errorf("%s is %v", key, v)
				}
			}
			if e := w.Expect(Full()); e < time.Second || e > time.Minute {
				t.Errorf("it is expected to take %v", e)
			}
		})
	}
}

func TestNamesTellTheProtocol(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range All() {
		prefix, _, compound := strings.Cut(w.Name, "-")
		if compound != (w.Protocol != SocketIO) || compound && prefix != w.Protocol || seen[w.Name] {
			t.Errorf("workload %q of %s", w.Name, w.Protocol)
		}
		seen[w.Name] = true
	}
	for _, name := range []string{"burst", "ack", "pusher-burst", "pusher-rooms", "echo-idle", "echo-stalled", "ably-burst", "ably-stalled", "ablymsgpack-rooms"} {
		if !seen[name] {
			t.Errorf("there is no workload %q", name)
		}
	}
}

func TestWorkloadsFailWhenMessagesAre(t *testing.T) {
	t.Parallel()
	const second = "00000002" // the number of a message; nothing else looks like it
	alter := func(to ...string) fake.Faults {
		return fake.Faults{Alter: func(frame string) []string {
			if !strings.Contains(frame, second) {
				return []string{frame}
			}
			var frames []string
			for _, n := range to {
				frames = append(frames, strings.Replace(frame, second, n, 1))
			}
			return frames
		}}
	}
	soon := func(s *Scale) { s.Broadcasts, s.Arrive = 5, time.Second }
	for name, faults := range map[string]fake.Faults{
		"burst": alter(), "idle": alter(), "stalled": alter(), "pusher-burst": alter(), "echo-one": alter(), "echo-idle": alter(),
		"one": alter("00000020"), "rooms": alter("00000020"), "ack": alter("00000020"),
		"pusher-rooms": alter("00000020"), "echo-burst": alter(second, second), "echo-rooms": alter(second, second),
		"ably-burst": alter(), "ably-stalled": alter(second, second), "ablymsgpack-rooms": alter("00000020"), "ablymsgpack-idle": alter(),
		"pusher-one": {Echoes: true}, "echo-stalled": {Echoes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if values, err := run(t, name, faults, soon); err == nil {
				t.Errorf("a server that loses, changes or repeats a message brought %v", values)
			}
		})
	}
}

func TestStalledReadersToldOrNot(t *testing.T) {
	t.Parallel()
	slow := func(s *Scale) { s.StalledRate, s.StalledTime = 2000, 500*time.Millisecond }
	healthy := Short().Healthy + 1 // and who publishes
	for title, c := range map[string]struct {
		faults       fake.Faults
		told, silent float64
	}{
		"unbounded queue": {fake.Faults{}, 0, 0},
		"closes":          {fake.Faults{Queue: 700, Patience: healthy}, 100, 0},
		"drops silently":  {fake.Faults{Queue: 700, Patience: healthy, Drop: true}, 0, 2},
	} {
		for _, name := range []string{"stalled", "pusher-stalled", "echo-stalled", "ably-stalled"} {
			t.Run(title+"/"+name, func(t *testing.T) {
				t.Parallel()
				values, err := run(t, name, c.faults, slow)
				if err != nil {
					t.Fatal(err)
				}
				if values[name+".told"] != c.told || values[name+".silent"] != c.silent {
					t.Errorf("told %v %%, silent %v; want %v and %v", values[name+".told"], values[name+".silent"], c.told, c.silent)
				}
				if missed := values[name+".missed"]; (missed > 0) != (c.silent > 0) {
					t.Errorf("%v messages missed", missed)
				}
			})
		}
	}
}

func TestConnectionsThatAreRefused(t *testing.T) {
	for _, name := range []string{"connect", "pusher-connect", "echo-connect", "ably-connect"} {
		if _, err := run(t, name, fake.Faults{Refuse: true}, nil); err == nil || errors.Is(err, load.ErrTimeout) {
			t.Errorf("%s: every connection is refused: %v", name, err)
		}
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
