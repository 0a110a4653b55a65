package socketio_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
)

func TestAPanicCostsOneConnectionAndIsLogged(t *testing.T) {
	for name, spread := range map[string]func(*node){
		"in a handler":    func(n *node) { n.io.On("x", func(*socketio.Socket, *socketio.Event) error { panic("oh no") }) },
		"on a connection": func(n *node) { n.io.Of("/p").OnConnection(func(*socketio.Socket) { panic("oh no") }) },
		"in a middleware": func(n *node) {
			n.io.Of("/p").Use(func(context.Context, *socketio.Socket) error { panic("oh no") })
		},
		"in a choice of namespaces": func(n *node) { n.io.OfFunc(func(string, *socketio.Handshake) bool { panic("oh no") }) },
		"at a disconnection": func(n *node) {
			n.io.Of("/p").OnConnection(func(s *socketio.Socket) {
				s.OnDisconnect(func(madang.CloseReason) { panic("oh no") })
				s.Session().End(madang.CloseNormal)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t, nil)
			spread(n)
			bystander, _ := n.join(t)
			c, _ := n.join(t)
			c.Send("40/p", `42["x"]`)
			c.Ended(t)
			if err := n.io.Emit("alive"); err != nil {
				t.Fatal(err)
			}
			want(t, bystander, `42["alive"]`)
			eventually(t, "it is logged", func() bool { return strings.Contains(n.log.String(), "oh no") })
		})
	}
}

func TestAHandlersOwnErrorsAreNotForTheClient(t *testing.T) {
	n := start(t, nil)
	n.io.On("x", func(_ *socketio.Socket, e *socketio.Event) error { return context.Canceled })
	n.io.On("bind", func(_ *socketio.Socket, e *socketio.Event) error { var n int; return e.Bind(&n) })
	c, id := n.join(t)
	c.Send(`42["x"]`, `421["x"]`, `422["bind","text"]`)
	want(t, c, `42["exception",{"status":"error","message":"Internal server error","code":"internal"}]`,
		`431[{"error":{"code":"internal","message":"Internal server error"}}]`,
		`432[{"error":{"code":"invalid","message":"Bad request"}}]`)
	if text := n.log.String(); !strings.Contains(text, "context canceled") || !strings.Contains(text, id) {
		t.Errorf("logged %s", text)
	}
}

func TestAClientThatDoesNotReadIsClosedAndNobodyElseNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, nil)
		slow, id := n.join(t)
		var why atomic.Int32
		n.io.Of("/").Socket(id).OnDisconnect(func(r madang.CloseReason) { why.Store(int32(r)) })
		quick, _ := n.join(t)
		slow.Stall(true)
		piece := strings.Repeat("x", 100_000)
		for range 30 {
			if err := n.io.Emit("n", piece); err != nil {
				t.Fatal(err)
			}
			quick.Until(t, "42")
		}
		time.Sleep(5 * time.Second)
		if n.io.Of("/").Socket(id) != nil || madang.CloseReason(why.Load()) != madang.CloseSlow {
			t.Fatalf("it is still here, or ended as %v", madang.CloseReason(why.Load()))
		}
		if err := n.io.Emit("last"); err != nil {
			t.Fatal(err)
		}
		quick.Until(t, `42["last"]`)
	})
}

func TestAFloodWaitsOutside(t *testing.T) {
	n := start(t, nil)
	goOn := make(chan struct{})
	var done atomic.Int32
	n.io.On("x", func(*socketio.Socket, *socketio.Event) error {
		<-goOn
		done.Add(1)
		return nil
	})
	c, _ := n.join(t)
	const many = 50_000
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		packet := `42["x","` + strings.Repeat("x", 80) + `"]`
		for range many / 100 {
			batch := make([]string, 100)
			for i := range batch {
				batch[i] = packet
			}
			c.Send(batch...)
		}
	}()
	other, _ := n.join(t)
	n.io.On("alive", func(_ *socketio.Socket, e *socketio.Event) error { return e.Ack() })
	other.Send(`420["alive"]`)
	want(t, other, "430[]")
	select {
	case <-sent:
		t.Fatal("the server has taken everything in")
	case <-time.After(200 * time.Millisecond):
	}
	close(goOn)
	<-sent
	eventually(t, "all were handled", func() bool { return done.Load() == many })
}

func TestAFloodByPollingWaitsOutsideToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, nil)
		goOn := make(chan struct{})
		n.io.On("x", func(*socketio.Socket, *socketio.Event) error {
			<-goOn
			return nil
		})
		p := n.Poll(t, at, nil)
		p.Post(t, "40")
		batch := strings.TrimSuffix(strings.Repeat("42[\"x\"]\x1e", 1000), "\x1e")
		var taken atomic.Int32
		go func() {
			for range 10 {
				p.Post(t, batch)
				taken.Add(1)
			}
		}()
		time.Sleep(time.Second)
		if got := taken.Load(); got != 1 {
			t.Errorf("%d batches of 1,000 were taken while none was handled", got)
		}
		close(goOn)
		time.Sleep(time.Second)
		if got := taken.Load(); got != 10 {
			t.Errorf("%d batches were taken in the end", got)
		}
	})
}

