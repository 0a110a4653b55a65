package ably_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"madang/internal/nodetest"
)

// A fire is how many clients are cut off how often, and what the nodes hold for them meanwhile.
type fire struct {
	Clients   int `json:"clients"`
	Processes int `json:"processes"` // in which they run
	Messages  int `json:"messages"`
	Rate      int `json:"rate"` // messages a second
	Cuts      int `json:"cuts"` // of each client
	History   int `json:"history"`
	StateTTL  int `json:"stateTTL"` // both in ms
}

// TestFire cuts clients off in many ways while messages are published, on two nodes: each client must hear every message
// once and in order, or be told where something is missing. FIRE=full in the environment makes it as large as it gets.
func TestFire(t *testing.T) {
	if testing.Short() {
		t.Log("the fire takes half a minute; it burns without -short")
		return
	}
	f, atMost := fire{Clients: 10, Processes: 1, Messages: 1000, Rate: 80, Cuts: 6, History: 2000, StateTTL: 3000}, 3*time.Minute
	if os.Getenv("FIRE") == "full" {
		f, atMost = fire{Clients: 50, Processes: 3, Messages: 10_000, Rate: 130, Cuts: 21, History: 3000, StateTTL: 5000}, 10*time.Minute
	}
	ports := nodetest.Fixture(t, "fixture", "-nodes", "2", "-history", ms(f.History), "-state-ttl", ms(f.StateTTL))
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	said := nodetest.Script(t, "clients", "fire", atMost, "PORTS="+strings.Join(ports, " "), "FIRE="+string(b))
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "# ") && !strings.Contains(line, "Subtest") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

func ms(n int) string { return (time.Duration(n) * time.Millisecond).String() }
