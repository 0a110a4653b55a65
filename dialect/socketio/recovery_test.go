package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
)

func recovering(c *socketio.Config) { c.Recovery.MaxDisconnectionDuration = 2 * time.Minute }

// A resumer is a client that comes back.
type resumer struct {
	n              *node
	c              *siotest.Socket
	id, pid, token string
	offset         string // of the last event
	recovered      bool
	heard          []string
}

// connect connects, again if it has before. What it missed is added to heard.
func (r *resumer) connect(t testing.TB, namespace string) {
	t.Helper()
	prefix := ""
	if namespace != "" {
		prefix = namespace + ","
	}
	auth := fmt.Sprintf(`{"token":%q`, r.token)
	if r.pid != "" {
		auth += fmt.Sprintf(`,"pid":%q`, r.pid)
	}
	if r.offset != "" {
		auth += fmt.Sprintf(`,"offset":%q`, r.offset)
	}
	r.c = r.n.Session(t, at, nil)
	r.c.Send("40" + prefix + auth + "}")
	for {
		p := r.c.Next(t)
		if answer, ok := strings.CutPrefix(p, "40"+prefix); ok {
			_, pid, _ := strings.Cut(answer, `"pid":"`)
			pid, _, _ = strings.Cut(pid, `"`)
			r.recovered, r.pid, r.id = pid == r.pid && pid != "", pid, idOf(t, answer)
			return
		}
		r.take(t, p)
	}
}

// take notes an event of the form 42["n","word","offset"].
func (r *resumer) take(t testing.TB, p string) {
	t.Helper()
	parts := strings.Split(p, `"`)
	if !strings.HasPrefix(p, "42") || len(parts) != 7 {
		t.Fatalf("unexpected packet %s", p)
	}
	r.heard, r.offset = append(r.heard, parts[3]), parts[5]
}

// until reads events up to one.
func (r *resumer) until(t testing.TB, word string) {
	t.Helper()
	for len(r.heard) == 0 || r.heard[len(r.heard)-1] != word {
		r.take(t, r.c.Next(t))
	}
}

// away cuts the connection and waits until the server has noticed.
func (r *resumer) away(t testing.TB) {
	t.Helper()
	conn := r.n.hub.Conn(madang.ConnID(r.id))
	r.c.Drop()
	<-conn.Done()
}

