package socketio_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/madangtest"
)

// wide makes nodes on which clients can be recovered.
func wide(t *testing.T, count int, delay func() time.Duration) ([]*node, *madangtest.Cluster) {
	t.Helper()
	cluster := madangtest.StartCluster(t, count, madang.Config{Guards: guards(), Lease: 3 * time.Second}, delay)
	var nodes []*node
	for _, h := range cluster.Hubs {
		n := serve(t, h, recovering)
		n.io.OnConnection(func(s *socketio.Socket) {
			if !s.Recovered() {
				s.SetData("kept")
				if err := s.Join("room"); err != nil {
					t.Error(err)
				}
			}
		})
		nodes = append(nodes, n)
	}
	return nodes, cluster
}

// move brings a client back on another node.
func (r *resumer) move(t testing.TB, to *node) {
	t.Helper()
	r.n = to
	r.connect(t, "")
}

// A client that comes back to another node is the same socket, and gets what it has missed, once and in order; also from a
// third one, when it has heard nothing on the second.
func TestRecoveryOnAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := wide(t, 3, nil)
		r := &resumer{n: nodes[0]}
		r.connect(t, "")
		id, k := r.id, 0
		tell := func(b func() socketio.Broadcast) {
			t.Helper()
			k++
			say(t, b(), strconv.Itoa(k))
			time.Sleep(time.Second) // another emit may overtake it
		}
		round := func() {
			t.Helper()
			for _, from := range nodes {
				tell(from.io.Of("/").All)
				tell(func() socketio.Broadcast { return from.io.To("room") })
				tell(func() socketio.Broadcast { return from.io.To("room", "elsewhere") })
				tell(func() socketio.Broadcast { return from.io.To(id) })
				say(t, from.io.To("elsewhere"), "not its room")
				say(t, from.io.To("room").Volatile().Except(id), "not for it")
				if err := from.hub.Emit(t.Context(), madang.Audience{Conns: []madang.ConnID{madang.ConnID(id)}}, &madang.Message{
					Name: "n", Channel: from.io.Of("/").Channel(), Type: madang.Args, Data: fmt.Appendf(nil, `["%d"]`, k+1),
				}); err != nil {
					t.Fatal(err)
				}
				k++
				time.Sleep(time.Second)
			}
		}
		check := func(what string) {
			t.Helper()
			r.until(t, strconv.Itoa(k))
			for i, word := range r.heard {
				if word != strconv.Itoa(i+1) {
					t.Fatalf("%s: heard %q", what, r.heard)
				}
			}
			if len(r.heard) != k || !r.recovered || r.id != id {
				t.Fatalf("%s: heard %d of %d, recovered %v", what, len(r.heard), k, r.recovered)
			}
		}
		r.recovered = true
		round()
		check("at the beginning")
		for i, to := range []*node{nodes[1], nodes[2], nodes[2], nodes[0], nodes[1]} {
			away := r.n.hub.Conn(madang.ConnID(id))
			r.c.Drop()
			if i%2 == 0 {
				<-away.Done() // else it comes back before anybody has noticed
			}
			round()
			r.move(t, to)
			check(fmt.Sprint("back for the ", i+1, ". time"))
			s := to.io.Of("/").Socket(id)
			if s == nil || s.Data() != "kept" || len(s.Rooms()) != 2 {
				t.Fatalf("the socket is %v", s)
			}
			round()
			check("live again")
		}
		r.move(t, nodes[0]) // at once, and with an offset of the node before
		r.move(t, nodes[1])
		round()
		check("moved twice without a word")
	})
}

// Who is too late, somebody else, or had something on its node that cannot go elsewhere, is not recovered; nor is anybody whose
// node is dead.
func TestNoRecoveryOnAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, cluster := wide(t, 2, nil)
		for what, f := range map[string]func(*resumer){
			"too late":        func(*resumer) { time.Sleep(3 * time.Minute) },
			"data":            func(r *resumer) { nodes[0].io.Of("/").Socket(r.id).SetData(struct{}{}) },
			"another's":       func(r *resumer) { r.pid = strings.Replace(r.pid, ".", ".x", 1) },
			"no node":         func(r *resumer) { r.pid = "7." + r.pid },
			"bad offset":      func(r *resumer) { r.offset = string(nodes[1].hub.Node()) + ".zzz" },
			"something lost":  func(r *resumer) { nodes[0].io.Of("/").Socket(r.id).Restart() },
			"sent away":       func(r *resumer) { nodes[0].io.Of("/").Socket(r.id).Disconnect(false) },
			"the node killed": func(*resumer) { cluster.Kill(0) },
		} {
			if what == "the node killed" {
				continue
			}
			r := &resumer{n: nodes[0]}
			r.connect(t, "")
			away := nodes[0].hub.Conn(madang.ConnID(r.id))
			pid := r.pid
			f(r)
			r.c.Drop()
			<-away.Done()
			if what == "too late" {
				time.Sleep(3 * time.Minute)
			}
			r.move(t, nodes[1])
			if r.recovered || r.pid == pid {
				t.Error(what, ": it was recovered")
			}
		}
		r := &resumer{n: nodes[0]}
		r.connect(t, "")
		cluster.Kill(0)
		for _, wait := range []time.Duration{0, time.Minute} { // until it is known to be dead
			time.Sleep(wait)
			begin := time.Now()
			back := &resumer{n: nodes[1], pid: r.pid}
			back.connect(t, "")
			if took := time.Since(begin); back.recovered || took > 4*time.Second {
				t.Errorf("recovered %v, after %s", back.recovered, took)
			}
		}
	})
}

// Whatever is sent how often while a client wanders from node to node, it hears all of it once, in the order of each room.
func TestNothingIsLostBetweenNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		rnd := rand.New(rand.NewPCG(3, 9))
		draw := func(n int) int {
			mu.Lock()
			defer mu.Unlock()
			return rnd.IntN(n)
		}
		nodes, _ := wide(t, 3, func() time.Duration { return time.Duration(draw(3000)) * time.Microsecond })
		r := &resumer{n: nodes[0]}
		r.connect(t, "")
		time.Sleep(time.Second)
		const senders, each = 4, 60
		var wg sync.WaitGroup
		for i := range senders {
			wg.Go(func() {
				for k := range each {
					b := nodes[(i+k)%3].io.To("room")
					if i == 0 {
						b = nodes[k%3].io.To("room", "elsewhere")
					}
					say(t, b, fmt.Sprintf("%d:%d", i, k))
					time.Sleep(time.Duration(draw(30)) * time.Millisecond)
				}
			})
		}
		for range 12 {
			time.Sleep(time.Duration(draw(60)) * time.Millisecond)
			r.c.Drop()
			time.Sleep(time.Duration(draw(20)) * time.Millisecond)
			r.move(t, nodes[draw(3)])
			if !r.recovered {
				t.Fatal("it was not recovered")
			}
		}
		wg.Wait()
		time.Sleep(time.Second)
		say(t, nodes[0].io.To("room"), "end")
		r.until(t, "end")
		seen := map[string]bool{}
		for _, word := range r.heard {
			if seen[word] {
				t.Errorf("%s came twice", word)
			}
			seen[word] = true
		}
		if len(seen) != senders*each+1 {
			t.Errorf("%d of %d came", len(seen), senders*each+1)
		}
	})
}
