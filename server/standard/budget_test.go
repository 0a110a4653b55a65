//go:build unix

package standard_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang/internal/convention"
	"madang/internal/ws"
)

// container is how much memory the server of the test has, and budget what clients may make it hold; half is a message that
// they begin and do not end.
const (
	container = 72 << 20
	budget    = 16 << 20
	half      = 900 << 10
)

// A siege is a server whose clients want more of its memory than there is.
type siege struct {
	t       *testing.T
	p       *process
	metrics string
	pusher  *wire
	said    int
	heap    float64 // the most that was seen
}

// TestMemoryBudget lets clients begin messages and requests and never end them, more than the server has memory for.
// Newcomers are refused in their protocols' words, who holds most is closed, and who behaves notices nothing.
func TestMemoryBudget(t *testing.T) {
	s := besiege(t)
	var crowd []*wire // seventy MB, if all of them could send it
	for range 80 {
		w, err := dialWire(t.Context(), s.p.url, "/socket.io/?EIO=4&transport=websocket")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.conn.Close() })
		crowd = append(crowd, w)
	}
	s.publish(10)

	n := 0
	for s.ready() == http.StatusOK {
		if n++; n > budget/half {
			t.Fatalf("%d clients hold more than %d bytes, and newcomers are taken", n, budget)
		}
		begin(crowd[n])
		s.settle(n * half)
	}
	if said := get(t, s.p.url+"/readyz"); said.status != http.StatusServiceUnavailable || !strings.Contains(said.body, `"full"`) {
		t.Errorf("readyz says %d %s", said.status, said.body)
	}
	s.newcomers()
	s.publish(10)
	if closed := s.metric("madang_closed_full_total"); closed != 0 {
		t.Errorf("%v were closed before the budget was used up", closed)
	}

	for i, w := range crowd[n+1:] {
		begin(w)
		if i%10 == 0 {
			s.settle(0)
			s.publish(1)
		}
	}
	var posts []net.Conn
	for range 10 {
		posts = append(posts, s.post())
	}
	s.settle(0)
	s.publish(10)
	if closed := s.metric("madang_closed_full_total"); closed < 40 {
		t.Errorf("only %v were closed", closed)
	}
	if s.heap > container {
		t.Errorf("the heap had %v bytes", s.heap)
	}

	for _, w := range crowd {
		_ = w.conn.Close()
	}
	for _, c := range posts {
		_ = c.Close()
	}
	awaitReady(t, s.p.url, http.StatusOK)
	w, err := dialWire(t.Context(), s.p.url, "/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatalf("afterwards: %v", err)
	}
	_ = w.conn.Close()
	s.publish(10)
	s.p.stop(t)
	for _, line := range []string{"newcomers are refused", "newcomers are taken again"} {
		if n := strings.Count(s.p.errors.String(), line); n == 0 || n > 20 {
			t.Errorf("the log says %d times that %s", n, line)
		}
	}
}

// besiege starts the server, with one client that behaves.
func besiege(t *testing.T) *siege {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &siege{t: t, metrics: ln.Addr().String()}
	_ = ln.Close() // for the server
	dir := t.TempDir()
	configure(t, dir, fmt.Sprintf("%s\nlimits: {memory: %d}\nmetrics: {listen: '%s'}\n", ablyApps, budget, s.metrics))
	s.p = serve(t, dir, []string{"GOMEMLIMIT=" + strconv.Itoa(container)})
	if s.pusher, err = dialWire(t.Context(), s.p.url, "/app/root?protocol=7"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.pusher.conn.Close() })
	if err := s.pusher.send(`{"event":"pusher:subscribe","data":{"channel":"news"}}`); err != nil {
		t.Fatal(err)
	}
	s.hear("subscription_succeeded")
	return s
}

// begin sends most of a message. The server may end the connection meanwhile.
func begin(w *wire) {
	_ = w.conn.SetWriteDeadline(time.Now().Add(patience)) // a TCP connection takes one
	h := ws.AppendHeader(nil, ws.Text, false, half+1)
	h[1] |= 0x80
	b := append(h, 0, 0, 0, 0)
	_, _ = w.conn.Write(append(b, bytes.Repeat([]byte("4"), half)...))
}

