package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/socketio/client"
	"madang/internal/ws"
)

// TestWire shows what the client says.
func TestWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := make(chan []string, 1)
		s := serve(t, func(p *peer) {
			p.say(`0{"sid":"s","upgrades":[],"pingInterval":1000,"pingTimeout":1000,"maxPayload":1000000}`)
			first := p.hear(1)
			p.say(`40/home,{"sid":"mine"}`, "2", `42/elsewhere,["asked",1]`, `42/home,7["asked","안녕"]`)
			said <- append(first, p.hear(5)...)
		})
		c := s.config()
		c.Auth = map[string]string{"token": "t"}
		c.Events = map[string]func(*client.Event){"asked": func(e *client.Event) {
			var text string
			if err := e.Bind(&text); err != nil || !e.WantsAck() {
				t.Errorf("%v, wants an answer: %v", err, e.WantsAck())
			}
			e.Ack(text, 1)
			if err := e.Ack("again"); err == nil {
				t.Error("an event was acknowledged twice")
			}
			e.Conn().Emit("told", nil, json.RawMessage(`{"a":1}`))
			e.Conn().Close()
		}}
		conn := s.dial(t, c)
		if conn.ID() != "mine" {
			t.Errorf("the connection is called %q", conn.ID())
		}
		want := []string{`40/home,{"token":"t"}`, "3", `43/home,7["안녕",1]`, `42/home,["told",null,{"a":1}]`, "41/home,", "closed"}
		if got := <-said; !slices.Equal(got, want) {
			t.Errorf("the client said\n%q, want\n%q", got, want)
		}
		<-conn.Done()
		if !errors.Is(conn.Err(), client.ErrClosed) || !errors.Is(conn.Emit("x"), client.ErrClosed) {
			t.Errorf("it ended by %v", conn.Err())
		}
	})
}

// TestSilence loses a server that says nothing any more, after the time that it has named.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(p *peer) {
			p.welcome()
			for range 3 {
				time.Sleep(time.Second)
				p.say("2")
			}
			p.hear(9)
		})
		begun := time.Now()
		conn := s.dial(t, s.config())
		_, err := conn.Call(t.Context(), "asked")
		if !errors.Is(err, client.ErrLost) || time.Since(begun) != 5*time.Second {
			t.Fatalf("after %v: %v", time.Since(begun), err)
		}
	})
}

// TestDeadline gives a call up, and drops its answer, without a word to the others.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(p *peer) {
			p.welcome()
			p.hear(1)
			time.Sleep(1500 * time.Millisecond)
			p.say(`43/home,0["late"]`)
			p.hear(1)
			p.say(`43/home,1["in time"]`, `43/home,9["of nothing"]`)
			p.hear(1)
		})
		conn := s.dial(t, s.config())
		ctx, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if _, err := conn.Call(ctx, "first"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the first call: %v", err)
		}
		time.Sleep(600 * time.Millisecond)
		a, err := conn.Call(t.Context(), "second")
		var text string
		if err = errors.Join(err, a.Bind(&text)); err != nil || text != "in time" || a.Len() != 1 {
			t.Fatalf("%q, %v", text, err)
		}
	})
}

// TestConnectTimeout gives a server up that does not let the client join.
func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(p *peer) { p.hear(1) })
		begun := time.Now()
		_, err := client.Dial(t.Context(), s.config())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 20*time.Second {
			t.Fatalf("after %v: %v", time.Since(begun), err)
		}
	})
}

// TestBounds ends what would otherwise grow.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := slices.Repeat([]string{`42/home,["told","` + strings.Repeat("x", 100) + `"]`}, 1000)
		s := serve(t, func(p *peer) { p.welcome(); p.say(many...); p.hear(1) })
		c := s.config()
		c.MaxQueue = 64 << 10
		handled, release := 0, make(chan struct{})
		c.Events = map[string]func(*client.Event){"told": func(*client.Event) { <-release; handled++ }}
		conn := s.dial(t, c)
		<-conn.Done()
		close(release)
		synctest.Wait()
		if !errors.Is(conn.Err(), client.ErrFull) || handled == 0 || handled > 300 {
			t.Errorf("events: %d were handled, then %v", handled, conn.Err())
		}

		read := make(chan struct{})
		s = serve(t, func(p *peer) { p.welcome(); <-read; p.hear(1 << 20) })
		c = s.config()
		c.MaxQueue = 64 << 10
		conn = s.dial(t, c)
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			err = conn.Emit("told", strings.Repeat("x", 1000))
		}
		if !errors.Is(err, client.ErrFull) || conn.Err() != nil {
			t.Errorf("emits: %v; the connection: %v", err, conn.Err())
		}
		close(read)

		s = serve(t, func(p *peer) { p.welcome(); p.say(`42/home,["` + strings.Repeat("x", 2<<10) + `"]`); p.hear(1) })
		c = s.config()
		c.MaxMessage = 1 << 10
		conn = s.dial(t, c)
		<-conn.Done()
		if !errors.Is(conn.Err(), client.ErrProtocol) {
			t.Errorf("a message: %v", conn.Err())
		}
	})
}

