package madang_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"madang"
	"madang/madangtest"
)

// A misser is an owner that writes down what its client has missed, and may begin anew where that was.
type misser struct {
	owner
	again bool

	mu   sync.Mutex
	told []string // one line for each time: the channels
	busy bool
}

func (m *misser) Missed(in []*madang.Subscription) {
	var names []string
	for _, s := range in {
		names = append(names, s.Channel().Name)
	}
	slices.Sort(names)
	m.mu.Lock()
	if m.busy {
		names = append(names, "told twice at once")
	}
	m.busy = true
	m.told = append(m.told, strings.Join(names, " "))
	m.mu.Unlock()
	for _, s := range in {
		if !m.again {
			continue
		}
		if fresh, err := s.Again(context.Background()); err == nil {
			m.line.Send(record([]byte("missed")))
			fresh.Open()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = false
}

func (m *misser) lines() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.told, ",")
}

// missing connects a client that is told what it has missed.
func missing(t *testing.T, h *madang.Hub, again bool, channels ...string) (*valve, *misser) {
	t.Helper()
	v := &valve{room: -1}
	line, err := h.Open(v)
	if err != nil {
		t.Fatal(err)
	}
	v.line = line
	m := &misser{again: again}
	m.line = line
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: wordy{}, Principal: user("u"), Owner: m})
	if err != nil {
		t.Fatal(err)
	}
	sub(t, c, madang.Messages, channels...)
	return v, m
}

// Who may have missed something is told in which channels, once for all of them, and nobody else is.
func TestLossIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		var mu sync.Mutex
		note := func(c madang.Channel, after madang.Position) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, c.Name+" "+strconv.FormatUint(after.Offset, 10))
		}
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes(), Observers: []*madang.Observer{{Lost: note}}}, delays(1))
		va, a := missing(t, cl.Hubs[0], false, "x", "y")
		_, b := missing(t, cl.Hubs[0], false, "x", "z")
		_, c := missing(t, cl.Hubs[1], false, "x", "y")
		plain, p := connect(t, cl.Hubs[0], user("u"), wordy{}) // its dialect does not want to know
		sub(t, p, madang.Messages, "y")
		publish(t, cl.Hubs[1], "y", "1", "")
		settle()
		cl.Cut(0)
		publish(t, cl.Hubs[1], "y", "2", "")
		publish(t, cl.Hubs[1], "x", "3", "")
		settle()
		cl.Mend(0)
		publish(t, cl.Hubs[1], "y", "4", "")
		settle()
		if a.lines() != "x y" || b.lines() != "x" || c.lines() != "" {
			t.Errorf("told %q, %q and %q", a.lines(), b.lines(), c.lines())
		}
		if va.text() != "1,4" || plain.text() != "1,4" {
			t.Errorf("heard %s and %s", va.text(), plain.text())
		}
		mu.Lock()
		defer mu.Unlock()
		if slices.Sort(seen); !slices.Equal(seen, []string{"x 0", "y 1"}) {
			t.Errorf("observers were told %q", seen)
		}
	})
}

// An emit to an audience that was lost may have been for anybody on the node.
func TestLostEmitIsToldToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, nil)
		_, a := missing(t, cl.Hubs[0], false, "x")
		_, b := missing(t, cl.Hubs[0], false)
		_, c := missing(t, cl.Hubs[1], false, "x")
		cl.Cut(0)
		if err := cl.Hubs[1].Emit(t.Context(), madang.Audience{In: names("x", "y")}, &madang.Message{Data: []byte("1")}); err != nil {
			t.Fatal(err)
		}
		settle()
		cl.Mend(0)
		settle()
		for _, m := range []*misser{a, b} {
			m.mu.Lock()
			if len(m.told) != 1 || m.told[0] != "" {
				t.Errorf("told %q", m.told)
			}
			m.mu.Unlock()
		}
		if c.told != nil {
			t.Errorf("the node that missed nothing was told %q", c.told)
		}
	})
}

