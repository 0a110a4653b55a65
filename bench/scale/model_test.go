package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"pgregory.net/rapid"

	"madang"
	"madang/broker/redis"
	"madang/internal/redistest"
)

func TestReach(t *testing.T) {
	for _, c := range []struct{ n, audience, want float64 }{{1, 10, 1}, {3, 1, 1}, {3, 1e6, 3}, {2, 2, 1.5}} {
		if got := reach(c.n, c.audience); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v connections at %v nodes: %v, want %v", c.audience, c.n, got, c.want)
		}
	}
}

// More of anything needs no less, and what is answered bears the load also with one node less.
func TestNeeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := load{
			connections: rapid.Float64Range(0, 5e6).Draw(t, "connections"), publishes: rapid.Float64Range(0, 1e5).Draw(t, "publishes"),
			audience: rapid.Float64Range(0, 1e3).Draw(t, "audience"), gathered: rapid.Float64Range(0, 1).Draw(t, "gathered"),
		}
		m := machine{cores: rapid.Float64Range(1, 64).Draw(t, "cores"), memory: rapid.Float64Range(1, 256).Draw(t, "memory") * (1 << 30), use: 0.6}
		c := measured()
		x := c.needs(l, m)
		if x.cores > (x.nodes-1)*m.cores*m.use {
			t.Errorf("%v cores for %v", (x.nodes-1)*m.cores*m.use, x.cores)
		}
		if each := l.connections/(x.nodes-1)*(c.connection+c.kernel) + c.base; each > m.memory*m.use {
			t.Errorf("%v bytes on each of the others", each)
		}
		more := l
		more.connections *= 2
		more.publishes *= 2
		if y := c.needs(more, m); y.nodes < x.nodes || y.cores < x.cores || y.redis < x.redis {
			t.Errorf("twice as much needs less: %+v, %+v", x, y)
		}
	})
}

// What docs/scale.md says is what the model says.
func TestDocument(t *testing.T) {
	doc, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(nil, &out, os.Stderr); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), out.String()) {
		t.Errorf("docs/scale.md does not have what `go run ./bench/scale` says:\n%s", out.String())
	}
	for _, bad := range [][]string{{"-gathered", "2"}, {"-cores", "0"}, {"-connections", "-1"}, {"more"}} {
		if err := run(bad, &out, &out); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// The memory of a presence entry in Redis is what the model counts with.
func TestEntry(t *testing.T) {
	url := redistest.Start(t).URL()
	c := redis.Defaults()
	c.URL = url
	b, err := redis.Open(t.Context(), c, redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Start(t.Context(), nobody{}); err != nil {
		t.Fatal(err)
	}
	node := madang.NodeID("1234567890")
	if err := b.Keep(t.Context(), node, time.Minute); err != nil {
		t.Fatal(err)
	}
	before := used(t, url)
	const n = 2000
	for i := range n {
		_, err := b.Put(t.Context(), madang.Channel{App: "main", Name: fmt.Sprint("presence-room", i/10)}, madang.Member{
			User: fmt.Sprint("user", i), Conn: madang.ConnID(fmt.Sprint(node, ".", i)), Node: node, Since: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	each := (used(t, url) - before) / n
	t.Logf("%.0f bytes for each entry", each)
	if want := measured().entry; each < want*0.7 || each > want*1.3 {
		t.Errorf("an entry takes %.0f bytes, the model counts with %.0f", each, want)
	}
}

type nobody struct{}

func (nobody) Receive(*madang.Event) {}

// used returns the bytes of all keys.
func used(t *testing.T, url string) (sum float64) {
	t.Helper()
	o, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	o.DisableCache = true
	c, err := rueidis.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	keys, err := c.Do(context.Background(), c.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		size, err := c.Do(context.Background(), c.B().MemoryUsage().Key(k).Samples(0).Build()).AsInt64()
		if rueidis.IsRedisNil(err) { // it has expired since
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		sum += float64(size)
	}
	return sum
}
