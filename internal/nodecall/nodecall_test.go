package nodecall_test

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
	"madang/internal/nodecall"
	"madang/madangtest"
)

// echoes makes a service on each node that answers with the names of both nodes and the request.
func echoes(t *testing.T, hubs []*madang.Hub) (all []*nodecall.Caller) {
	t.Helper()
	for _, h := range hubs {
		c := nodecall.New(h, "echo", 2*time.Second, nil, func(ctx context.Context, from madang.NodeID, b []byte) ([]byte, error) {
			switch string(b) {
			case "fail":
				return nil, errors.New("oh no")
			case "panic":
				panic("oh no")
			case "sleep":
				<-ctx.Done()
				time.Sleep(time.Second)
			}
			return fmt.Appendf(nil, "%s %s %s", from, h.Node(), b), nil
		})
		if err := c.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		all = append(all, c)
	}
	return all
}

func TestCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hubs := madangtest.NewCluster(t, 3, madang.Config{})
		all := echoes(t, hubs)
		var wg sync.WaitGroup
		for i, c := range all {
			for k, h := range hubs {
				wg.Go(func() {
					want := fmt.Sprintf("%s %s %d", hubs[i].Node(), h.Node(), k)
					if got, err := c.Call(t.Context(), h.Node(), fmt.Append(nil, k)); err != nil || string(got) != want {
						t.Errorf("%q, %v, want %q", got, err, want)
					}
				})
			}
		}
		wg.Wait()
		for _, text := range []string{"fail", "panic"} {
			if _, err := all[0].Call(t.Context(), hubs[1].Node(), []byte(text)); err == nil || errors.Is(err, nodecall.ErrNoAnswer) {
				t.Errorf("%s: %v", text, err)
			}
		}
		if _, err := all[0].Call(t.Context(), hubs[1].Node(), make([]byte, nodecall.MaxData+1)); !errors.Is(err, madang.ErrInvalid) {
			t.Errorf("too much: %v", err)
		}
	})
}

// A node is not taken for dead because somebody did not wait for it: any client can come and go at once.
func TestImpatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hubs := madangtest.NewCluster(t, 2, madang.Config{})
		all := echoes(t, hubs)
		for _, ctx := range []func() (context.Context, context.CancelFunc){
			func() (context.Context, context.CancelFunc) { return context.WithTimeout(t.Context(), time.Second) },
			func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				return ctx, cancel
			},
		} {
			ctx, cancel := ctx()
			if got, err := all[0].Call(ctx, hubs[1].Node(), []byte("sleep")); !errors.Is(err, ctx.Err()) {
				t.Errorf("nobody waited: %q, %v", got, err)
			}
			cancel()
			if _, err := all[0].Call(t.Context(), hubs[1].Node(), []byte("x")); err != nil {
				t.Errorf("somebody else asks: %v", err)
			}
		}
		time.Sleep(time.Minute) // what sleeps ends
	})
}

// Who does not answer is not asked again for a moment, and who is known not to be there is not asked at all.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := madangtest.StartCluster(t, 3, madang.Config{}, nil)
		all, hubs := echoes(t, cluster.Hubs), cluster.Hubs
		call := func(n madang.NodeID, text string) time.Duration {
			t.Helper()
			begin := time.Now()
			if got, err := all[0].Call(t.Context(), n, []byte(text)); !errors.Is(err, nodecall.ErrNoAnswer) {
				t.Errorf("%q, %v", got, err)
			}
			return time.Since(begin)
		}
		if d := call("12345", "x"); d != 0 {
			t.Errorf("a node that there is not was asked for %s", d)
		}
		if d := call(hubs[1].Node(), "sleep"); d != 2*time.Second {
			t.Errorf("waited for %s", d)
		}
		if d := call(hubs[1].Node(), "x"); d != 0 {
			t.Errorf("who has not answered was asked again for %s", d)
		}
		time.Sleep(6 * time.Second)
		if got, err := all[0].Call(t.Context(), hubs[1].Node(), []byte("x")); err != nil || !strings.HasSuffix(string(got), " x") {
			t.Errorf("later: %q, %v", got, err)
		}
		cluster.Kill(2)
		time.Sleep(time.Minute)
		if d := call(hubs[2].Node(), "x"); d != 0 {
			t.Errorf("a dead node was asked for %s", d)
		}
	})
}
