package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/internal/memnet"
	"madang/server"
)

// A run is a server that serves a listener in memory, in a bubble of fake time.
type run struct {
	*server.Server
	begin      time.Time
	ln         *memnet.Listener
	stop, halt context.CancelFunc
	done       chan error
}

func start(t *testing.T, a server.Assembly, pairs ...string) *run {
	t.Helper()
	set := load(t, a, pairs...)
	s, err := server.Open(t.Context(), a, set, quiet())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{Server: s, begin: time.Now(), ln: memnet.Listen(0), done: make(chan error, 1)}
	soft, stop := context.WithCancel(t.Context())
	hard, halt := context.WithCancel(t.Context())
	r.stop, r.halt = stop, halt
	go func() { r.done <- s.Serve(soft, hard, r.ln) }()
	return r
}

// get asks for a path on a new connection and returns status and body.
func (r *run) get(t *testing.T, path string) (int, string) {
	t.Helper()
	c, err := r.ln.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	var body struct{ Status string }
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body.Status
}

func (r *run) since() time.Duration { return time.Since(r.begin) }

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		r := start(t, server.Assembly{Parts: []server.Part{part(server.RoleFeature, &fake{name: "chat", diary: &d})}},
			"drain.grace", "5s", "drain.spread", "10s")
		synctest.Wait()
		var mu sync.Mutex
		var closed []time.Duration
		for range 10 {
			l := &link{func(reason madang.CloseReason) {
				mu.Lock()
				defer mu.Unlock()
				closed = append(closed, r.since().Round(100*time.Millisecond))
				if reason != madang.CloseDrain {
					t.Errorf("closed with %v", reason)
				}
			}}
			if _, err := r.Hub().Open(l); err != nil {
				t.Fatal(err)
			}
		}
		if code, status := r.get(t, "/readyz"); code != 200 || status != "ok" {
			t.Errorf("before: %d %s", code, status)
		}
		r.begin = time.Now()
		r.stop()
		time.Sleep(4 * time.Second)
		if code, status := r.get(t, "/readyz"); code != 503 || status != "draining" {
			t.Errorf("in the grace: %d %s", code, status)
		}
		if code, _ := r.get(t, "/livez"); code != 200 {
			t.Errorf("alive in the grace: %d", code)
		}
		if r.Hub().Lines() != 10 {
			t.Error("the hub sends links away before the grace is over")
		}
		if _, err := r.Hub().Open(&link{}); !errors.Is(err, madang.ErrClosed) {
			t.Errorf("a newcomer in the grace: %v", err)
		}
		if err := <-r.done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		var want []time.Duration
		for i := range 10 {
			want = append(want, 5*time.Second+time.Duration(i)*time.Second)
		}
		if !slices.Equal(closed, want) {
			t.Errorf("links were closed at %v, want %v", closed, want)
		}
		if got := d.read(); !slices.Equal(got, []string{"open chat, hub true", "start chat", "drain chat", "close chat"}) {
			t.Errorf("%q", got)
		}
		if _, err := r.ln.Dial(t.Context()); err == nil {
			t.Error("the listener is still open")
		}
	})
}

// stuck is a part whose work never ends by itself.
type stuck struct{ *fake }

func (s stuck) Drain(ctx context.Context) { <-ctx.Done(); s.diary.note("cut") }

func TestDrainTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		a := server.Assembly{Parts: []server.Part{server.FeaturePart("stuck", server.NoConfig,
			server.OnHub(func(*madang.Hub, struct{}) (stuck, error) { return stuck{&fake{name: "stuck", diary: &d}}, nil }))}}
		r := start(t, a, "drain.grace", "1s", "drain.spread", "0s", "drain.timeout", "7s")
		synctest.Wait()
		r.begin = time.Now()
		r.stop()
		err := <-r.done
		if !errors.Is(err, server.ErrHurried) || r.since() != 7*time.Second {
			t.Errorf("after %v: %v", r.since(), err)
		}
		if got := d.read(); !slices.Equal(got, []string{"start stuck", "cut", "close stuck"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestSecondSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		r := start(t, server.Assembly{Parts: []server.Part{part(server.RoleFeature, &fake{name: "chat", diary: &d})}})
		synctest.Wait()
		if _, err := r.Hub().Open(&link{func(madang.CloseReason) { d.note("link closed") }}); err != nil {
			t.Fatal(err)
		}
		r.begin = time.Now()
		r.stop()
		time.Sleep(time.Second)
		r.halt()
		err := <-r.done
		if !errors.Is(err, server.ErrHurried) || !strings.Contains(err.Error(), "1 links") || r.since() != time.Second {
			t.Errorf("after %v: %v", r.since(), err)
		}
		if got := d.read(); !slices.Contains(got, "close chat") || !slices.Contains(got, "link closed") {
			t.Errorf("%q", got)
		}
	})
}

// hanging is a part that can't be closed.
type hanging struct{ wait chan struct{} }

func (h *hanging) Close() error { <-h.wait; return nil }

func TestCloseHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{make(chan struct{})}
		a := server.Assembly{Parts: []server.Part{server.WebPart("hanging", server.NoConfig,
			server.OnHub(func(*madang.Hub, struct{}) (*hanging, error) { return h, nil }))}}
		r := start(t, a, "drain.grace", "0s", "drain.spread", "0s")
		synctest.Wait()
		r.begin = time.Now()
		r.stop()
		if err := <-r.done; !errors.Is(err, server.ErrHurried) || r.since() != 5*time.Second {
			t.Errorf("after %v: %v", r.since(), err)
		}
		close(h.wait)
	})
}

func TestStartFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		boom := errors.New("boom")
		r := start(t, server.Assembly{Parts: []server.Part{part(server.RoleFeature, &fake{name: "chat", diary: &d, start: boom})}})
		if err := <-r.done; !errors.Is(err, boom) || !strings.Contains(err.Error(), "start feature chat") {
			t.Errorf("got %v", err)
		}
		if !slices.Contains(d.read(), "close chat") {
			t.Errorf("%q", d.read())
		}
	})
}

func TestReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		var failure error
		f := &fake{name: "db", diary: &diary{}, ready: func() error { asked++; return failure }}
		r := start(t, server.Assembly{Parts: []server.Part{part(server.RoleStore, f)}}, "drain.grace", "0s", "drain.spread", "0s")
		synctest.Wait()
		for range 3 { // within a second it is asked once
			if code, status := r.get(t, "/readyz"); code != 200 || status != "ok" {
				t.Errorf("got %d %s", code, status)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		failure = errors.New("gone")
		time.Sleep(time.Second)
		if code, status := r.get(t, "/readyz"); code != 503 || status != "failed" {
			t.Errorf("got %d %s", code, status)
		}
		if code, status := r.get(t, "/health"); code != 200 || status != "ok" {
			t.Errorf("/health: got %d %s", code, status)
		}
		failure = nil
		time.Sleep(time.Second)
		if code, status := r.get(t, "/readyz"); code != 200 || status != "ok" {
			t.Errorf("got %d %s", code, status)
		}
		r.stop()
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	})
}
