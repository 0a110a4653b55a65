package madang_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
)

// plain is the simplest dialect: a record of length and data.
type plain struct{}

func (plain) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return dst, nil
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Message.Data)))
	return append(dst, e.Message.Data...), nil
}

func record(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// A moody link takes everything, a few bytes, or nothing for a while.
type moody struct {
	t      testing.TB
	seed   *rand.Rand
	line   *madang.Line
	stuck  bool // takes nothing, ever
	inUse  atomic.Int32
	mu     sync.Mutex
	got    []byte
	closed atomic.Int32
	reason atomic.Uint32
}

func (m *moody) Flush(b *madang.Batch) (int, error) {
	if m.inUse.Add(1) != 1 {
		m.t.Error("two writers")
	}
	defer m.inUse.Add(-1)
	if m.stuck {
		return 0, nil
	}
	n := len(b.Bytes())
	switch m.seed.IntN(6) {
	case 0:
		n = 0
	case 1:
		n = m.seed.IntN(n + 1)
	}
	units, rest := b.Cut(n)
	m.mu.Lock()
	m.got = append(m.got, b.Bytes()[:n]...)
	m.mu.Unlock()
	if units == b.Len() && rest == nil {
		return units, nil
	}
	b.Keep(len(rest))
	wait := time.Duration(m.seed.IntN(2000)) * time.Microsecond
	m.inUse.Add(1)
	go func() {
		time.Sleep(wait)
		m.mu.Lock()
		m.got = append(m.got, rest...)
		m.mu.Unlock()
		m.inUse.Add(-1)
		m.line.Ready()
	}()
	m.inUse.Add(-1)
	defer m.inUse.Add(1)
	return units, nil
}

func (m *moody) Farewell(r madang.CloseReason) []byte { return record([]byte("bye " + r.String())) }

func (m *moody) Close(r madang.CloseReason) {
	m.closed.Add(1)
	m.reason.Store(uint32(r))
}

func (m *moody) records() (out []string, left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.got
	for len(b) >= 4 && len(b) >= 4+int(binary.BigEndian.Uint32(b)) {
		n := 4 + int(binary.BigEndian.Uint32(b))
		out = append(out, string(b[4:n]))
		b = b[n:]
	}
	return out, len(b)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: " + what)
		}
	}
}

func startHub(t testing.TB, cfg madang.Config) *madang.Hub {
	t.Helper()
	if cfg.Policies == nil {
		cfg.Policies = []madang.Policy{madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) {
			return &madang.Grant{}, nil
		})}
	}
	h := madang.New(cfg)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func join(t testing.TB, h *madang.Hub, seed uint64, user string, chs ...string) (*moody, *madang.Conn) {
	t.Helper()
	m := &moody{t: t, seed: rand.New(rand.NewPCG(seed, 7))}
	line, err := h.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	m.line = line
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: plain{}, Principal: &madang.Principal{User: user}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range chs {
		s, err := c.Subscribe(t.Context(), madang.Channel{Name: name}, madang.SubscribeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.Open()
	}
	return m, c
}

func publish(t testing.TB, h *madang.Hub, ch, data string, skip madang.ConnID) {
	t.Helper()
	m := &madang.Message{Channel: madang.Channel{Name: ch}, Data: []byte(data), Skip: skip}
	if _, err := h.Publish(context.Background(), m); err != nil {
		t.Error(err)
	}
}

// Every link gets everything once, in the channel's order, and what the node took first leaves first.
func TestOrderNoLossNoDuplicate(t *testing.T) {
	const channels, pubs, links, each = 5, 12, 24, 800
	h := startHub(t, madang.Config{Limits: madang.Limits{MaxLag: 1 << 40, Flushers: 4}})
	var names []string
	for i := range channels {
		names = append(names, "c"+strconv.Itoa(i))
	}
	var ms [links]*moody
	var cs [links]*madang.Conn
	for i := range links {
		ms[i], cs[i] = join(t, h, uint64(i), "u", names...)
	}
	var ticket atomic.Uint64
	var after [pubs][each]uint64 // the ticket drawn when a call had returned
	var total [links]atomic.Int64
	var wg sync.WaitGroup
	for p := range pubs {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(p), 9))
			for s := range each {
				pad := rnd.IntN(200)
				if rnd.IntN(100) == 0 {
					pad = rnd.IntN(30000)
				}
				data := func(ch string) string {
					return fmt.Sprintf("%s %d %d %d %s", ch, p, s, ticket.Add(1), bytes.Repeat([]byte("x"), pad))
				}
				a := rnd.IntN(links)
				switch rnd.IntN(4) {
				case 0, 1:
					name := names[rnd.IntN(channels)]
					publish(t, h, name, data(name), "")
					for i := range total {
						total[i].Add(1)
					}
				case 2: // all but one
					name := names[rnd.IntN(channels)]
					publish(t, h, name, data(name), cs[a].ID())
					for i := range total {
						if i != a {
							total[i].Add(1)
						}
					}
				case 3: // two of them
					b := (a + 1 + rnd.IntN(links-1)) % links
					to := madang.Audience{Conns: []madang.ConnID{cs[a].ID(), cs[b].ID()}}
					if err := h.Emit(context.Background(), to, &madang.Message{Data: []byte(data("own"))}); err != nil {
						t.Error(err)
					}
					total[a].Add(1)
					total[b].Add(1)
				}
				after[p][s] = ticket.Add(1)
				if rnd.IntN(50) == 0 {
					time.Sleep(time.Duration(rnd.IntN(300)) * time.Microsecond)
				}
			}
		})
	}
	wg.Wait()
	perChannel := map[string][]string{}
	for i, m := range ms {
		eventually(t, "all units", func() bool {
			rs, left := m.records()
			return len(rs) >= int(total[i].Load()) && left == 0
		})
		rs, _ := m.records()
		if len(rs) != int(total[i].Load()) {
			t.Fatalf("link %d got %d of %d", i, len(rs), total[i].Load())
		}
		seen := map[[2]int]bool{}
		next := map[int]int{}
		newest := uint64(0)
		for _, r := range rs {
			var ch string
			var p, s int
			var tick uint64
			if _, err := fmt.Sscan(r, &ch, &p, &s, &tick); err != nil {
				t.Fatalf("a unit was cut: %.40q", r)
			}
			if seen[[2]int{p, s}] {
				t.Fatalf("link %d got %d of publisher %d twice", i, s, p)
			}
			seen[[2]int{p, s}] = true
			if s < next[p] {
				t.Fatalf("link %d: publisher %d: %d after %d", i, p, s, next[p])
			}
			next[p] = s
			if after[p][s] < newest {
				t.Fatalf("link %d: %d of %d was taken before something already written", i, s, p)
			}
			newest = max(newest, tick)
		}
	}
	_ = perChannel
	eventually(t, "drained logs own no buffer", func() bool { return h.Buffered() == 0 })
}

