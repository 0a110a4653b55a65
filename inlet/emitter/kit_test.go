package emitter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"madang"
	"madang/internal/redistest"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// fake is a Socket.IO server that writes down what is done to it. It has the sockets 1.1 and 1.2; the first is in room red.
type fake struct {
	mu     sync.Mutex
	names  []string
	done   []string
	broken bool // joins fail
}

func (f *fake) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.names)
}

func (f *fake) Namespace(name string) Namespace {
	if !slices.Contains(f.Names(), name) {
		return nil
	}
	return fakeNamespace{f, name}
}

func (f *fake) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, fmt.Sprintf(format, args...))
}

// took waits until something has been done, and returns what was done until then.
func (f *fake) took(t *testing.T, last string) []string {
	t.Helper()
	var all []string
	eventually(t, last, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		all = f.done
		if !slices.Contains(all, last) {
			return false
		}
		f.done = nil
		return true
	})
	return all
}

type fakeNamespace struct {
	*fake
	name string
}

func (n fakeNamespace) Occupied(room string) bool {
	return room == "red" || room == "1.1" || room == "1.2"
}
func (n fakeNamespace) Rooms() []string { return []string{"1.1", "1.2", "red"} }
func (n fakeNamespace) Sockets(to Target) (all []Socket) {
	for _, s := range []Socket{{ID: "1.1", Rooms: []string{"1.1", "red"}}, {ID: "1.2", Rooms: []string{"1.2"}}} {
		if len(to.Rooms) == 0 || slices.ContainsFunc(to.Rooms, func(r string) bool { return slices.Contains(s.Rooms, r) }) {
			s.Handshake, s.Data = json.RawMessage(`{"url":"/"}`), json.RawMessage("{}")
			all = append(all, s)
		}
	}
	return all
}

func (n fakeNamespace) Emit(to Target, m *madang.Message) error {
	if m.Name == "connect" {
		return fmt.Errorf("reserved: %w", madang.ErrInvalid)
	}
	n.note("emit %s %s %s to %v but %v, %v, %x", n.name, m.Name, m.Data, to.Rooms, to.Except, m.Volatile, m.Attachments)
	return nil
}

func (n fakeNamespace) Ask(ctx context.Context, to Target, m *madang.Message, counted func(int), answered func(*madang.Message)) error {
	end, _ := ctx.Deadline()
	n.note("ask %s %s %s to %v but %v, %v", n.name, m.Name, m.Data, to.Rooms, to.Except, time.Until(end).Round(time.Second))
	counted(2)
	answered(&madang.Message{Data: []byte(`[{"_placeholder":true,"num":0},2]`), Attachments: [][]byte{{7}}})
	answered(&madang.Message{Data: []byte(`[]`)})
	return nil
}

func (n fakeNamespace) Join(_ context.Context, to Target, rooms []string) error {
	n.note("join %v but %v into %v", to.Rooms, to.Except, rooms)
	if n.broken {
		return errors.New("the broker is away")
	}
	return nil
}

func (n fakeNamespace) Leave(to Target, rooms []string) {
	n.note("leave %v but %v from %v", to.Rooms, to.Except, rooms)
}
func (n fakeNamespace) Disconnect(to Target, all bool) {
	n.note("end %v but %v, %v", to.Rooms, to.Except, all)
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// dialer connects to a Redis as others do.
func dialer(addr string) func(context.Context) (rueidis.Client, error) {
	return func(life context.Context) (rueidis.Client, error) {
		return rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{addr}, DisableCache: true, DisableRetry: true, ConnWriteTimeout: 3 * time.Second,
			DialCtxFn: func(ctx context.Context, a string, d *net.Dialer, _ *tlsConfig) (net.Conn, error) {
				c, err := d.DialContext(ctx, "tcp", a)
				if err == nil {
					context.AfterFunc(life, func() { _ = c.Close() })
				}
				return c, err
			},
		})
	}
}

// ears hears what is published to channels of a pattern.
type ears struct {
	mu  sync.Mutex
	all []string
}

func listen(t *testing.T, r *redistest.Server, pattern string) *ears {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	client, err := dialer(r.Addr)(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e := &ears{}
	ready := make(chan struct{})
	hooked := rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { close(ready) })
	var tasks sync.WaitGroup
	tasks.Go(func() {
		err := client.Receive(hooked, client.B().Psubscribe().Pattern(pattern).Build(), func(m rueidis.PubSubMessage) {
			text := []byte(m.Message)
			if !json.Valid(text) {
				if text, _, err = unpack(text); err != nil {
					text = []byte(err.Error())
				}
			}
			e.mu.Lock()
			defer e.mu.Unlock()
			e.all = append(e.all, m.Channel+" "+string(text))
		})
		if ctx.Err() == nil {
			t.Errorf("the ears have ended: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		client.Close()
		tasks.Wait()
	})
	<-ready
	return e
}

// heard waits for n messages and takes them.
func (e *ears) heard(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	eventually(t, fmt.Sprint(n, " messages"), func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.all) < n {
			return false
		}
		all, e.all = e.all[:n:n], e.all[n:]
		return true
	})
	return all
}

// same fails the test unless two lists are alike.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// begin starts an Inlet on rooms.
func begin(t *testing.T, rooms *fake, dial func(context.Context) (rueidis.Client, error), change func(*Config, *Options)) *Inlet {
	t.Helper()
	c, o := Defaults(), Options{Dial: dial, Rooms: rooms, Node: "7", Cluster: "us"}
	c.Enabled, c.RetryMax = true, 20*time.Millisecond
	if change != nil {
		change(&c, &o)
	}
	i, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return i
}
