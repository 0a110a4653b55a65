package outgoing

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// deaf is a link and a dialect: it takes everything and says nothing.
type deaf struct{}

func (deaf) Encode(dst []byte, _ *madang.Event) ([]byte, error) { return dst, nil }
func (deaf) Flush(b *madang.Batch) (int, error)                 { units, _ := b.Cut(len(b.Bytes())); return units, nil }
func (deaf) Farewell(madang.CloseReason) []byte                 { return nil }
func (deaf) Close(madang.CloseReason)                           {}
func (deaf) Disconnect(madang.CloseReason)                      {}
func (deaf) Closed(madang.CloseReason)                          {}

// nodes starts hubs that hear each other, each with webhooks of its own, which send to one taker.
func nodes(t *testing.T, n int, k *taker) (hubs []*madang.Hub, hooks []*Webhooks) {
	m := madang.NewMemory()
	yes := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		return &madang.Grant{Member: &madang.Member{User: r.Principal.User}}, nil
	})
	for range n {
		var o madang.Observer
		var w *Webhooks
		h := madang.New(madang.Config{
			Broker: madangtest.Later(m.Broker(), nil), Presence: m, Policies: []madang.Policy{yes}, Observers: []*madang.Observer{&o},
			Watch: func(c madang.Channel) bool { return w.Watch(c) },
		})
		var err error
		if w, err = New(Defaults(), Options{
			Apps: testApps(), Endpoints: []Endpoint{{App: "app1", URL: address}}, Cluster: h, Client: &http.Client{Transport: k},
		}); err != nil {
			t.Fatal(err)
		}
		o = *w.Observer()
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, done := context.WithCancel(context.Background())
		if err := w.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			done()
			w.holding.Wait()
			w.sending.Wait()
		})
		hubs, hooks = append(hubs, h), append(hooks, w)
	}
	return hubs, hooks
}

// room is where everybody meets.
const room = "presence-room"

func enter(t *testing.T, h *madang.Hub, user string) *madang.Conn {
	t.Helper()
	line, err := h.Open(deaf{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: deaf{}, Principal: &madang.Principal{App: "app1", User: user}, Owner: deaf{}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Subscribe(t.Context(), in(room), madang.SubscribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.Open()
	if err := c.Enter(t.Context(), in(room), nil, madang.JSON); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	return c
}

// Two nodes tell everything once, and a user who moves from one to the other is not told as gone.
func TestOnceInTheCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, nil)
		hubs, _ := nodes(t, 2, k)
		told := 0
		expect := func(want ...string) {
			t.Helper()
			time.Sleep(10 * time.Second)
			got := k.events(address)[told:]
			told += len(got)
			slices.Sort(got) // nodes send in no order
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%v, want %v", got, want)
			}
		}
		ann := enter(t, hubs[0], "ann")
		again := enter(t, hubs[1], "ann")
		bob := enter(t, hubs[1], "bob")
		expect("+"+room, "+"+room+" ann", "+"+room+" bob")
		if _, err := bob.Publish(t.Context(), &madang.Message{Name: "client-hi", Channel: in(room), Data: []byte("1"), Transient: true}); err != nil {
			t.Fatal(err)
		}
		expect("client_event " + room + " client-hi")
		ann.Line().Drop(madang.CloseGone)
		expect()
		bob.Line().Drop(madang.CloseGone)
		expect("-" + room + " bob")
		again.Line().Drop(madang.CloseGone)
		time.Sleep(time.Second)
		ann = enter(t, hubs[0], "ann") // came back elsewhere: told as added once more, but not as gone
		expect("+"+room, "+"+room+" ann")
		ann.Line().Drop(madang.CloseGone)
		expect("-"+room+" ann", "-"+room)
	})
}

// A node that goes away waits for its clients to arrive elsewhere before it tells who is gone.
func TestDrainOfOneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, nil)
		hubs, hooks := nodes(t, 2, k)
		ann, bob := enter(t, hubs[0], "ann"), enter(t, hubs[0], "bob")
		time.Sleep(time.Minute)
		ann.Line().Drop(madang.CloseDrain)
		bob.Line().Drop(madang.CloseDrain)
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			ctx, done := context.WithTimeout(t.Context(), 20*time.Second)
			defer done()
			hooks[0].Drain(ctx)
		}()
		time.Sleep(2 * time.Second)
		enter(t, hubs[1], "ann")
		<-drained
		got := k.events(address)
		if !slices.Contains(got, "-"+room+" bob") || slices.Contains(got, "-"+room+" ann") || slices.Contains(got, "-"+room) {
			t.Errorf("%v", got)
		}
	})
}
