package madang_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// hooked is a broker that lets a test do something in the middle of a call.
type hooked struct {
	madang.Broker
	leaving func()
}

func (b hooked) Unsubscribe(ctx context.Context, cs ...madang.Channel) error {
	if cs[0].Name == "r" {
		b.leaving()
	}
	return b.Broker.Unsubscribe(ctx, cs...)
}

// Whoever subscribes while the last subscriber leaves is subscribed.
func TestSubscribeWhileTheLastLeaves(t *testing.T) {
	var c *madang.Conn
	subscribed := make(chan struct{})
	var once sync.Once
	leaving := func() {
		once.Do(func() {
			go func() {
				sub(t, c, 0, "r")
				close(subscribed)
			}()
			select { // it may have to wait until the other has left
			case <-subscribed:
			case <-time.After(50 * time.Millisecond):
			}
		})
	}
	h := startHub(t, madang.Config{Broker: hooked{madang.NewMemory().Broker(), leaving}})
	v, c1 := connect(t, h, user("u"), wordy{})
	c = c1
	_, other := connect(t, h, user("o"), wordy{})
	sub(t, other, 0, "r")
	other.Unsubscribe(madang.Channel{Name: "r"})
	<-subscribed
	publish(t, h, "r", "1", "")
	eventually(t, "it hears the channel", func() bool { return v.text() == "1" })
}

// A connection that subscribes twice at once hears everything once.
func TestSubscribeTwiceAtOnce(t *testing.T) {
	h := startHub(t, madang.Config{})
	room := madang.Channel{Name: "r"}
	for range 50 {
		v, c := connect(t, h, user("u"), wordy{})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { sub(t, c, 0, "r") })
		}
		wg.Wait()
		publish(t, h, "r", "1", "")
		c.Unsubscribe(room)
		if n := len(c.Subscriptions()); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
		v.line.Send(record([]byte("end")))
		eventually(t, "the end", func() bool { rs := v.records(); return len(rs) > 0 && rs[len(rs)-1] == "end" })
		if got := v.text(); got != "1,end" {
			t.Fatalf("heard %q", got)
		}
	}
}

// slowJoiner is a broker that takes its time to subscribe.
type slowJoiner struct{ madang.Broker }

func (b slowJoiner) Subscribe(ctx context.Context, cs ...madang.Channel) error {
	time.Sleep(time.Millisecond)
	return b.Broker.Subscribe(ctx, cs...)
}

// A connection that closes while it subscribes leaves nothing behind.
func TestCloseWhileSubscribing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var occupied, vacated atomic.Int32
		h := startHub(t, madang.Config{
			Broker: slowJoiner{madang.NewMemory().Broker()},
			Observers: []*madang.Observer{{
				Occupied: func(madang.Channel) { occupied.Add(1) },
				Vacated:  func(madang.Channel) { vacated.Add(1) },
			}},
		})
		for _, drop := range []bool{false, true} {
			v, c := connect(t, h, user("u"), wordy{})
			done := make(chan error)
			go func() {
				_, err := c.Subscribe(context.Background(), madang.Channel{Name: "r"}, madang.SubscribeOptions{})
				done <- err
			}()
			time.Sleep(500 * time.Microsecond) // it is asking the broker now
			if drop {
				v.line.Drop(madang.CloseGone)
			} else {
				c.Close(madang.CloseNormal)
			}
			if err := <-done; !errors.Is(err, madang.ErrClosed) {
				t.Errorf("subscribed: %v", err)
			}
			settle()
			publish(t, h, "r", "x", "")
			settle()
			if got := v.text(); got != "" {
				t.Errorf("a closed connection heard %q", got)
			}
		}
		if occupied.Load() != 2 || vacated.Load() != 2 {
			t.Errorf("occupied %d times, vacated %d times", occupied.Load(), vacated.Load())
		}
	})
}

