package events_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
)

// What this side cannot do is said as such, and logged; the backend learns no more than that.
func TestBrokerFails(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		w.connect(0, "ann", "news")
		w.connect(1, "bob", "news")
		w.cluster.Kill(0)
		const later = "try again later"
		w.refused(w.post("/apps/one/events", aBody), 503, later)
		w.refused(w.ask("POST", "/apps/one/events", aBody), 503, `{"error":"The server cannot do this at the moment; try again later"}`)
		w.refused(w.post("/apps/one/users/ann/terminate_connections", "{}"), 503, later)
		for _, path := range []string{"/apps/one/channels", "/apps/one/channels/news?info=subscription_count", "/apps/one/connections"} {
			path, info, _ := strings.Cut(path, "?info=")
			target := signed(w.hubs[1].Now(), "GET", path, "", "info", info)
			w.refused(w.do(1, "GET", target, ""), 503, later) // the other node has not answered: its part is missing
		}
		if !strings.Contains(w.log.String(), "this node was killed") || strings.Contains(w.post("/apps/one/events", aBody).body, "killed") {
			t.Errorf("logged %s", w.log.String())
		}
		time.Sleep(20 * time.Second) // until it is known to be gone
		w.want(w.do(1, "GET", signed(w.hubs[1].Now(), "GET", "/apps/one/channels", "", "info", "subscription_count"), ""), 200,
			`{"channels":{"news":{"subscription_count":1}}}`)
	})
}

// A body that ends too early, or is larger than it may be, is refused over a real connection as well.
func TestBodies(t *testing.T) {
	w := build(t, 1, madang.Config{}, madang.Rules{}, nil)
	s := httptest.NewServer(w.mux[0])
	defer s.Close()
	send := func(length int, body string) (status int, text string) {
		t.Helper()
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		head := fmt.Sprintf("POST /apps/one/events HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n", echoKey, length)
		if _, err := io.WriteString(c, head+body); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(b)
	}
	if status, text := send(len(aBody), aBody); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	if status, text := send(len(aBody)+1, aBody); status != 400 || !strings.Contains(text, "ended before") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := send(2<<20, strings.Repeat(" ", 1<<20+1)); status != 413 || !strings.Contains(text, "max_body") {
		t.Errorf("%d %s", status, text)
	}
}

// Many backends ask at once.
func TestAtOnce(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		p := w.connect(1, "ann", "c")
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for range 10 {
					if got := w.do(i%2, "POST", signed(w.hubs[0].Now(), "POST", "/apps/one/events", aBody), aBody); got.status != 200 {
						w.Errorf("%v", got)
					}
					if got := w.do(i%2, "GET", "/apps/one/channels", "", "Authorization", echoKey); got.status != 200 {
						w.Errorf("%v", got)
					}
				}
			})
		}
		all.Wait()
		want := make([]string, 200)
		for i := range want {
			want[i] = "c e json 1"
		}
		w.hears(p, want...)
	})
}
