package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"madang/internal/clustertest"
)

// A fault is something that happens to a cluster, and is over when do returns.
type fault struct {
	name string
	text string // for the table
	do   func(*field)
}

// A field is where faults happen.
type field struct {
	t    clustertest.T
	c    *clustertest.Cluster
	rand *rand.Rand
}

// faults are all of them. Each kind is a thing that happens to machines: a power cut, a deployment, a network.
func faults() []fault {
	return []fault{
		{"kill", "a node gets SIGKILL and is started again", (*field).kill},
		{"term", "a node gets SIGTERM, drains and is started again", (*field).term},
		{"failover", "Redis's master dies, a replica takes its place", (*field).failOver},
		{"redis-slow", "a node's way to Redis takes 20 to 200 ms more", (*field).redisSlow},
		{"redis-cut", "a node's connections to Redis and the Sentinels are cut for 1 to 4 s", (*field).redisCut},
		{"redis-silent", "a node's way to Redis loses everything for 2 to 5 s", (*field).redisSilent},
		{"postgres-slow", "a node's way to PostgreSQL takes 10 to 60 ms more", (*field).postgresSlow},
		{"postgres-cut", "a node's connections to PostgreSQL are cut for 1 to 4 s", (*field).postgresCut},
		{"postgres-kill", "PostgreSQL is killed and started again", (*field).postgresKill},
	}
}

// kinds are the names of the faults.
func kinds() []string {
	var all []string
	for _, f := range faults() {
		all = append(all, f.name)
	}
	return all
}

// byName finds faults.
func byName(names []string) ([]fault, error) {
	var some []fault
	for _, name := range names {
		found := false
		for _, f := range faults() {
			if f.name == name {
				some, found = append(some, f), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no fault %q", name)
		}
	}
	return some, nil
}

// shuffled returns the faults in the order of a seed: first each once, then again in another order, as often as asked for.
func shuffled(r *rand.Rand, times int) []fault {
	var all []fault
	for range times {
		some := faults()
		r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		all = append(all, some...)
	}
	return all
}

// node picks one.
func (f *field) node() *clustertest.Node { return f.c.Nodes[f.rand.IntN(len(f.c.Nodes))] }

// between waits for a time between two, and returns it.
func (f *field) between(least, most time.Duration) time.Duration {
	return least + time.Duration(f.rand.Int64N(int64(most-least)))
}

func (f *field) must(err error) {
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *field) kill() {
	n := f.node()
	n.Kill()
	time.Sleep(f.between(time.Second, 4*time.Second))
	n.Restart()
}

func (f *field) term() {
	n := f.node()
	n.Term()
	if status := n.Wait(); status != 0 {
		f.t.Errorf("%s: exit status %d after SIGTERM", n.Name, status)
	}
	n.Restart()
}

func (f *field) failOver() { f.c.Redis.FailOver() }

func (f *field) redisSlow() {
	n := f.node()
	f.must(n.Redis.Slow(f.between(20*time.Millisecond, 200*time.Millisecond)))
	time.Sleep(f.between(2*time.Second, 8*time.Second))
	f.must(n.Redis.Heal())
}

func (f *field) redisCut() {
	n := f.node()
	n.Redis.Cut()
	time.Sleep(f.between(time.Second, 4*time.Second))
	f.must(n.Redis.Heal())
}

func (f *field) redisSilent() {
	n := f.node()
	f.must(n.Redis.Silence())
	time.Sleep(f.between(2*time.Second, 5*time.Second))
	f.must(n.Redis.Heal())
}

func (f *field) postgresSlow() {
	n := f.node()
	f.must(n.Postgres.Slow(f.between(10*time.Millisecond, 60*time.Millisecond)))
	time.Sleep(f.between(2*time.Second, 6*time.Second))
	f.must(n.Postgres.Heal())
}

func (f *field) postgresCut() {
	n := f.node()
	n.Postgres.Cut()
	time.Sleep(f.between(time.Second, 4*time.Second))
	f.must(n.Postgres.Heal())
}

func (f *field) postgresKill() {
	f.c.Postgres.Kill()
	time.Sleep(f.between(500*time.Millisecond, 2*time.Second))
	f.must(f.c.Postgres.Restart())
}
