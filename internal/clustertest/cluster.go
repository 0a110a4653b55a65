package clustertest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"madang/internal/postgrestest"
)

// maxLine is how many bytes of a line of a log are shown.
const maxLine = 300

// database is what the nodes' database is called.
const database = "cluster"

// A Cluster is everything that has been started.
type Cluster struct {
	URL      string  // of haproxy: http://127.0.0.1:port
	Nodes    []*Node // behind it
	Redis    *Redis
	Postgres *postgrestest.Server

	t      T
	config Config
}

// started is a store, or why there is none.
type started struct {
	*postgrestest.Server
	err error
}

// Start starts a cluster and returns when all of it is ready.
func Start(t T, c Config) *Cluster {
	t.Helper()
	if c.Nodes == 0 {
		c.Nodes = 2
	}
	store := make(chan started, 1)
	go func() { // it takes as long as everything else together
		s, err := postgrestest.Start()
		if err == nil {
			_, err = s.SQL("postgres", "CREATE DATABASE "+database)
		}
		store <- started{s, err}
	}()
	cl := &Cluster{t: t, config: c}
	t.Cleanup(func() { cl.stopStore(store) })
	if c.Binary == "" {
		cl.config.Binary = Build(t)
	}
	cl.Redis = startRedis(t, c.Redis)
	s := <-store
	store <- s // for the cleanup
	if s.err != nil {
		t.Fatal(s.err)
	}
	cl.Postgres = s.Server
	proxies := startProxies(t)
	for i := range c.Nodes {
		cl.Nodes = append(cl.Nodes, newNode(cl, fmt.Sprint("node", i+1), proxies))
	}
	for _, n := range cl.Nodes {
		n.launch()
	}
	for _, n := range cl.Nodes {
		n.AwaitReady()
	}
	cl.startBalancer()
	return cl
}

// stopStore ends PostgreSQL, also when nobody has waited for its start.
func (c *Cluster) stopStore(store <-chan started) {
	s := <-store
	if s.Server == nil {
		return
	}
	if err := s.Stop(); err != nil {
		c.t.Errorf("PostgreSQL: %v", err)
	}
}

// SQL runs statements in the nodes' database and returns what they print.
func (c *Cluster) SQL(statements string) string {
	c.t.Helper()
	out, err := c.Postgres.SQL(database, statements)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// await asks an address until it answers 200, or done says that nobody will.
func await(url string, done <-chan struct{}) error {
	client := http.Client{Timeout: 5 * time.Second}
	var last error
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-done:
			return fmt.Errorf("%s: the process has ended", url)
		default:
		}
		answer, err := client.Get(url) //nolint:noctx // the client has a time limit
		if err != nil {
			last = err
			continue
		}
		_ = answer.Body.Close() // only the status matters
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		last = fmt.Errorf("%s: %s", url, answer.Status)
	}
	return fmt.Errorf("not ready within %v: %w", startTime, last)
}

// tail returns the last lines of a text, and of long ones the beginning.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	all = all[max(0, len(all)-lines):]
	for i, line := range all {
		if len(line) > maxLine {
			all[i] = line[:maxLine] + "…"
		}
	}
	return strings.Join(all, "\n")
}