// Connections come, publish, and go at any moment; what follows is in order again.
func TestCloseWhileHandlersPublish(t *testing.T) {
	h := startHub(t, madang.Config{Limits: madang.Limits{Flushers: 3}})
	_, anchor := connect(t, h, user("anchor"), wordy{})
	sub(t, anchor, madang.Everything, "r")
	room := madang.Channel{Name: "r"}
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 60 {
				v, c := connect(t, h, user(strconv.Itoa(w)), wordy{})
				var calls sync.WaitGroup
				for k := range 4 {
					calls.Go(func() {
						var err error
						switch k {
						case 0:
							_, err = c.Publish(context.Background(), &madang.Message{Channel: room, Data: []byte("x")})
						case 1:
							err = c.Enter(context.Background(), room, nil, madang.Text)
						case 2:
							_, err = c.Subscribe(context.Background(), room, madang.SubscribeOptions{})
						case 3:
							err = h.Emit(context.Background(), madang.Audience{In: names("r", "s")}, &madang.Message{Data: []byte("y")})
						}
						if err != nil && !errors.Is(err, madang.ErrClosed) {
							t.Errorf("call %d: %v", k, err)
						}
					})
				}
				switch i % 3 {
				case 0:
					c.Close(madang.CloseNormal)
					v.line.Drop(madang.CloseGone)
				case 1:
					v.line.Drop(madang.CloseGone)
				default:
					v.line.Close(madang.CloseNormal)
				}
				calls.Wait()
				eventually(t, "the link is closed once", func() bool { return v.ended() != "" })
			}
		})
	}
	wg.Wait()
	eventually(t, "all but the anchor have left", func() bool {
		all, err := h.Members(t.Context(), room)
		return err == nil && len(all) == 0 && h.Subscribers(room) == 1 && h.Lines() == 1
	})
	eventually(t, "nothing is held", func() bool { return h.Buffered() == 0 })
}

// A listener hears each event once until it is closed, twice if need be.
func TestListen(t *testing.T) {
	h := startHub(t, madang.Config{})
	room := madang.Channel{Name: "r"}
	var heard [2]atomic.Int32
	var ls []*madang.Listener
	for i := range heard {
		l, err := h.Listen(t.Context(), room, func(*madang.Event) { heard[i].Add(1) })
		if err != nil {
			t.Fatal(err)
		}
		ls = append(ls, l)
	}
	publish(t, h, "r", "1", "")
	ls[0].Close()
	ls[0].Close()
	publish(t, h, "r", "2", "")
	ls[1].Close()
	publish(t, h, "r", "3", "")
	if heard[0].Load() != 1 || heard[1].Load() != 2 {
		t.Errorf("heard %d and %d", heard[0].Load(), heard[1].Load())
	}
}

// Links that come while the hub drains or closes are refused or ended, never forgotten.
func TestOpenWhileDraining(t *testing.T) {
	for round := range 30 {
		h := madang.New(madang.Config{Policies: yes(), Limits: madang.Limits{Flushers: 2}})
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 50 {
					v := &valve{room: -1}
					if _, err := h.Open(v); err != nil && !errors.Is(err, madang.ErrClosed) {
						t.Error(err)
					} else if err == nil {
						eventually(t, "a link that was opened is closed", func() bool { return v.ended() != "" })
					}
				}
			})
		}
		if round%2 == 0 {
			ctx, done := context.WithTimeout(t.Context(), 10*time.Second)
			if err := h.Drain(ctx, 0); err != nil {
				t.Errorf("drain: %v", err)
			}
			done()
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if n := h.Lines(); n != 0 {
			t.Fatalf("%d lines are left", n)
		}
	}
}

// Rude is a dialect that panics when told to, and a link that does so, too.
type rude struct{}

func (rude) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	switch {
	case e.Message != nil && string(e.Message.Data) == "panic":
		panic("no word for it")
	case e.Message != nil && string(e.Message.Data) == "shorten":
		return nil, nil
	}
	return wordy{}.Encode(dst, e)
}

type rudeLink struct {
	*valve
	at string
}

func (l *rudeLink) Flush(b *madang.Batch) (int, error) {
	switch l.at {
	case "flush":
		panic("flush")
	case "much":
		return b.Len() + 1, nil
	case "negative":
		return -1, nil
	case "error":
		return 0, errors.New("carrier failed")
	}
	return l.valve.Flush(b)
}