func say(t testing.TB, b socketio.Broadcast, words ...string) {
	t.Helper()
	for _, w := range words {
		if err := b.Emit("n", w); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMissedEventsComeOnceAndInOrder(t *testing.T) {
	n := alone(t, recovering) // what is sent to different rooms comes in order only where there is no network between
	n.io.OnConnection(func(s *socketio.Socket) {
		if !s.Recovered() {
			s.SetData("kept")
			if err := s.Join("room"); err != nil {
				t.Error(err)
			}
		}
	})
	all := n.io.Of("/").All()
	r := &resumer{n: n}
	r.connect(t, "")
	id := r.id
	say(t, all, "1")
	r.until(t, "1")
	r.away(t)
	say(t, all, "2")
	say(t, n.io.To("room"), "3")
	say(t, n.io.To("elsewhere"), "not its room")
	say(t, n.io.To("room").Volatile(), "volatile")
	say(t, n.io.To("room", "elsewhere"), "4")
	say(t, n.io.To(id), "5")
	say(t, all.Except("room"), "excepted")
	r.connect(t, "")
	say(t, all, "6")
	r.until(t, "6")
	if got := strings.Join(r.heard, " "); got != "1 2 3 4 5 6" || !r.recovered || r.id != id {
		t.Fatalf("heard %s, recovered %v", got, r.recovered)
	}
	if s := n.io.Of("/").Socket(id); s.Data() != "kept" || !s.Recovered() || len(s.Rooms()) != 2 {
		t.Fatalf("data %v, rooms %v", s.Data(), s.Rooms())
	}
	// A client that received nothing since, and drops again, gets nothing twice.
	r.away(t)
	r.connect(t, "")
	say(t, all, "7")
	r.until(t, "7")
	if got := strings.Join(r.heard, " "); got != "1 2 3 4 5 6 7" || !r.recovered {
		t.Fatalf("heard %s, recovered %v", got, r.recovered)
	}
}

func TestNothingIsLostWhileManyPublishAndTheClientDrops(t *testing.T) {
	n := start(t, recovering)
	n.io.OnConnection(func(s *socketio.Socket) {
		if err := s.Join("a", "b"); err != nil {
			t.Error(err)
		}
	})
	r := &resumer{n: n}
	r.connect(t, "")
	eventually(t, "it is in its rooms", func() bool { return len(n.io.Of("/").Socket(r.id).Rooms()) == 3 })
	const publishers, each = 4, 400
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			to := []socketio.Broadcast{n.io.To("a"), n.io.To("b"), n.io.To("a", "b"), n.io.Of("/").All()}[p]
			for i := range each {
				say(t, to, fmt.Sprintf("%d-%d", p, i))
				if i%20 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	go func() {
		wg.Wait()
		say(t, n.io.Of("/").All(), "end")
	}()
	over := func() bool { return len(r.heard) > 0 && r.heard[len(r.heard)-1] == "end" }
	for drops := 0; !over(); drops++ {
		for i := 0; i < 25 && !over(); i++ {
			r.take(t, r.c.Next(t))
		}
		r.c.Drop() // the server may learn of it before the client is back, or after
		if drops%2 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
		r.connect(t, "")
		if !r.recovered {
			t.Fatalf("not recovered after drop %d", drops)
		}
	}
	next := make([]int, publishers)
	for _, w := range r.heard[:len(r.heard)-1] {
		var p, i int
		if _, err := fmt.Sscanf(w, "%d-%d", &p, &i); err != nil || next[p] != i {
			t.Fatalf("%s came where %d-%d belongs", w, p, next[p])
		}
		next[p]++
	}
	for p, got := range next {
		if got != each {
			t.Errorf("%d of %d events of publisher %d arrived", got, each, p)
		}
	}
}

func TestWhoHasReceivedNothingYetRecoversAsWell(t *testing.T) {
	n := start(t, recovering)
	r := &resumer{n: n}
	r.connect(t, "")
	r.away(t)
	say(t, n.io.Of("/").All(), "first")
	r.connect(t, "")
	r.until(t, "first")
	if !r.recovered {
		t.Fatal("not recovered")
	}
}

// A client whose last event is long ago has missed nothing as long as it answered heartbeats, however much was forgotten
// of what others were sent.
func TestAQuietClientOfABusyNamespaceRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, recovering)
		r := &resumer{n: n}
		r.connect(t, "")
		say(t, n.io.To(r.id), "long ago")
		r.until(t, "long ago")
		busy, _ := n.join(t)
		go func() {
			for {
				if _, err := busy.Frame(); err != nil {
					return
				}
				busy.Send("3")
			}
		}()
		ended := make(chan error)
		go func() { // it answers pings
			for range 600 {
				time.Sleep(time.Second)
				say(t, n.io.To("others"), "x")
				say(t, n.io.To(r.id).Volatile(), "tick")
			}
			say(t, n.io.To(r.id).Volatile(), "over")
			close(ended)
		}()
		for p := ""; !strings.Contains(p, "over"); {
			p = r.c.Next(t)
		}
		<-ended
		r.away(t)
		say(t, n.io.To(r.id), "missed")
		r.connect(t, "")
		if r.until(t, "missed"); !r.recovered {
			t.Fatal("not recovered")
		}
	})
}

func TestAClientThatCannotBeRecoveredStartsAnew(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *resumer){
		"away too long":         func(_ *testing.T, _ *resumer) { time.Sleep(2*time.Minute + time.Second) },
		"a pid that is guessed": func(_ *testing.T, r *resumer) { r.pid = strings.Repeat("A", len(r.pid)) },
		"an offset of another":  func(_ *testing.T, r *resumer) { r.offset = "1234.5" },
		"no offset at all":      func(_ *testing.T, r *resumer) { r.offset = "x" },
		"another user":          func(_ *testing.T, r *resumer) { r.token = "eve" },
		"what it missed is gone": func(t *testing.T, r *resumer) {
			for range 100 {
				say(t, r.n.io.Of("/g").All(), strings.Repeat("x", 1000))
			}
			synctest.Wait() // until all of them are recorded
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := start(t, func(c *socketio.Config) {
					recovering(c)
					c.Recovery.MaxBytes = 50_000
					c.Namespaces = map[string]socketio.NamespaceConfig{"/g": {Guard: "api"}}
				})
				r := &resumer{n: n, token: "alice"}
				r.connect(t, "/g")
				id := r.id
				say(t, n.io.Of("/g").All(), "one")
				r.take(t, strings.Replace(r.c.Next(t), "42/g,", "42", 1))
				r.away(t)
				spoil(t, r)
				pid := r.pid
				r.connect(t, "/g")
				if r.recovered || r.id == id || r.pid == pid || len(r.heard) != 1 {
					t.Fatalf("recovered %v with id %s after %s, heard %q", r.recovered, r.id, id, r.heard)
				}
			})
		})
	}
}

