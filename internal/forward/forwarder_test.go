package forward_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/internal/forward"
	"madang/internal/memnet"
	"madang/madangtest"
)

// A site is two nodes, of which the second is asked and passes everything on to the first.
type site struct {
	*madangtest.Cluster
	forwarders []*forward.Forwarder
	client     *http.Client
	dial       func(context.Context) (*memnet.Conn, error)
	fault      chan error
}

func start(t *testing.T, serve http.HandlerFunc) *site {
	t.Helper()
	s := &site{Cluster: madangtest.StartCluster(t, 2, madang.Config{}, nil), fault: make(chan error, 10)}
	for _, h := range s.Hubs {
		r := forward.New(forward.Options{Hub: h, Service: "test", Serve: serve})
		if err := r.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.forwarders = append(s.forwarders, r)
	}
	l := memnet.Listen(0)
	s.dial = l.Dial
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Of", "the node that is asked")
		if err := s.forwarders[1].Forward(w, r, s.Hubs[0].Node()); err != nil {
			s.fault <- err
			w.WriteHeader(http.StatusBadGateway)
		}
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(l) // it always ends with an error: that it was closed
	}()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.Dial(ctx) }}
	s.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		<-served
	})
	return s
}

func (s *site) do(t *testing.T, method, target, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://server.test"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header["X-Two"] = []string{"a", "b"}
	res, err := s.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

// quiet fails the test unless nothing is under way any more.
func (s *site) quiet(t *testing.T) {
	t.Helper()
	synctest.Wait()
	for i, r := range s.forwarders {
		if asked, served := r.Streams(); asked+served != 0 {
			t.Errorf("node %d: %d and %d streams are left", i, asked, served)
		}
	}
}

// The owner sees the request, and the client the answer, as if they had met.
func TestForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			w.Header().Add("X-Of", "the owner")
			w.WriteHeader(http.StatusTeapot)
			_, _ = fmt.Fprintf(w, "%s %s %s %v %q %v %s", r.Method, r.URL, r.Host, r.Header["X-Two"], body, r.TLS != nil, r.RemoteAddr)
		})
		res, body, err := s.do(t, "POST", "/a%20b?c=d", "e")
		if err != nil || res.StatusCode != http.StatusTeapot || fmt.Sprint(res.Header["X-Of"]) != "[the node that is asked the owner]" {
			t.Fatalf("%v, %v", res, err)
		}
		want := `POST /a%20b?c=d server.test [a b] "e" false `
		if addr, ok := strings.CutPrefix(body, want); !ok || addr == "" {
			t.Errorf("%s, want %s and an address", body, want)
		}
		s.quiet(t)
	})
}

// An answer that breaks off is not taken for a whole one, and a request whose client is gone ends.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		s := start(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/half":
				_, _ = w.Write(make([]byte, 100_000))
				panic(http.ErrAbortHandler)
			case "/panic":
				panic("oh no")
			case "/wait":
				<-r.Context().Done()
				ended <- r.Context().Err()
			}
		})
		if res, body, err := s.do(t, "GET", "/half", ""); err == nil && res.StatusCode == http.StatusOK {
			t.Errorf("half an answer is one: %d bytes", len(body))
		} else if err == nil { // it broke off before the client was given the beginning
			<-s.fault
		}
		if res, _, err := s.do(t, "GET", "/panic", ""); err != nil || res.StatusCode != http.StatusBadGateway || !errors.Is(<-s.fault, forward.ErrAway) {
			t.Errorf("%v, %v", res, err)
		}
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", "http://server.test/wait", nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = s.client.Do(r) }()
		synctest.Wait()
		leave()
		if err := <-ended; err == nil {
			t.Error("it goes on")
		}
		s.quiet(t)
	})
}

// The owner hears of a request whose body takes its time, however short it is, and of its end if the client breaks it off.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, read := make(chan bool, 1), make(chan error, 1)
		s := start(t, func(_ http.ResponseWriter, r *http.Request) {
			begun <- true
			_, err := io.ReadAll(r.Body)
			read <- err
		})
		for _, breaks := range []bool{false, true} {
			body, w := io.Pipe()
			r, err := http.NewRequestWithContext(t.Context(), "POST", "http://server.test/slow", body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = 2
			answered := make(chan error, 1)
			go func() {
				res, err := s.client.Do(r)
				if err == nil {
					err = res.Body.Close()
				}
				answered <- err
			}()
			if _, err := w.Write([]byte("a")); err != nil {
				t.Fatal(err)
			}
			<-begun
			if breaks {
				_ = w.CloseWithError(errors.New("enough"))
			} else if _, err := w.Write([]byte("b")); err != nil {
				t.Fatal(err)
			} else if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-read; (err != nil) != breaks {
				t.Errorf("broken off: %v, read: %v", breaks, err)
			}
			if err := <-answered; (err != nil) != breaks {
				t.Errorf("broken off: %v, answered: %v", breaks, err)
			}
			s.quiet(t)
		}
	})
}

// A tunnel waits for a client that does not read, and holds no more than its window meanwhile; then everything is there.
func TestTunnel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		written := make(chan int, 1000)
		s := start(t, func(w http.ResponseWriter, _ *http.Request) {
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			go func() {
				sum, b := 0, make([]byte, 1000)
				_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
				for sum < size {
					n, err := nc.Write(b)
					if sum += n; err != nil {
						t.Error(err)
						return
					}
					written <- sum
				}
				if back, err := bufio.NewReader(nc).ReadString('\n'); back != "thanks\n" {
					t.Errorf("%q, %v", back, err)
				}
				_ = nc.Close()
			}()
		})
		nc, err := s.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		nc.Stall(true)
		_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(30 * time.Second)
		if n := len(written); n == 0 || n > 400 {
			t.Errorf("%d thousand bytes were written for a client that does not read", n)
		}
		go func() {
			for range written {
			}
		}()
		nc.Stall(false)
		r := bufio.NewReader(nc)
		if line, err := r.ReadString('\n'); line != "HTTP/1.1 101 Switching Protocols\r\n" {
			t.Errorf("%q, %v", line, err)
		}
		_, _ = r.Discard(2)
		if n, err := io.CopyN(io.Discard, r, size); err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		_, _ = io.WriteString(nc, "thanks\n")
		rest, err := io.ReadAll(r)
		if err != nil || len(rest) >= 1000 {
			t.Errorf("at the end %d bytes, %v", len(rest), err)
		}
		_ = nc.Close()
		close(written)
		s.quiet(t)
	})
}

// A client that reads nothing, and does not go away either, doesn't keep a tunnel that its owner has closed, though the nodes
// have other things to talk about.
func TestTunnelOfTheDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				<-r.Context().Done()
				return
			}
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = nc.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if n, err := nc.Write(make([]byte, 10<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes were taken, %v", n, err)
			}
			_ = nc.Close()
		})
		ctx, leave := context.WithCancel(t.Context())
		other, err := http.NewRequestWithContext(ctx, "GET", "http://server.test/wait", nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = s.client.Do(other) }()
		nc, err := s.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		nc.Stall(true)
		_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(time.Minute)
		if asked, served := s.forwarders[1].Streams(); asked != 1 || served != 0 {
			t.Errorf("%d and %d streams, want only the one that waits", asked, served)
		}
		_ = nc.Close()
		leave()
		s.quiet(t)
	})
}
