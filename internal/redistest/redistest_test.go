package redistest

import (
	"strings"
	"testing"
)

func TestServer(t *testing.T) {
	s := Start(t, "--requirepass", "secret")
	if got := s.Do("SET", "k", "v\r\n€"); got != "OK" {
		t.Errorf("SET: %q", got)
	}
	if got := s.Do("GET", "k"); got != "v\r\n€" {
		t.Errorf("GET: %q", got)
	}
	if got := s.Do("GET", "none"); got != "" {
		t.Errorf("GET of nothing: %q", got)
	}
	if got := s.Do("CONFIG", "GET", "save"); got != "save\n" {
		t.Errorf("CONFIG GET: %q", got)
	}
	if _, err := s.Try("NONSENSE"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("nonsense: %v", err)
	}
	s.Kill()
	if _, err := s.Try("PING"); err == nil {
		t.Error("a killed server answers")
	}
	s.Restart()
	if got := s.Do("EXISTS", "k"); got != "0" {
		t.Errorf("a new server remembers: %q", got)
	}
}

func TestSentinels(t *testing.T) {
	s := StartSentinels(t, "secret", "word")
	old := s.Master.Port
	now := s.Failover()
	if now.Port == old {
		t.Error("the dead master is still the master")
	}
	if role := now.Do("ROLE"); !strings.HasPrefix(role, "master\n") {
		t.Errorf("role: %q", role)
	}
}

func TestCluster(t *testing.T) {
	c := StartCluster(t, 3)
	if len(c.Addrs()) != 3 {
		t.Fatalf("%v", c.Addrs())
	}
	// A key belongs to one of them, and the others say whose it is.
	moved := 0
	for _, n := range c.Nodes {
		if _, err := n.Try("SET", "k", "v"); err != nil && strings.HasPrefix(err.Error(), "MOVED ") {
			moved++
		}
	}
	if moved != 2 {
		t.Errorf("%d nodes sent us elsewhere, want 2", moved)
	}
}
