package clustertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// ready asks until an address answers /readyz with a status.
func ready(t *testing.T, url string, want int) {
	t.Helper()
	var last any
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(url + "/readyz")
		if err != nil {
			last = err
			continue
		}
		_ = answer.Body.Close()
		if last = answer.Status; answer.StatusCode == want {
			return
		}
	}
	t.Fatalf("%s: %v, not %d", url, last, want)
}

// TestCluster does once everything that the kit can do.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := Start(t, Config{Nodes: 2, Redis: Sentinel, Env: []string{"MADANG_DRAIN_GRACE=0s", "MADANG_DRAIN_SPREAD=0s"}})
	a, b := c.Nodes[0], c.Nodes[1]

	a.Redis.Cut() // and only that of a
	must(t, b.Postgres.Slow(50*time.Millisecond))
	ready(t, a.URL, http.StatusServiceUnavailable)
	ready(t, b.URL, http.StatusOK)
	must(t, b.Postgres.Silence())
	if a.Redis.Healthy() || b.Postgres.Healthy() || !b.Redis.Healthy() {
		t.Error("links do not know what was done to them")
	}
	must(t, a.Redis.Heal())
	ready(t, a.URL, http.StatusOK)
	ready(t, b.URL, http.StatusServiceUnavailable)
	must(t, b.Postgres.Heal())
	ready(t, b.URL, http.StatusOK)
	before := c.Redis.Master()
	c.Redis.FailOver()
	if c.Redis.Master() == before {
		t.Error("the master is still the one that was killed")
	}
	ready(t, a.URL, http.StatusOK)
	ready(t, b.URL, http.StatusOK)

	old := a.Pid()
	a.Kill()
	if a.Running() {
		t.Error("a killed node runs")
	}
	for range 20 { // haproxy tries the other one
		ready(t, c.URL, http.StatusOK)
	}
	a.Restart()
	if a.Pid() == old {
		t.Error("the restarted node is the old process")
	}
	a.Term()
	if status := a.Wait(); status != 0 {
		t.Errorf("exit status %d after SIGTERM\n%s", status, tail(a.Log(), 10))
	}
	if tables := c.SQL("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"); tables == "0" {
		t.Error("the nodes have made no tables")
	}
	if c.Redis.Keys() == 0 {
		t.Error("the nodes have no keys in Redis")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestProgram ends what was begun, last things first, and returns the first failure.
func TestProgram(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	var done []string
	var dir string
	err := Program(&said, func(t T) {
		dir = t.TempDir()
		t.Cleanup(func() { done = append(done, "one") })
		t.Cleanup(func() { done = append(done, "two"); t.Errorf("later") })
		t.Logf("now %d", 1)
		t.Fatalf("it %s", "failed")
		t.Logf("not reached")
	})
	order, _ := json.Marshal(done)
	if err == nil || err.Error() != "it failed" || string(order) != `["two","one"]` {
		t.Errorf("%v, cleaned up: %s", err, order)
	}
	if got := said.String(); got != "now 1\nlater\n" {
		t.Errorf("said %q", got)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	if err := Program(&said, func(T) {}); err != nil {
		t.Error(err)
	}
}

// TestTail keeps the end.
func TestTail(t *testing.T) {
	t.Parallel()
	if got := tail("a\nb\nc\n", 2); got != "b\nc" || tail("", 3) != "" || strings.Count(tail("x\n", 9), "\n") != 0 {
		t.Errorf("%q", got)
	}
}