// A subscription's welcome comes first, then what was published since Subscribe, up to Leave, without a gap.
func TestHeldWelcomeAndLeave(t *testing.T) {
	h := startHub(t, madang.Config{Limits: madang.Limits{Flushers: 2}})
	join(t, h, 1, "anchor", "r")
	var mu sync.Mutex
	seq := 0
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			mu.Lock()
			seq++
			publish(t, h, "r", strconv.Itoa(seq), "")
			mu.Unlock()
			if seq%8 == 0 {
				time.Sleep(50 * time.Microsecond)
			}
		}
	})
	var peers sync.WaitGroup
	for i := range 200 {
		peers.Go(func() {
			m, c := join(t, h, uint64(i), "u")
			mu.Lock()
			s, err := c.Subscribe(context.Background(), madang.Channel{Name: "r"}, madang.SubscribeOptions{})
			first := seq + 1
			mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Duration(i%5) * 200 * time.Microsecond)
			c.Line().Send(record([]byte("welcome")))
			s.Open()
			time.Sleep(time.Duration(i%7) * 300 * time.Microsecond)
			mu.Lock()
			last := seq
			c.Unsubscribe(madang.Channel{Name: "r"})
			mu.Unlock()
			c.Line().Close(madang.CloseDrain)
			eventually(t, "closed", func() bool { return m.closed.Load() == 1 })
			rs, _ := m.records()
			want := last - first + 1
			if len(rs) != want+2 || rs[0] != "welcome" || rs[len(rs)-1] != "bye drain" {
				t.Errorf("got %d of %d, from %q to %q", len(rs), want+2, rs[0], rs[len(rs)-1])
				return
			}
			for j, r := range rs[1 : len(rs)-1] {
				if r != strconv.Itoa(first+j) {
					t.Errorf("%s instead of %d", r, first+j)
					return
				}
			}
		})
	}
	peers.Wait()
	close(stop)
	wg.Wait()
	eventually(t, "all but the anchor have left", func() bool { return h.Subscribers(madang.Channel{Name: "r"}) == 1 })
}

// A link that does not read is closed as slow; the others are served on.
func TestSlowReader(t *testing.T) {
	told := make(chan uint64, 1)
	h := startHub(t, madang.Config{
		Limits:    madang.Limits{MaxLag: 10_000, MaxOver: 200 * time.Millisecond},
		Observers: []*madang.Observer{{Slow: func(_ *madang.Line, lag uint64) { told <- lag }}},
	})
	stuck, _ := join(t, h, 1, "stuck", "r")
	stuck.stuck = true
	good, _ := join(t, h, 2, "good", "r")
	for i := range 100 {
		publish(t, h, "r", strconv.Itoa(i)+string(make([]byte, 200)), "")
	}
	eventually(t, "the slow one is closed", func() bool { return stuck.closed.Load() == 1 })
	if r := madang.CloseReason(stuck.reason.Load()); r != madang.CloseSlow {
		t.Errorf("closed as %v", r)
	}
	if lag := <-told; lag < 10_000 {
		t.Errorf("closed at a lag of %d", lag)
	}
	eventually(t, "the good one has all", func() bool { rs, _ := good.records(); return len(rs) == 100 })
	eventually(t, "nothing is held for the slow one", func() bool { return h.Buffered() == 0 })
}

func TestBatchCut(t *testing.T) {
	h := startHub(t, madang.Config{})
	m, _ := join(t, h, 3, "u", "r")
	for i := range 500 {
		publish(t, h, "r", strconv.Itoa(i), "")
	}
	eventually(t, "all", func() bool { rs, left := m.records(); return len(rs) == 500 && left == 0 })
	if _, err := h.Open(m); errors.Is(err, madang.ErrClosed) {
		t.Error("open hub says closed")
	}
}