// TestKept hands out arguments that nothing overwrites.
func TestKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(p *peer) {
			p.welcome()
			for i := range 10 {
				time.Sleep(10 * time.Millisecond)
				p.say(`42/home,["told",` + string(rune('0'+i)) + `]`)
			}
			p.hear(1)
		})
		var all []string
		release := make(chan struct{})
		c := s.config()
		c.Events = map[string]func(*client.Event){"told": func(e *client.Event) { <-release; all = append(all, string(e.Raw(0))) }}
		s.dial(t, c)
		time.Sleep(time.Second)
		close(release)
		synctest.Wait()
		if got := strings.Join(all, ""); got != "0123456789" {
			t.Errorf("told %q", got)
		}
	})
}

// TestCalls bounds how many calls wait for their answers.
func TestCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(p *peer) { p.welcome(); p.hear(1 << 20) })
		conn := s.dial(t, s.config())
		for range client.MaxCalls {
			go conn.Call(t.Context(), "asked")
		}
		synctest.Wait()
		if _, err := conn.Call(t.Context(), "asked"); !errors.Is(err, client.ErrFull) || conn.Err() != nil {
			t.Errorf("one more: %v; the connection: %v", err, conn.Err())
		}
	})
}

// TestStuck loses a server that speaks and does not listen.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(p *peer) {
			p.welcome()
			for range 10 {
				time.Sleep(time.Second)
				p.say("2")
			}
		})
		conn := s.dial(t, s.config())
		begun := time.Now()
		for range 200 {
			conn.Emit("told", strings.Repeat("x", 1000))
		}
		<-conn.Done()
		if !errors.Is(conn.Err(), client.ErrLost) || time.Since(begun) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), conn.Err())
		}
	})
}

// TestMalformed ends connections to servers that say what they must not.
func TestMalformed(t *testing.T) {
	for name, said := range map[string][]string{
		"no handshake":     {`40/home,{"sid":"x"}`},
		"an empty one":     {`0{}`},
		"a second one":     {`0{"pingInterval":1,"pingTimeout":1}`, `0{"pingInterval":1,"pingTimeout":1}`},
		"an early event":   {`0{"pingInterval":1000,"pingTimeout":1000}`, `42/home,["x"]`},
		"joined twice":     {`0{"pingInterval":1000,"pingTimeout":1000}`, `40/home,{"sid":"x"}`, `40/home,{"sid":"x"}`},
		"a nameless event": {`0{"pingInterval":1000,"pingTimeout":1000}`, `40/home,{"sid":"x"}`, `42/home,[]`},
		"no packet":        {`0{"pingInterval":1000,"pingTimeout":1000}`, `4hello`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, func(p *peer) { p.say(said...); p.hear(9) })
				conn, err := client.Dial(t.Context(), s.config())
				if err == nil {
					<-conn.Done()
					err = conn.Err()
				}
				if !errors.Is(err, client.ErrProtocol) {
					t.Errorf("it ended by %v", err)
				}
			})
		})
	}
}

// TestRefusedByHTTP tells what is there in place of a Socket.IO server.
func TestRefusedByHTTP(t *testing.T) {
	c := client.Config{URL: "http://server.test", HTTP: &http.Client{Transport: answer(http.StatusNotFound)}}
	_, err := client.Dial(t.Context(), c)
	if refused, ok := errors.AsType[*ws.RefusedError](err); !ok || refused.Status != http.StatusNotFound {
		t.Errorf("%v", err)
	}
	for _, address := range []string{"", "server.test", "ftp://server.test", "http://server.test/a?b=c", "http://server.test/a,b"} {
		if _, err := client.Dial(t.Context(), client.Config{URL: address}); err == nil || strings.Contains(err.Error(), "handshake") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

type answer int

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(a), Body: http.NoBody}, nil
}

// TestKeep comes back with waits that grow, slowly when it is not wanted, and soon again after a connection that lasted.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		visits := 0
		s := serve(t, func(p *peer) {
			switch visits++; {
			case visits <= 8: // cut at once
			case visits == 9:
				p.say(`0{"pingInterval":1000,"pingTimeout":1000}`)
				p.hear(1)
				p.say(`44/home,{"message":"no","data":{"code":"token_invalid"}}`)
				p.hear(1)
			default:
				p.say(`0{"pingInterval":60000,"pingTimeout":1000}`)
				p.hear(1)
				p.say(`40/home,{"sid":"mine"}`)
				time.Sleep(30 * time.Second)
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		var waits []time.Duration
		var errs []error
		lived := 0
		err := client.Keep(ctx, s.config(), client.Retry{
			First: time.Second, Most: 20 * time.Second,
			Failed: func(err error, wait time.Duration) {
				waits, errs = append(waits, wait), append(errs, err)
				if len(waits) == 11 {
					stop()
				}
			},
		}, func(ctx context.Context, _ *client.Conn) { lived++; <-ctx.Done() })
		if !errors.Is(err, context.Canceled) || lived != 2 {
			t.Errorf("Keep: %v, %d lives", err, lived)
		}
		whole := []int{1, 2, 4, 8, 16, 20, 20, 20, 300, 1, 1} // seconds
		for i, w := range waits {
			if want := time.Duration(whole[i]) * time.Second; w < want/2 || w > want {
				t.Errorf("wait %d was %v after %v, want %v to %v", i, w, errs[i], want/2, want)
			}
		}
		refused, ok := errors.AsType[*client.RefusedError](errs[8])
		if !ok || refused.Message != "no" || string(refused.Data) != `{"code":"token_invalid"}` {
			t.Errorf("refused by %v", errs[8])
		}
	})
}
