package carrier_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// What holds where sessions and requests meet on one node holds where most requests reach the wrong one.
func TestOnTwoNodes(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"cors", TestOriginsThatMayConnect},
		{"cookies", TestCookies},
		{"pings of the server", TestTheServerPingsInRevision4},
		{"pings of the client", TestTheClientPingsInRevision3},
		{"time-out", TestAPollingSessionTimesOut},
		{"two polls", TestTwoPollsAtOnceEndTheSession},
		{"aborted poll", TestAnAbortedPollEndsTheSession},
		{"two posts", TestTwoPostsAtOnceEndTheSession},
		{"large bodies", TestABodyThatIsTooLargeIsRefusedAndTheSessionStays},
		{"nonsense", TestNonsenseEndsTheSession},
		{"compression", TestAnswersAreCompressedForWhoCanTakeIt},
		{"revision 3", TestRevision3SpeaksOfBytesAsTheClientCan},
		{"whose request it is", TestTheIDIsNotEnoughInRevision3},
		{"bad requests", TestRequestsThatAreNone},
		{"order of a move", TestAMoveKeepsTheOrder},
		{"poll during a move", TestAPollThatWaitsIsReleasedByTheProbe},
		{"move that is not made", TestAMoveThatIsNotMade},
		{"one move", TestOneMoveAtATime},
		{"compressed frames", TestCompressedFramesMoveToAnyConnection},
	} {
		t.Run(c.name, c.test)
	}
}

// nodes are the servers of a cluster, each at an address of its own.
type nodes struct {
	*madangtest.Cluster
	servers []*server
	all     []*siotest.Net
	turn    atomic.Uint32
	*siotest.Net
}

// startNodes starts echo servers on n hubs. Net deals requests to them in turn.
func startNodes(t *testing.T, n int, change func(*carrier.Config), delay func() time.Duration) *nodes {
	t.Helper()
	cfg := carrier.Defaults()
	if change != nil {
		change(&cfg)
	}
	c := &nodes{Cluster: madangtest.StartCluster(t, n, madang.Config{}, delay)}
	var handlers []http.Handler
	for _, h := range c.Hubs {
		s := &server{hub: h, remote: "192.0.2.1:1"}
		var err error
		if s.Server, err = carrier.New(carrier.Options{Config: cfg, Hub: h, Open: s.open, Remote: s.from}); err != nil {
			t.Fatal(err)
		}
		c.servers, handlers = append(c.servers, s), append(handlers, s.Server)
		c.all = append(c.all, siotest.Serve(t, s.Server))
	}
	c.Net = siotest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers[int(c.turn.Add(1))%len(handlers)].ServeHTTP(w, r)
	}))
	return c
}

// at polls or posts at one of the nodes.
func (c *nodes) at(t *testing.T, node int, p *siotest.Polling, method, body string) siotest.Answer {
	t.Helper()
	return c.all[node].Do(t, siotest.Request(t.Context(), method, p.Target(), body, nil))
}

// later polls at one of the nodes, and says what has come of it, and when.
func (c *nodes) later(t *testing.T, node int, p *siotest.Polling) <-chan string {
	t.Helper()
	begin, out := time.Now(), make(chan string, 1)
	go func() {
		a := c.all[node].Do(t, siotest.Request(context.Background(), "GET", p.Target(), "", nil))
		out <- fmt.Sprintf("%d %s after %s", a.Status, a.Body, time.Since(begin).Truncate(time.Second))
	}()
	return out
}

const unknown = `{"code":1,"message":"Session ID unknown"}`

// A session of a node that has died is told to be unknown: within seconds while nobody knows yet, at once when its lease has
// ended, to those whose poll was waiting there as well.
func TestSessionsOfADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startNodes(t, 2, nil, nil)
		p, q := c.all[0].Poll(t, at, nil), c.all[0].Poll(t, at, nil)
		want(t, "before", c.at(t, 1, p, "POST", "4x").Status, 200)
		waiting := c.later(t, 1, q)
		time.Sleep(time.Second)
		c.Kill(0)
		begin := time.Now()
		want(t, "soon after", c.at(t, 1, p, "POST", "4x").Body, unknown)
		if d := time.Since(begin); d > 7*time.Second {
			t.Errorf("a dead node was waited for %s", d)
		}
		if got := <-waiting; !strings.HasPrefix(got, "400 "+unknown) || time.Since(begin) > 7*time.Second {
			t.Errorf("a poll that waited: %s; at an end after %s", got, time.Since(begin))
		}
		time.Sleep(30 * time.Second)
		begin = time.Now()
		want(t, "when its lease has ended", c.at(t, 1, p, "GET", "").Body, unknown)
		if d := time.Since(begin); d > time.Second {
			t.Errorf("a node without a lease was waited for %s", d)
		}
		want(t, "a new session", c.all[1].Poll(t, at, nil).Open.Status, 200)
	})
}

