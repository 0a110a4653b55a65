package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang/server"
)

// patient starts a server with one handler and returns a connection to it, and what stops the server.
func patient(t *testing.T, h http.HandlerFunc) (*run, net.Conn, func()) {
	t.Helper()
	f := &fake{name: "pages", diary: &diary{}, routes: map[string]http.Handler{"/": h}}
	r := start(t, server.Assembly{Parts: []server.Part{part(server.RoleWeb, f)}}, "drain.grace", "0s", "drain.spread", "0s")
	c, err := r.ln.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r, c, func() {
		_ = c.Close()
		r.stop()
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	}
}

func TestBodyThatStops(t *testing.T) {
	for name, read := range map[string]bool{"read": true, "not read": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan error, 1)
				r, c, stop := patient(t, func(w http.ResponseWriter, q *http.Request) {
					var err error
					if read {
						_, err = io.ReadAll(q.Body)
					}
					done <- err
				})
				defer stop()
				if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc"); err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, c) // until the server has had enough
				if err := <-done; (err != nil) != read {
					t.Errorf("the handler's error: %v", err)
				}
				if r.since() != time.Minute {
					t.Errorf("the connection ended after %v", r.since())
				}
			})
		})
	}
}

func TestSlowHandlerAfterBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, stop := patient(t, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			select {
			case <-time.After(time.Hour): // a long poll, say
			case <-r.Context().Done():
				err = r.Context().Err()
			}
			_, _ = fmt.Fprintf(w, "%s %v", body, err)
		})
		defer stop()
		in := bufio.NewReader(c)
		for range 2 { // what is left of the first request's deadlines must not end the second
			if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "abc <nil>" {
				t.Fatalf("got %q, %v", body, err)
			}
		}
	})
}

func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error, 1)
		r, c, stop := patient(t, func(w http.ResponseWriter, _ *http.Request) {
			var err error
			for err == nil {
				_, err = w.Write(bytes.Repeat([]byte("x"), 1<<20))
			}
			done <- err
		})
		defer stop()
		if _, err := io.WriteString(c, strings.ReplaceAll("GET / HTTP/1.1\nHost: x\n\n", "\n", "\r\n")); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err == nil || r.since() != time.Minute {
			t.Errorf("writing ended after %v: %v", r.since(), err)
		}
	})
}
