package socketio_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/madangtest"
)

// lossy makes two nodes; what it returns makes the first of them miss what is emitted meanwhile, for good.
func lossy(t *testing.T, change func(*socketio.Config)) (nodes []*node, lose func(func())) {
	t.Helper()
	cluster := madangtest.StartCluster(t, 2, madang.Config{Guards: guards()}, nil)
	for _, h := range cluster.Hubs {
		nodes = append(nodes, serve(t, h, change))
	}
	return nodes, func(f func()) {
		cluster.Cut(0)
		f()
		time.Sleep(time.Second)
		cluster.Mend(0)
		synctest.Wait()
	}
}

// Who can be recovered and has missed something is cut off and comes back as a new socket; nobody else notices anything.
func TestLossRestartsWhoCanBeRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, lose := lossy(t, recovering)
		join := func(s *socketio.Socket) {
			if s.Namespace().Name() == "/" {
				_ = s.Join("room")
			}
		}
		nodes[0].io.OnConnection(join)
		nodes[0].io.Of("/plain").NoRecovery()
		nodes[0].io.Of("/other")
		r, other := &resumer{n: nodes[0]}, &resumer{n: nodes[0]}
		r.connect(t, "")
		other.connect(t, "/other") // not in the room, but what is sent to several rooms may have been for it
		plain := nodes[0].Session(t, at, nil)
		plain.Join(t, "/plain", "")
		id := r.id
		lose(func() { say(t, nodes[1].io.To("room"), "lost") })
		if nodes[0].io.Of("/").Socket(id) == nil {
			t.Fatal("it is not ended at once: there may be many")
		}
		time.Sleep(5 * time.Second)
		if err := r.c.Ended(t); err == nil {
			t.Fatal("the connection goes on")
		}
		r.connect(t, "")
		if r.recovered || r.id == id {
			t.Error("it was recovered, and has missed something")
		}
		say(t, nodes[1].io.To("room"), "1")
		r.until(t, "1")
		if nodes[0].io.Of("/other").Len() != 1 || nodes[0].io.Of("/plain").Len() != 1 {
			t.Error("others were cut off as well")
		}
		lose(func() { say(t, nodes[1].io.Of("/third").To("room", "elsewhere"), "lost") })
		time.Sleep(5 * time.Second)
		if nodes[0].io.Of("/other").Len() != 0 || nodes[0].io.Of("/plain").Len() != 1 {
			t.Error("an emit to several rooms was lost")
		}
	})
}

// Volatile events may be lost: that is no loss.
func TestLossOfVolatileEvents(t *testing.T) {
	hub := madang.New(madang.Config{})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	n := serve(t, hub, recovering)
	var got *madang.Message
	room := socketio.RoomChannel("", "/", "room")
	l, err := hub.Listen(t.Context(), room, func(e *madang.Event) { got = e.Message })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	say(t, n.io.To("room").Volatile(), "x")
	if got == nil || !got.Transient || !got.Volatile {
		t.Errorf("published as %+v", got)
	}
}

// Who was away while something was lost is not taken for whole, whichever of the two came first.
func TestLossWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, lose := lossy(t, recovering)
		r := &resumer{n: nodes[0]}
		for what, f := range map[string]func(){
			"away when it was lost": func() {
				r.away(t)
				lose(func() { say(t, nodes[1].io.Of("/").All(), "lost") })
			},
			"away before it was told": func() {
				lose(func() { say(t, nodes[1].io.Of("/").All(), "lost") })
				r.away(t)
			},
			"disconnected while away": func() {
				r.away(t)
				if err := nodes[1].io.Of("/").All().DisconnectSockets(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			},
		} {
			*r = resumer{n: nodes[0]}
			r.connect(t, "")
			f()
			r.connect(t, "")
			if r.recovered {
				t.Error(what, ": it was recovered")
			}
		}
		r.away(t)
		r.connect(t, "")
		if !r.recovered {
			t.Error("nothing was lost, and it was not recovered")
		}
	})
}

// A namespace that has its own way to tell is asked to, and nobody is cut off; who is away is told when back.
func TestLossIsToldByTheNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, lose := lossy(t, recovering)
		var mu sync.Mutex
		var told []string
		nodes[0].io.Of("/").OnMissed(func(s *socketio.Socket, in []madang.Channel) {
			mu.Lock()
			defer mu.Unlock()
			line := s.ID()
			for _, c := range in {
				line += " " + c.Name
			}
			told = append(told, line)
		})
		heard := func(want ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(told, want) {
				t.Errorf("told %q, want %q", told, want)
			}
			told = nil
		}
		r := &resumer{n: nodes[0]}
		r.connect(t, "")
		lose(func() { say(t, nodes[1].io.Of("/").All(), "lost") })
		heard(r.id + " $sio/")
		r.away(t)
		lose(func() { say(t, nodes[1].io.Of("/").All(), "lost") })
		heard()
		lose(func() { say(t, nodes[1].io.Of("/").All(), "lost") })
		r.connect(t, "")
		synctest.Wait()
		heard(r.id + " $sio/ $sio/")
		r.away(t)
		lose(func() { say(t, nodes[1].io.To("a", "b"), "lost") })
		lose(func() { say(t, nodes[1].io.Of("/").All(), "lost") })
		r.connect(t, "")
		synctest.Wait()
		heard(r.id)
		if !r.recovered || strings.Contains(strings.Join(r.heard, " "), "lost") {
			t.Errorf("recovered %v, heard %q", r.recovered, r.heard)
		}
	})
}

// Who connects while the cluster does not answer waits; for ten seconds, and then has to come back.
func TestConnectingIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := madangtest.StartCluster(t, 1, madang.Config{}, nil)
		n := serve(t, cluster.Hubs[0], nil)
		begin := time.Now()
		cluster.Silence(0, true)
		time.AfterFunc(5*time.Second, func() { cluster.Silence(0, false) })
		n.join(t)
		if took := time.Since(begin); took < 5*time.Second {
			t.Errorf("let in after %s", took)
		}
		cluster.Silence(0, true)
		n.io.Of("/other")
		c := n.Session(t, at, nil)
		c.Send("40/other,")
		if err := c.Ended(t); err == nil {
			t.Error("it goes on")
		}
		cluster.Silence(0, false)
	})
}