// post sends most of a request's body, and returns without waiting for an answer.
func (s *siege) post() net.Conn {
	c, err := net.Dial("tcp", strings.TrimPrefix(s.p.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetWriteDeadline(time.Now().Add(patience)) // a TCP connection takes one
	q := convention.SignQuery("root", "the-secret-of-root", http.MethodPost, "/apps/app1/events", []byte("{"), time.Now())
	_, _ = fmt.Fprintf(c, "POST /apps/app1/events?%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s",
		q.Encode(), half+1, strings.Repeat(" ", half))
	return c
}

// settle waits until the server holds at least so much, and no more than it may.
func (s *siege) settle(least int) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		held := s.metric("madang_held_bytes")
		s.heap = max(s.heap, s.metric("go_memstats_heap_inuse_bytes"))
		if held >= float64(least) && held <= budget {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%v bytes are held", held)
		}
	}
}

func (s *siege) metric(name string) float64 {
	s.t.Helper()
	page := get(s.t, "http://"+s.metrics+"/metrics").body
	m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(page)
	if m == nil {
		s.t.Fatalf("there is no %s", name)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *siege) ready() int {
	s.t.Helper()
	return get(s.t, s.p.url+"/readyz").status
}

// publish publishes as a back end does, and sees that who behaves hears it.
func (s *siege) publish(n int) {
	s.t.Helper()
	for range n {
		s.said++
		body := fmt.Appendf(nil, `{"name":"said","channels":["news"],"data":"number %d."}`, s.said)
		q := convention.SignQuery("root", "the-secret-of-root", http.MethodPost, "/apps/app1/events", body, time.Now())
		res, err := http.Post(s.p.url+"/apps/app1/events?"+q.Encode(), "application/json", bytes.NewReader(body))
		if err != nil {
			s.t.Fatal(err)
		}
		_ = res.Body.Close() // nothing follows from it
		if res.StatusCode != http.StatusOK {
			s.t.Fatalf("a back end's publication was answered with %s", res.Status)
		}
		s.hear(fmt.Sprintf("number %d.", s.said))
	}
}

// hear takes the next message of the client that behaves, which must be the one.
func (s *siege) hear(want string) {
	s.t.Helper()
	_ = s.pusher.conn.SetReadDeadline(time.Now().Add(patience)) // a TCP connection takes one
	for {
		text, err := s.pusher.next()
		switch {
		case err != nil:
			s.t.Fatalf("who behaves was told %v", err)
		case strings.Contains(text, want):
			return
		case !strings.Contains(text, "connection_established"):
			s.t.Fatalf("who behaves heard %s, not %s", text, want)
		}
	}
}

// newcomers come by each protocol, and are told to try again.
func (s *siege) newcomers() {
	s.t.Helper()
	res, err := http.Get(s.p.url + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it is read
	if err != nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "1" ||
		!strings.Contains(string(b), "try again") {
		s.t.Errorf("Socket.IO by polling: %s %s %v", res.Status, b, err)
	}
	if _, err := dialWire(s.t.Context(), s.p.url, "/socket.io/?EIO=4&transport=websocket"); err == nil || !strings.Contains(err.Error(), "503") {
		s.t.Errorf("Socket.IO: %v", err)
	}
	for target, want := range map[string]string{
		"/app/root?protocol=7":  `"code":4100`,
		"/?v=6&key=" + ablyRoot: `"action":6,"error":{"code":50003,"statusCode":503,"message":"This server takes no more`,
	} {
		w, err := dialWire(s.t.Context(), s.p.url, target)
		if err != nil {
			s.t.Errorf("%s: %v", target, err)
			continue
		}
		if text, err := w.next(); err != nil || !strings.Contains(text, want) {
			s.t.Errorf("%s: %s, %v", target, text, err)
		}
		if _, err := w.next(); err != io.EOF {
			s.t.Errorf("%s: then %v", target, err)
		}
		_ = w.conn.Close()
	}
}