func (l *rudeLink) Farewell(r madang.CloseReason) []byte {
	if l.at == "farewell" {
		panic("farewell")
	}
	return l.valve.Farewell(r)
}

func (l *rudeLink) Close(r madang.CloseReason) {
	l.valve.Close(r)
	if l.at == "close" {
		panic("close")
	}
}

// A panic in a part costs the event or the link, never the node.
func TestPanicsOfParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := madang.New(madang.Config{Policies: yes()})
		h.Handle("boom", func(context.Context, *madang.Conn, []byte) ([]byte, error) { panic("boom") })
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}()
		good, c := connect(t, h, user("good"), wordy{})
		sub(t, c, 0, "r", "s")
		same, rc := connect(t, h, user("same"), rude{})
		sub(t, rc, 0, "r", "s")
		for at, want := range map[string]string{
			"flush": "error", "much": "error", "negative": "error", "error": "gone", "farewell": "drain", "close": "drain",
		} {
			l := &rudeLink{valve: &valve{room: -1}, at: at}
			line, err := h.Open(l)
			if err != nil {
				t.Fatal(err)
			}
			l.line = line
			line.Send(record([]byte("hello")))
			synctest.Wait()
			line.Close(madang.CloseDrain)
			settle()
			if got := l.ended(); got != want {
				t.Errorf("a link that is rude at %s was closed as %q, want %q", at, got, want)
			}
		}
		for _, text := range []string{"1", "panic", "shorten", "2"} {
			publish(t, h, "r", text, "")
			to := madang.Audience{In: names("r", "s")}
			if err := h.Emit(t.Context(), to, &madang.Message{Data: []byte(text)}); err != nil {
				t.Error(err)
			}
		}
		settle()
		if got := good.text(); got != "1,1,panic,panic,shorten,shorten,2,2" {
			t.Errorf("another dialect got %s", got)
		}
		if got := same.text(); got != "1,1,2,2" {
			t.Errorf("the same dialect got %s", got)
		}
		if _, err := c.Call(t.Context(), "boom", nil); err == nil {
			t.Error("a procedure that panics has succeeded")
		}
		if n := h.Lines(); n != 2 {
			t.Errorf("%d lines are left", n)
		}
	})
}

// Messages larger than the limit, of other channels' names and closed connections are refused.
func TestConnRefusals(t *testing.T) {
	h := startHub(t, madang.Config{Limits: madang.Limits{MaxMessage: 10, MaxSubscriptions: 2}})
	_, c := connect(t, h, user("u"), wordy{})
	pub := func(name string, m madang.Message) error {
		m.Channel.Name = name
		_, err := c.Publish(t.Context(), &m)
		return err
	}
	long := string(make([]byte, madang.MaxChannelName+1))
	for what, c := range map[string]struct{ got, want error }{
		"fits":        {pub("r", madang.Message{Data: make([]byte, 10)}), nil},
		"too large":   {pub("r", madang.Message{Data: make([]byte, 11)}), madang.ErrInvalid},
		"attachments": {pub("r", madang.Message{Data: make([]byte, 5), Attachments: [][]byte{make([]byte, 6)}}), madang.ErrInvalid},
		"reserved":    {pub("$all", madang.Message{}), madang.ErrForbidden},
		"empty":       {pub("", madang.Message{}), madang.ErrInvalid},
		"long":        {pub(long, madang.Message{}), madang.ErrInvalid},
		"not UTF-8":   {pub("\xff", madang.Message{}), madang.ErrInvalid},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	sub(t, c, 0, "a", "b", "a")
	if _, err := c.Subscribe(t.Context(), madang.Channel{Name: "c"}, madang.SubscribeOptions{}); !errors.Is(err, madang.ErrTooMany) {
		t.Errorf("over the limit: %v", err)
	}
	c.Close(madang.CloseNormal)
	if err := pub("r", madang.Message{}); !errors.Is(err, madang.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if fmt.Sprint(madang.CloseReason(200), madang.Action(200)) != "unknown unknown" {
		t.Error("numbers without a name")
	}
}
