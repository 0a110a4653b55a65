package laravel

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// traffic publishes numbers one after another until the test ends, whether or not there is somebody to take them.
func traffic(t *testing.T, target func() *redistest.Server) {
	var wg sync.WaitGroup
	var stop atomic.Bool
	wg.Go(func() {
		for n := 0; !stop.Load(); n++ {
			_, _ = target().Try("PUBLISH", "laravel_database_news", event("traffic", n)) // nobody may be there
		}
	})
	t.Cleanup(func() { stop.Store(true); wg.Wait() })
}

// hundred publishes 100 messages and checks that exactly they, in order, reach the subscriber.
func hundred(t *testing.T, r *redistest.Server, s *subscriber, name string) {
	t.Helper()
	var want []string
	for n := range 100 {
		r.Do("PUBLISH", "laravel_database_news", event(name, n))
		want = append(want, fmt.Sprintf("news %s %d", name, n))
	}
	var got []string
	eventually(t, name+": all have come", func() bool {
		got = slices.DeleteFunc(s.seen(), func(line string) bool { return !strings.HasPrefix(line, "news "+name+" ") })
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q", name, got)
	}
}

// Redis is killed and comes back under traffic, twice: everything that is published afterwards arrives, and the outage is
// told once, at both ends.
func TestRedisDies(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c, log := quick(), &logbook{}
	c.URL = r.URL()
	var lost, found atomic.Int32
	i := start(t, h, c, Options{Log: log.logger(), Observer: Observer{
		Lost: func(error) { lost.Add(1) }, Connected: func(time.Duration) { found.Add(1) },
	}})
	ready(t, i)
	s := subscribe(t, h, "news")
	traffic(t, func() *redistest.Server { return r })
	hundred(t, r, s, "before")
	for n := range 2 {
		r.Kill()
		eventually(t, "it is noticed", func() bool { return i.Ready(t.Context()) != nil })
		if err := i.Ready(t.Context()); !strings.Contains(err.Error(), r.Addr+" is not heard since ") {
			t.Errorf("%v", err)
		}
		eventually(t, "it is tried again", func() bool { return log.count("nothing listens at that address") == n+1 })
		r.Restart()
		ready(t, i)
		hundred(t, r, s, fmt.Sprintf("after%d", n))
	}
	st := i.Stats()
	if st.Outages != 2 || st.Down <= 0 || !st.Connected || lost.Load() != 2 || found.Load() != 3 {
		t.Errorf("%+v, lost %d, found %d", st, lost.Load(), found.Load())
	}
	// The connection breaks, and then nobody is there: two reasons for each outage, whatever the number of attempts.
	if n, again := log.count("level=WARN"), log.count("is heard again"); n != 4 || again != 2 {
		t.Errorf("%d warnings, %d times heard again:\n%v", n, again, log)
	}
}

// Redis may come later than the server.
func TestRedisComesLater(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	r.Kill()
	h := hubs(t, 1, madang.Config{})[0]
	c, log := quick(), &logbook{}
	c.URL = r.URL()
	i := start(t, h, c, Options{Log: log.logger()})
	if i.Ready(t.Context()) == nil {
		t.Error("ready without Redis")
	}
	s := subscribe(t, h, "news")
	r.Restart()
	ready(t, i)
	hundred(t, r, s, "later")
	if st := i.Stats(); st.Outages != 0 || log.count("level=WARN") != 1 {
		t.Errorf("%+v\n%v", st, log)
	}
}

// A connection that says nothing, because the server hangs or a firewall has forgotten it, is given up within seconds;
// with either version of the protocol.
func TestSilence(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL = r.URL()
	i := start(t, h, c, Options{})
	old := start2(t, h, c)
	ready(t, i, old)
	s := subscribe(t, h, "news")
	r.Pause()
	eventually(t, "it is noticed", func() bool { return i.Ready(t.Context()) != nil && old.Ready(t.Context()) != nil })
	r.Resume()
	ready(t, i, old)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	hundred(t, r, s, "after")
}

// start2 starts an inlet that speaks the older version of the protocol, as with Redis before 6.
func start2(t *testing.T, h *madang.Hub, c Config) *Inlet {
	t.Helper()
	i, err := New(h, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	i.dialer.option.AlwaysRESP2 = true
	if err := i.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Close() })
	return i
}