// A connection that was taken up from another node is still sent to by its old name, over that node's channel.
func TestLossOfTheAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, nil)
		old, h := cl.Hubs[0].Node(), cl.Hubs[1]
		connect := func(id madang.ConnID) *misser {
			v := &valve{room: -1}
			line, err := h.Open(v)
			if err != nil {
				t.Fatal(err)
			}
			v.line = line
			m := &misser{}
			m.line = line
			if _, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: wordy{}, Principal: user("u"), Owner: m, ID: id, Replace: true}); err != nil {
				t.Fatal(err)
			}
			return m
		}
		adopted, native := connect(madang.ConnID(string(old)+".17")), connect("")
		h.Lost(madang.Channel{Name: "$node." + string(old)}, madang.Position{})
		h.Lost(madang.Channel{Name: "$node." + string(h.Node()) + "/service"}, madang.Position{})
		settle()
		if adopted.mu.Lock(); len(adopted.told) != 1 {
			t.Errorf("told %q", adopted.told)
		}
		adopted.mu.Unlock()
		if native.mu.Lock(); native.told != nil {
			t.Errorf("somebody who can have missed nothing was told %q", native.told)
		}
		native.mu.Unlock()
	})
}

// A dialect that fails at telling ends that connection, and the others are told.
func TestTellingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, nil)
		v := &valve{room: -1}
		line, err := cl.Hubs[0].Open(v)
		if err != nil {
			t.Fatal(err)
		}
		v.line = line
		c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: wordy{}, Principal: user("u"), Owner: panicker{&owner{line: line}}})
		if err != nil {
			t.Fatal(err)
		}
		sub(t, c, madang.Messages, "x")
		_, b := missing(t, cl.Hubs[0], false, "x")
		cl.Cut(0)
		publish(t, cl.Hubs[1], "x", "1", "")
		settle()
		cl.Mend(0)
		settle()
		if v.ended() != "error" || b.lines() != "x" {
			t.Errorf("it ended with %q, the other was told %q", v.ended(), b.lines())
		}
	})
}

type panicker struct{ *owner }

func (panicker) Missed([]*madang.Subscription) { panic("oh no") }

// Whatever is cut how often, and whoever subscribes when: each client hears numbers that grow, none twice, and wherever one
// is missing it is told there or soon afterwards.
func TestNoSilentLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 3, madang.Config{Policies: yes()}, delays(7))
		rnd := rand.New(rand.NewPCG(7, 7))
		var all []*valve
		for i := range 9 {
			v, _ := missing(t, cl.Hubs[i%3], true, "x")
			all = append(all, v)
		}
		cut := [3]bool{}
		for n := 1; n <= 300; n++ {
			if i := rnd.IntN(3); rnd.IntN(5) == 0 {
				if cut[i] = !cut[i]; cut[i] {
					cl.Cut(i)
				} else {
					cl.Mend(i)
				}
			}
			publish(t, cl.Hubs[rnd.IntN(3)], "x", strconv.Itoa(n), "")
			if rnd.IntN(3) == 0 {
				settle()
			}
		}
		for i := range cut {
			settle()
			cl.Mend(i)
		}
		settle()
		publish(t, cl.Hubs[0], "x", "301", "")
		settle()
		gaps := 0
		for i, v := range all {
			last, open, told := 0, false, false // a gap waits to be told; the last thing heard was that
			for _, r := range v.records() {
				if r == "missed" {
					open, told = false, true
					continue
				}
				n, err := strconv.Atoi(r)
				if err != nil || n <= last {
					t.Fatalf("client %d heard %q after %d", i, r, last)
				}
				if n != last+1 {
					open = open || !told
					gaps++
				}
				last, told = n, false
			}
			if open || last != 301 {
				t.Errorf("client %d: a gap was not told: %s", i, v.text())
			}
		}
		if gaps == 0 {
			t.Error("nothing was lost, so nothing was tested")
		}
	})
}