func TestAForwardedMessageStaysTheCallers(t *testing.T) {
	n := start(t, nil)
	n.io.Of("/other")
	n.io.On("x", func(s *socketio.Socket, e *socketio.Event) error {
		m := e.Forward()
		m.Name = "y"
		for range 2 {
			if err := s.Forward(m); err != nil {
				return err
			}
			if err := n.io.Of("/other").All().Forward(m); err != nil {
				return err
			}
		}
		return nil
	})
	c, _ := n.join(t)
	c.Join(t, "/other", "")
	c.Send(`42["x",1.50]`)
	got := []string{c.Next(t), c.Next(t), c.Next(t), c.Next(t)}
	slices.Sort(got) // what goes through the broker may come later
	if !slices.Equal(got, []string{`42/other,["y",1.50]`, `42/other,["y",1.50]`, `42["y",1.50]`, `42["y",1.50]`}) {
		t.Fatalf("received %q", got)
	}
}

func TestAFloodOfConnectsKeepsNothing(t *testing.T) {
	n := start(t, nil)
	c := n.Session(t, at, nil)
	for range 20 {
		var batch []string
		for i := range 100 {
			batch = append(batch, "40/none-"+strings.Repeat("x", i))
		}
		c.Send(batch...)
		for range batch {
			c.Until(t, "44/none-")
		}
	}
	c.Join(t, "", "")
	if got := n.io.Namespaces(); len(got) != 1 {
		t.Fatalf("%d namespaces", len(got))
	}
}

func TestDrainLetsClientsComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, nil)
		c, _ := n.join(t)
		p := n.Poll(t, at, nil)
		p.Post(t, "40")
		p.Until(t, "40")
		waiting := p.GetLater(t.Context())
		synctest.Wait()
		if err := n.hub.Drain(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		if err := c.Ended(t); !strings.Contains(err.Error(), "1012") { // and no DISCONNECT before it: Ended saw none
			t.Error(err)
		}
		if a := <-waiting; a.Body != "1" {
			t.Errorf("the poll is answered %q", a.Body)
		}
		refused := n.Do(t, siotest.Request(t.Context(), "GET", at+"&transport=polling", "", nil))
		if refused.Status != 503 || refused.Header.Get("Retry-After") == "" {
			t.Errorf("a newcomer is answered %d", refused.Status)
		}
	})
}

func TestWhoJoinsNoNamespaceIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, func(c *socketio.Config) { c.ConnectTimeout = 10 * time.Second })
		c := n.Session(t, at, nil)
		stays, _ := n.join(t)
		began := time.Now()
		c.Join(t, "/unknown", "")
		c.Ended(t)
		if after := time.Since(began); after != 10*time.Second {
			t.Errorf("closed after %v", after)
		}
		if err := n.io.Emit("here"); err != nil {
			t.Fatal(err)
		}
		want(t, stays, `42["here"]`)
	})
}

// Nothing of a session may stay behind, however it ended.
func TestSessionsLeaveNothingBehind(t *testing.T) {
	n := start(t, func(c *socketio.Config) {
		recovering(c)
		c.Recovery.MaxDisconnectionDuration = time.Millisecond
	})
	n.io.OnConnection(func(s *socketio.Socket) {
		if err := s.Join("a", "b"); err != nil && !errors.Is(err, madang.ErrClosed) { // the client may be gone already
			t.Error(err)
		}
	})
	n.io.Of("/other")
	round := func() {
		for i := range 20 {
			c, _ := n.join(t)
			c.Join(t, "/other", "")
			switch i % 4 {
			case 0:
				c.Drop()
			case 1:
				c.Send("41", "41/other")
				c.Drop()
			case 2:
				c.Send("nonsense")
			case 3:
				c.Send("1")
			}
			p := n.Poll(t, at, nil)
			p.Post(t, "40")
			p.Post(t, "1")
			c.Ended(t)
		}
		eventually(t, "everybody has left", func() bool {
			return n.hub.Lines() == 0 && n.io.Of("/").Len() == 0 && n.io.Of("/other").Len() == 0 &&
				n.hub.Subscribers(socketio.RoomChannel("", "/", "a")) == 0
		})
	}
	round()
	before := runtime.NumGoroutine()
	for range 3 {
		round()
	}
	eventually(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= before+5 })
	eventually(t, "buffers are given back", func() bool { return n.hub.Buffered() == 0 })
}
