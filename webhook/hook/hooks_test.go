package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/webhook"
)

// A backend takes notes.
type backend struct {
	answer func(webhook.Call) (webhook.Reply, error)
	mu     sync.Mutex
	got    []webhook.Call
}

func (b *backend) Post(_ context.Context, c webhook.Call) (webhook.Reply, error) {
	r, err := webhook.Reply{Status: 200}, error(nil)
	if b.answer != nil {
		r, err = b.answer(c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, c)
	return r, err
}

func in(channel string) madang.Channel { return madang.Channel{App: "app1", Name: channel} }

// of returns what was told of a channel.
func (b *backend) of(channel string) (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.got {
		if c.Form.Get("channel") == channel {
			all = append(all, c.Form.Get("event")+" "+c.Form.Get("payload"))
		}
	}
	return all
}

func hooks(t *testing.T, b Backend, most int) (*Hooks, *strings.Builder) {
	t.Helper()
	var log strings.Builder
	c := Defaults()
	c.AuthHost, c.HookEndpoint, c.MaxHooks = []string{"http://a.test"}, "/hook", most
	h, err := New(c, Options{Backend: b, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return h, &log
}

func start(t *testing.T, h *Hooks) {
	t.Helper()
	ctx, done := context.WithCancel(context.Background())
	if err := h.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { done(); h.done.Wait() })
}

// A real backend gets what the form says, as the client's own request.
func TestRequest(t *testing.T) {
	got := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Cookie"), " ", r.Header.Get("X-Forwarded-For"), " ", string(body))
	}))
	defer s.Close()
	c := Defaults()
	c.AuthHost, c.HookEndpoint = []string{s.URL}, "hook"
	h, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start(t, h)
	h.Joined(Event{
		Channel: in("presence-room"), Conn: "1.2", User: "7", RawUser: []byte("7"), Info: []byte(`{"name":"<김>"}`),
		Header: map[string][]string{"Cookie": {"session=1"}, "X-Forwarded-For": {"9.9.9.9"}}, Remote: "10.0.0.1:5",
	})
	want := "POST /hook session=1 10.0.0.1 channel=presence-room&event=join&payload=%7B%22socket_id%22%3A%221.2%22%2C%22user_id%22%3A7%2C%22user_info%22%3A%7B%22name%22%3A%22%3C%EA%B9%80%3E%22%7D%7D"
	if said := <-got; said != want {
		t.Errorf("%s\nwant %s", said, want)
	}
	h.Drain(t.Context())
}

// Events of one channel keep their order, however long the backend takes for each.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n int
		var mu sync.Mutex
		b := &backend{answer: func(webhook.Call) (webhook.Reply, error) {
			mu.Lock()
			n++
			wait := time.Duration(n*7919%13) * time.Second
			mu.Unlock()
			time.Sleep(wait)
			return webhook.Reply{Status: 200}, nil
		}}
		h, _ := hooks(t, b, 1000)
		start(t, h)
		want := map[string][]string{}
		for i := range 200 {
			c := fmt.Sprintf("private-%d", i%20)
			h.ClientEvent(Event{Channel: in(c), User: "ann", Event: "client-x", Data: fmt.Appendf(nil, "%d", i)})
			want[c] = append(want[c], fmt.Sprintf(`client_event {"user_id":"ann","event":"client-x","data":%d}`, i))
		}
		h.Left(Event{Channel: in("private-0")})
		want["private-0"] = append(want["private-0"], "leave {}")
		h.Drain(t.Context())
		for c, all := range want {
			if got := b.of(c); !slices.Equal(got, all) {
				t.Errorf("%s: %v, want %v", c, got, all)
			}
		}
		if told, failed, dropped := h.Counts(); told != 201 || failed != 0 || dropped != 0 || h.bytes.Load() != 0 {
			t.Errorf("%d, %d, %d; %d bytes wait", told, failed, dropped, h.bytes.Load())
		}
	})
}

// A backend that hangs holds up nobody: what does not fit is dropped, counted, and logged once.
func TestNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{answer: func(webhook.Call) (webhook.Reply, error) {
			time.Sleep(time.Hour)
			return webhook.Reply{}, errors.New("too late")
		}}
		h, log := hooks(t, b, 80)
		start(t, h)
		began := time.Now()
		h.Joined(Event{Channel: in("private-x")})
		synctest.Wait() // it is under way
		for range 99 {
			h.Joined(Event{Channel: in("private-x")})
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v", took)
		}
		synctest.Wait()
		if _, _, dropped := h.Counts(); dropped != 19 || strings.Count(log.String(), "max_hooks") != 1 {
			t.Errorf("%d dropped:\n%s", dropped, log)
		}
		big := Event{Channel: in("private-y"), Data: make([]byte, maxBytes)}
		h.ClientEvent(big)
		ctx, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		h.Drain(ctx)
		h.Joined(Event{Channel: in("private-x")})
		told, failed, dropped := h.Counts()
		if told+dropped != 102 || failed != told {
			t.Errorf("%d told, %d failed, %d dropped", told, failed, dropped)
		}
		h.Drain(ctx)
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{answer: func(webhook.Call) (webhook.Reply, error) {
			return webhook.Reply{URL: "http://a.test/hook", Status: 419, Body: []byte("CSRF token mismatch")}, nil
		}}
		h, log := hooks(t, b, 10)
		start(t, h)
		for range 3 {
			h.Left(Event{Channel: in("private-x")})
		}
		h.ClientEvent(Event{Channel: in("private-x"), Data: []byte("{")})
		h.Drain(t.Context())
		if told, failed, _ := h.Counts(); told != 3 || failed != 4 || len(b.got) != 3 {
			t.Errorf("%d told, %d failed", told, failed)
		}
		if strings.Count(log.String(), "status=419 body=\"CSRF token mismatch\"") != 1 || strings.Count(log.String(), "no JSON") != 1 {
			t.Error(log)
		}
	})
}

func TestOff(t *testing.T) {
	h, err := New(Defaults(), Options{})
	if err != nil || h.Enabled() {
		t.Fatal(err)
	}
	h.Joined(Event{})
	h.Drain(t.Context())
	for words, spoil := range map[string]func(*Config){
		"max_hooks": func(c *Config) { c.MaxHooks = 0 }, "auth_host": func(c *Config) { c.HookEndpoint = "/x" },
		"timeout": func(c *Config) { c.Timeout = 0 }, "ca_file": func(c *Config) { c.CAFile = "/nowhere" },
	} {
		c := Defaults()
		spoil(&c)
		if _, err := New(c, Options{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
}