// Ids that nobody has given out cost nobody time, and don't reach anybody.
func TestSessionsThatThereAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startNodes(t, 2, nil, nil)
		c.all[0].Poll(t, at, nil)
		mine, other := c.Hubs[1].Node(), c.Hubs[0].Node()
		for _, sid := range []string{
			"1.x", ".x", "x", "x.y", "*.x", string(other), "$all.x", "%00.x", strings.Repeat("1", 1000) + ".x", string(mine) + ".x", string(other) + ".x",
		} {
			begin := time.Now()
			a := c.all[1].Do(t, siotest.Request(t.Context(), "GET", at+"&transport=polling&sid="+sid, "", nil))
			want(t, sid, a.Body, unknown)
			if d := time.Since(begin); d > time.Second {
				t.Errorf("%q took %s", sid, d)
			}
		}
	})
}

// If something between two nodes is lost, what was under way fails, soon and on both sides, instead of waiting for ever.
func TestALossBetweenNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, deaf := range []int{0, 1} { // the owner, and the one that asks
			c := startNodes(t, 2, nil, nil)
			p := c.all[0].Poll(t, at, nil)
			waiting := c.later(t, 1, p)
			synctest.Wait()
			c.Cut(deaf)
			if deaf == 1 {
				want(t, "a message for the poll that waits", c.at(t, 0, p, "POST", "4x").Status, 200)
				synctest.Wait()
			} else {
				go c.all[1].Do(t, siotest.Request(t.Context(), "POST", p.Target(), "4x", nil))
				synctest.Wait()
			}
			c.Mend(deaf)
			begin := time.Now()
			if got := <-waiting; strings.HasPrefix(got, "200") || time.Since(begin) > 7*time.Second {
				t.Errorf("node %d deaf: %s, at an end after %s", deaf, got, time.Since(begin))
			}
			if deaf == 0 { // else the owner has answered, as it answers a client whose connection breaks before the answer is there
				time.Sleep(time.Second)
				p.Gone(t)
			}
			again := c.all[0].Poll(t, at, nil)
			want(t, "a new session, elsewhere", c.at(t, 1, again, "POST", "4y").Status, 200)
			want(t, "its echo", c.at(t, 1, again, "GET", "").Body, "4y")
		}
	})
}

// A large body is passed on in pieces, whole and bounded, in both directions.
func TestLargeBodiesAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startNodes(t, 2, func(c *carrier.Config) { c.MaxPayload, c.HTTPCompression = 3_000_000, false }, nil)
		p := c.all[0].Poll(t, at, nil)
		for _, size := range []int{1, 1000, 32<<10 - 1, 32 << 10, 128<<10 + 1, 2_999_998} {
			body := "4" + strings.Repeat("0123456789", size/10+1)[:size]
			want(t, "status", c.at(t, 1, p, "POST", body).Status, 200)
			if got := c.at(t, 1, p, "GET", "").Body; got != body {
				t.Fatalf("%d bytes came back as %d", len(body), len(got))
			}
		}
	})
}

// Whatever nodes its requests reach, in whatever time, nothing that a client sends or is sent is lost, repeated or out of order.
func TestInterleavings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		messages := rapid.IntRange(1, 12).Draw(rt, "messages")
		posts := rapid.SliceOfN(rapid.IntRange(0, 2), messages, messages).Draw(rt, "nodes of posts")
		polls := rapid.SliceOfN(rapid.IntRange(0, 2), messages+1, messages+1).Draw(rt, "nodes of polls")
		most := rapid.IntRange(0, 50).Draw(rt, "most delay")
		seed := uint64(rapid.IntRange(1, 1000).Draw(rt, "delays"))
		synctest.Test(t, func(t *testing.T) {
			var n atomic.Uint64
			c := startNodes(t, 3, nil, func() time.Duration {
				return time.Duration(n.Add(1)*seed*2654435761%(uint64(most)+1)) * time.Millisecond
			})
			p := c.all[0].Poll(t, at, nil)
			var posted sync.WaitGroup
			defer posted.Wait()
			posted.Go(func() {
				for i, node := range posts {
					c.at(t, node, p, "POST", fmt.Sprintf("4%d", i))
				}
			})
			next := 0
			for i := 0; next < messages; i++ {
				a := c.at(t, polls[i%len(polls)], p, "GET", "")
				for packet := range strings.SplitSeq(a.Body, "\x1e") {
					if packet != fmt.Sprintf("4%d", next) {
						t.Fatalf("%d %q, want %d", a.Status, packet, next)
					}
					next++
				}
			}
		})
	})
}

// A client that goes away from the wrong node ends its session on the right one: a poll that nobody waits for gets nothing.
func TestAPollThatIsBrokenOffElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startNodes(t, 2, nil, nil)
		p := c.all[0].Poll(t, at, nil)
		ctx, abort := context.WithCancel(t.Context())
		r := siotest.Request(ctx, "GET", p.Target(), "", nil)
		go func() { _, _ = c.all[1].Try(r) }()
		synctest.Wait()
		abort()
		synctest.Wait()
		want(t, "the reason", c.servers[0].reason(t), madang.CloseGone)
		p.Gone(t)
	})
}
