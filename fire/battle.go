package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"madang/fire/judge"
	"madang/internal/clustertest"
)

// How long things take, at most where somebody waits.
const (
	comeTime  = 2 * time.Minute // until everybody is connected
	calmTime  = time.Minute     // until everybody has heard something new
	stopTime  = time.Minute     // until the last message is answered
	auditTime = 2 * time.Minute // until everybody has looked who is there
)

// A battle is one run.
type battle struct {
	t       clustertest.T
	o       options
	p       *progress
	c       *clustertest.Cluster
	members []*member
	crowds  []*crowd
	done    []event // what happened
	dir     string  // of logs

	evidence *judge.Evidence // in the end
}

// An event is a fault that happened.
type event struct {
	fault
	took time.Duration
}

// prepare starts the cluster and lets the crowd come.
func prepare(t clustertest.T, o options, p *progress) *battle {
	t.Helper()
	b := &battle{t: t, o: o, p: p, dir: cmp.Or(o.keep, t.TempDir())}
	if err := install(clientsFolder()); err != nil {
		t.Fatal(err)
	}
	p.say("starting %d nodes, Redis, PostgreSQL and haproxy", o.nodes)
	b.c = clustertest.Start(t, clustertest.Config{
		Nodes: o.nodes, Redis: clustertest.Sentinel, Logs: b.dir, Binary: o.binary, Env: []string{"MADANG_DRAIN_GRACE=3s", "MADANG_DRAIN_SPREAD=" + o.spread.String()},
	})
	var err error
	if b.members, err = crew(o); err != nil {
		t.Fatal(err)
	}
	makeRooms(t, b.c.URL, b.members)
	ramp := time.Duration(o.clients) * 10 * time.Millisecond
	p.say("%d clients come", o.clients)
	for i, group := range spread(b.members, o.processes) {
		b.crowds = append(b.crowds, startCrowd(t, b.c.URL, b.dir, fmt.Sprint("crowd", i+1), group, ramp))
	}
	p.count(b.counts)
	b.all("", "came", comeTime)
	return b
}

// counts is what the crowd has done, for people.
func (b *battle) counts() string {
	sum := func(kind string) (n int) {
		for _, c := range b.crowds {
			n += c.count(kind)
		}
		return n
	}
	return fmt.Sprintf("%d connected, %d sent, %d acknowledged, %d heard", sum("up"), sum("S"), sum("A"), sum("H"))
}

// all gives an order to all processes and waits for their answers.
func (b *battle) all(order, answer string, patience time.Duration) {
	b.t.Helper()
	for _, c := range b.crowds {
		if order != "" {
			c.tell(b.t, order)
		}
	}
	if answer == "" {
		return
	}
	for _, c := range b.crowds {
		c.hear(b.t, answer, patience)
	}
}

// random is what a seed gives.
func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0))
}

// burn does the faults, one after another, while the crowd talks, and returns when the last was over, in Unix ms.
func (b *battle) burn() int64 {
	b.t.Helper()
	r := random(b.o.seed)
	some := shuffled(r, 100)
	if len(b.o.faults) > 0 {
		var err error
		if some, err = byName(b.o.faults); err != nil {
			b.t.Fatal(err)
		}
	}
	b.all("send", "", 0)
	f := &field{t: b.t, c: b.c, rand: r}
	end := time.Now().Add(b.o.last)
	for _, one := range some {
		time.Sleep(f.between(b.o.pause/2, b.o.pause*3/2))
		if len(b.o.faults) == 0 && time.Now().After(end) {
			break
		}
		b.p.say("%s", one.name)
		began := time.Now()
		one.do(f)
		b.healed()
		b.done = append(b.done, event{one, time.Since(began)})
	}
	return time.Now().UnixMilli()
}

// healed waits until all nodes are ready.
func (b *battle) healed() {
	b.t.Helper()
	for _, n := range b.c.Nodes {
		n.AwaitReady()
	}
}

// finish lets the crowd stop and judges.
func (b *battle) finish(calm int64) *judge.Verdict {
	b.t.Helper()
	b.p.say("all is calm")
	b.listened(calm + b.o.pause.Milliseconds())
	b.p.say("the last messages")
	b.all("stop", "stopped", stopTime)
	time.Sleep(time.Second) // for what is on its way; the chat's history is asked for besides
	b.p.say("what is stored, and who is there")
	b.all("audit", "audited", auditTime)
	b.evidence = &judge.Evidence{Stored: stored(b.t, b.c.URL, b.members), Calm: calm}
	b.all("end", "", 0)
	clients := map[string]*judge.Client{}
	for _, m := range b.members {
		one := &judge.Client{Name: m.Name, Family: m.family, Room: m.Room}
		clients[m.Name] = one
		b.evidence.Clients = append(b.evidence.Clients, one)
	}
	for _, c := range b.crowds {
		c.entries(b.t, clients)
	}
	return judge.Judge(b.evidence, seen(b.members))
}

// listened waits until everybody has heard something since a time, in Unix ms. Package judge says who has not.
func (b *battle) listened(since int64) {
	for end := time.Now().Add(calmTime); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if !slices.ContainsFunc(b.crowds, func(c *crowd) bool { return int64(c.count("since")) < since }) {
			return
		}
	}
}

// fail reports what a verdict holds against the cluster.
func (b *battle) fail(v *judge.Verdict) {
	b.t.Helper()
	if v.Failed > 0 {
		b.t.Errorf("%d failures with seed %d, logs in %s:\n%s", v.Failed, b.o.seed, filepath.Clean(b.dir), strings.Join(v.Failures, "\n"))
	}
}