// A quiet Redis is no dead one.
func TestQuiet(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL, c.Heartbeat, c.Timeout = r.URL(), 20*time.Millisecond, 2*time.Second
	i, old := start(t, h, c, Options{}), start2(t, h, c)
	ready(t, i, old)
	before := pings(r)
	eventually(t, "Redis was asked twenty times", func() bool { return pings(r) >= before+20 })
	if a, b := i.Stats(), old.Stats(); a.Outages != 0 || b.Outages != 0 {
		t.Errorf("%+v %+v", a, b)
	}
}

// pings returns how often anybody sent PING.
func pings(r *redistest.Server) (n int) {
	_, after, _ := strings.Cut(r.Do("INFO", "commandstats"), "cmdstat_ping:calls=")
	_, _ = fmt.Sscan(strings.Split(after, ",")[0], &n) // 0 if there was none
	return n
}

// The master dies under traffic and the Sentinels make another one: everything that is published there arrives.
func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartSentinels(t, "secret", "word")
	h := hubs(t, 1, madang.Config{})[0]
	c, log := quick(), &logbook{}
	c.Addresses, c.Master, c.Password, c.SentinelPassword = cluster.Addrs(), redistest.MasterName, "secret", "word"
	i := start(t, h, c, Options{Log: log.logger()})
	ready(t, i)
	s := subscribe(t, h, "news")
	var master atomic.Pointer[redistest.Server]
	master.Store(cluster.Master)
	traffic(t, master.Load)
	hundred(t, cluster.Master, s, "before")
	next := cluster.Failover()
	master.Store(next)
	eventually(t, "the outage is over", func() bool { return i.Stats().Outages > 0 && i.Ready(t.Context()) == nil })
	hundred(t, next, s, "after")
	if n := log.count("is heard again"); n == 0 {
		t.Errorf("%v", log)
	}
}

// The master hangs while its connections stay open, and comes back as a replica.
func TestSentinelHang(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartSentinels(t, "", "")
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.Addresses, c.Master = cluster.Addrs(), redistest.MasterName
	i := start(t, h, c, Options{})
	ready(t, i)
	s := subscribe(t, h, "news")
	cluster.Master.Pause()
	next := cluster.Promoted()
	eventually(t, "the outage is over", func() bool { return i.Stats().Outages > 0 && i.Ready(t.Context()) == nil })
	hundred(t, next, s, "after")
	cluster.Master.Resume()
	eventually(t, "the old master obeys", func() bool {
		role, err := cluster.Master.Try("ROLE") // it ends connections when it changes its role
		return err == nil && strings.HasPrefix(role, "slave\n")
	})
	ready(t, i)
	hundred(t, next, s, "later")
}

// What is published on any node of a cluster is heard, and still is when the node that serves us dies, even if it is the
// only one that the configuration names.
func TestCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.Addresses = cluster.Addrs()[:1]
	i := start(t, h, c, Options{})
	ready(t, i)
	s := subscribe(t, h, "news")
	for n, node := range cluster.Nodes {
		hundred(t, node, s, fmt.Sprint("node", n))
	}
	left := cluster.Nodes
	for n := range 2 {
		before := i.Stats().Outages
		server := serving(left)
		server.Kill()
		left = slices.DeleteFunc(slices.Clone(left), func(s *redistest.Server) bool { return s == server })
		eventually(t, "it is noticed", func() bool { return i.Stats().Outages > before })
		ready(t, i)
		hundred(t, left[0], s, fmt.Sprint("after", n))
	}
}

// serving returns the node that has a pattern: ours.
func serving(nodes []*redistest.Server) *redistest.Server {
	for _, n := range nodes {
		if n.Do("PUBSUB", "NUMPAT") != "0" {
			return n
		}
	}
	panic("nobody serves us")
}
