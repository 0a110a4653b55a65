package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/server"
)

// nobody is a link that takes everything.
type nobody struct{}

func (nobody) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (nobody) Farewell(madang.CloseReason) []byte { return nil }
func (nobody) Close(madang.CloseReason)           {}

// loaded starts a server that may hold a million bytes, with a handler that reads bodies and answers with so many bytes.
func loaded(t *testing.T, bytes int) *run {
	t.Helper()
	f := &fake{name: "pages", diary: &diary{}, routes: map[string]http.Handler{"/": http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch _, err := io.ReadAll(q.Body); {
		case err == nil:
			_, _ = w.Write(make([]byte, bytes)) // the test reads it, or does not
		case q.URL.Path != "/silent":
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})}}
	r := start(t, server.Assembly{Parts: []server.Part{part(server.RoleWeb, f)}},
		"drain.grace", "0s", "drain.spread", "0s", "limits.memory", "1000000")
	synctest.Wait()
	return r
}

func (r *run) end(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if b := r.Hub().Budget(); b.Held != 0 {
		t.Errorf("nobody is there: %+v", b)
	}
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// send sends a request and returns what is to come.
func (r *run) send(t *testing.T, head, body string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := r.ln.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "POST "+head+"\r\n\r\n"+body) // who is cut off in the midst of it may find an answer all the same
	synctest.Wait()
	return c, bufio.NewReader(c)
}

// post announces so many bytes, sends some of them, and returns the answer's status and when to try again.
func (r *run) post(t *testing.T, announced, sent int) (status int, retry string) {
	t.Helper()
	c, in := r.send(t, fmt.Sprintf("/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d", announced), strings.Repeat("x", sent))
	defer func() { _ = c.Close() }()
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Retry-After")
}

// While clients make the node hold too much, large bodies are refused before they come, others are taken, and /readyz says so.
func TestFullServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := loaded(t, 1)
		k, err := r.Hub().Open(nobody{})
		if err != nil {
			t.Fatal(err)
		}
		var input madang.Held
		for _, held := range []int{100_000, 900_000, 0} {
			input.Set(k, held)
			time.Sleep(time.Second)
			full := held > 800_000
			want, status := http.StatusOK, "ok"
			if full {
				want, status = http.StatusServiceUnavailable, "full"
			}
			if code, said := r.get(t, "/readyz"); code != want || said != status {
				t.Errorf("at %d bytes /readyz says %d %s", held, code, said)
			}
			if code, retry := r.post(t, 1, 1); code != http.StatusOK || retry != "" {
				t.Errorf("at %d bytes a small body was answered with %d, Retry-After %q", held, code, retry)
			}
			if !full { // a large body would itself be too much
				continue
			}
			if code, retry := r.post(t, 5<<20, 1); code != want || retry != "1" { // and no more of it is waited for
				t.Errorf("at %d bytes a large body was answered with %d, Retry-After %q", held, code, retry)
			}
		}
		k.Drop(madang.CloseGone)
		r.end(t)
	})
}

// The request that holds most is ended: with an answer that says to try again if it is still coming, and without one if the
// client does not take it.
func TestCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := loaded(t, 2_000_000)
		small, _ := r.send(t, "/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000", strings.Repeat("x", 50_000))
		for _, path := range []string{"/", "/silent"} {
			c, in := r.send(t, path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000", strings.Repeat("x", 1_200_000))
			time.Sleep(time.Second)
			answer, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != http.StatusServiceUnavailable || path == "/" && answer.Header.Get("Retry-After") != "1" {
				t.Errorf("%s: %s, Retry-After %q", path, answer.Status, answer.Header.Get("Retry-After"))
			}
			_ = c.Close()
			time.Sleep(time.Second)
		}
		deaf, in := r.send(t, "/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1", "x")
		time.Sleep(time.Second)
		if n, err := io.Copy(io.Discard, in); n >= 2_000_000 || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("who took nothing for a second got %d bytes in the end, %v", n, err)
		}
		if b := r.Hub().Budget(); b.Closed != 3 || b.Held < 50_000 || b.Held > 200_000 {
			t.Errorf("%+v, want who sends little to be left alone", b)
		}
		_ = deaf.Close()
		_ = small.Close()
		r.end(t)
	})
}
