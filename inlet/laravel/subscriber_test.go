package laravel

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/madangtest"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// lines is a dialect that writes a message as a line.
type lines struct{}

func (lines) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Kind != madang.MessageEvent {
		return dst, nil
	}
	return append(dst, e.Channel.Name+" "+e.Message.Name+" "+string(e.Message.Data)+"\n"...), nil
}

// A subscriber is a link that keeps what it gets.
type subscriber struct {
	id  madang.ConnID
	mu  sync.Mutex
	got string
}

func (s *subscriber) Flush(b *madang.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got += string(b.Bytes())
	return b.Len(), nil
}
func (s *subscriber) Farewell(madang.CloseReason) []byte { return nil }
func (s *subscriber) Close(madang.CloseReason)           {}

// seen returns all lines that have come.
func (s *subscriber) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Split(strings.TrimSuffix(s.got, "\n"), "\n")
}

// subscribe connects to a hub and subscribes to channels.
func subscribe(t *testing.T, h *madang.Hub, channels ...string) *subscriber {
	t.Helper()
	s := &subscriber{}
	line, err := h.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: &madang.Principal{App: "shop"}})
	if err != nil {
		t.Fatal(err)
	}
	s.id = c.ID()
	for _, name := range channels {
		sub, err := c.Subscribe(t.Context(), madang.Channel{App: "shop", Name: name}, madang.SubscribeOptions{Mask: madang.Messages})
		if err != nil {
			t.Fatal(err)
		}
		sub.Open()
	}
	return s
}

// hubs starts n nodes on which everybody may subscribe to everything.
func hubs(t *testing.T, n int, cfg madang.Config) []*madang.Hub {
	cfg.Policies = []madang.Policy{madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) {
		return &madang.Grant{}, nil
	})}
	return madangtest.NewCluster(t, n, cfg)
}

// quick returns a configuration that finds trouble soon.
func quick() Config {
	c := Defaults()
	c.App, c.Heartbeat, c.Timeout, c.RetryMax = "shop", 100*time.Millisecond, 500*time.Millisecond, 200*time.Millisecond
	return c
}

// start starts an inlet that ends with the test.
func start(t *testing.T, h *madang.Hub, c Config, o Options) *Inlet {
	t.Helper()
	i, err := New(h, c, o)
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

// eventually waits until something holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// ready waits until Redis is heard.
func ready(t *testing.T, all ...*Inlet) {
	t.Helper()
	for _, i := range all {
		eventually(t, "Redis is heard", func() bool { return i.Ready(t.Context()) == nil })
	}
}

// A logbook keeps what is logged.
type logbook struct {
	mu      sync.Mutex
	records []string
}

// logger returns a logger that writes a text for each record into the book.
func (b *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, string(p))
	return len(p), nil
}

// count returns how many records contain a text.
func (b *logbook) count(text string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.records {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.records, "")
}

// event returns a payload as Laravel publishes it.
func event(name string, data any) string {
	b, err := json.Marshal(map[string]any{"event": name, "data": data, "socket": nil})
	if err != nil {
		panic(err)
	}
	return string(b)
}
