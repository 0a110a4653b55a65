package carrier_test

import (
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio/internal/siotest"
)

func TestTheServerPingsInRevision4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		c := s.Session(t, at, nil)
		began := time.Now()
		for i := range 3 {
			f, err := c.Frame()
			if err != nil || string(f.Payload) != "2" || time.Since(began) != time.Duration(i+1)*25*time.Second {
				t.Fatalf("%q, %v after %v", f.Payload, err, time.Since(began))
			}
			c.Send("3")
		}
		c.Mute = true
		quiet := time.Now()
		c.Ended(t)
		want(t, "patience", time.Since(quiet), 45*time.Second)
		want(t, "the reason", s.reason(t), madang.CloseTimeout)
	})
}

func TestTheClientPingsInRevision3(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		c := s.Session(t, "/socket.io/?EIO=3", nil)
		for range 3 {
			time.Sleep(40 * time.Second)
			c.Send("2probe")
			want(t, "the answer", c.Next(t), "3probe")
		}
		quiet := time.Now()
		go func() {
			time.Sleep(30 * time.Second)
			c.Send("4messages do not count")
		}()
		want(t, "the echo", c.Next(t), "4messages do not count")
		c.Ended(t)
		want(t, "patience", time.Since(quiet), 45*time.Second)
	})
}

func TestAPollingSessionTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		p := s.Poll(t, at, nil)
		want(t, "the ping", p.Get(t).Body, "2")
		last := p.GetLater(t.Context())
		a := <-last
		want(t, "the end", a.Body, "1")
		p.Gone(t)
		want(t, "the reason", s.reason(t), madang.CloseTimeout)
	})
}

func TestHeartbeatsInTheWrongDirectionEndTheSession(t *testing.T) {
	for target, packet := range map[string]string{at: "2", "/socket.io/?EIO=3": "3"} {
		s := start(t, nil)
		c := s.Session(t, target, nil)
		c.Send(packet)
		c.Ended(t)
		want(t, "the reason", s.reason(t), madang.CloseProtocol)
	}
}

// A handler that takes its time holds up the reading, and with it the answers to pings. That is not the client's fault;
// but a client that is gone is found out all the same.
func TestAHandlerThatBlocksDoesNotCostTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		s.stuck = make(chan struct{})
		c := s.Session(t, at, nil)
		c.Send("4work")
		want(t, "the echo", c.Next(t), "4work")
		stop := answer(c)
		time.Sleep(10 * time.Minute)
		want(t, "sessions", s.Len(), 1)
		stop()
		time.Sleep(3 * time.Minute)
		want(t, "sessions", s.Len(), 0)
		want(t, "the reason", s.reason(t), madang.CloseTimeout)
		close(s.stuck)
	})
}

// answer answers pings until it is told to stop.
func answer(c *siotest.Socket) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		for {
			f, err := c.Frame()
			if err != nil {
				return
			}
			select {
			case <-stopped:
			default:
				if string(f.Payload) == "2" {
					c.Send("3")
				}
			}
		}
	}()
	return func() { close(stopped) }
}