func TestAStrangerWithThePidDoesNotTakeTheConnectionAway(t *testing.T) {
	n := start(t, func(c *socketio.Config) {
		recovering(c)
		c.Namespaces = map[string]socketio.NamespaceConfig{"/": {Guard: "api"}}
	})
	alice := &resumer{n: n, token: "alice"}
	alice.connect(t, "")
	eve := &resumer{n: n, token: "eve", pid: alice.pid}
	eve.connect(t, "")
	if eve.recovered {
		t.Fatal("eve is alice")
	}
	say(t, n.io.Of("/").All(), "still here")
	alice.until(t, "still here") // her connection was not touched
	alice.away(t)
	eve = &resumer{n: n, token: "eve", pid: alice.pid, offset: alice.offset}
	eve.connect(t, "")
	alice.connect(t, "")
	if eve.recovered || !alice.recovered {
		t.Fatalf("eve %v, alice %v", eve.recovered, alice.recovered)
	}
}

func TestATokenThatExpiredMeanwhileIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, func(c *socketio.Config) {
			recovering(c)
			c.Namespaces = map[string]socketio.NamespaceConfig{"/": {Guard: "api"}}
		})
		r := &resumer{n: n, token: "bob:10s"}
		r.connect(t, "")
		say(t, n.io.Of("/").All(), "1")
		r.until(t, "1")
		r.away(t)
		time.Sleep(11 * time.Second)
		c := n.Session(t, at, nil)
		got := c.Join(t, "", fmt.Sprintf(`{"token":"bob:10s","pid":%q,"offset":%q}`, r.pid, r.offset))
		if !strings.Contains(got, "token_expired") {
			t.Fatal(got)
		}
	})
}

func TestWhoWasSentAwayOrLeftIsNotRecovered(t *testing.T) {
	for name, leave := range map[string]func(*resumer){
		"it left":            func(r *resumer) { r.c.Send("41") },
		"it was sent away":   func(r *resumer) { r.n.io.Of("/").Socket(r.id).Disconnect(false) },
		"it broke the rules": func(r *resumer) { r.c.Send("40") },
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t, recovering)
			r := &resumer{n: n}
			r.connect(t, "")
			say(t, n.io.Of("/").All(), "1")
			r.until(t, "1")
			conn := n.hub.Conn(madang.ConnID(r.id))
			leave(r)
			<-conn.Done()
			r.connect(t, "")
			if r.recovered {
				t.Fatal("recovered")
			}
		})
	}
}

func TestMiddlewaresAreAskedAboutRecoveredSockets(t *testing.T) {
	for _, skip := range []bool{false, true} {
		n := start(t, func(c *socketio.Config) {
			recovering(c)
			c.Recovery.SkipMiddlewares = skip
		})
		barred := false
		n.io.Use(func(context.Context, *socketio.Socket) error {
			if barred {
				return errors.New("barred")
			}
			return nil
		})
		r := &resumer{n: n}
		r.connect(t, "")
		r.away(t)
		barred = true
		got := n.Session(t, at, nil).Join(t, "", fmt.Sprintf(`{"pid":%q}`, r.pid))
		if strings.HasPrefix(got, "40") != skip {
			t.Errorf("skip_middlewares %v: %s", skip, got)
		}
	}
}

func TestClientsOfProtocol4GetNoOffsets(t *testing.T) {
	n := start(t, recovering)
	c := n.Session(t, "/socket.io/?EIO=3", nil)
	want(t, c, "40")
	say(t, n.io.Of("/").All(), "plain")
	want(t, c, `42["n","plain"]`)
}
