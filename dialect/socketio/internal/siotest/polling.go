package siotest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// An Answer is a server's answer.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Try sends a request that may fail.
func (n *Net) Try(r *http.Request) (Answer, error) {
	res, err := n.http.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, string(body)}, err
}

// Request makes a request to the server; target is a path and a query.
func Request(ctx context.Context, method, target, body string, h http.Header) *http.Request {
	r, err := http.NewRequestWithContext(ctx, method, "http://server.test"+target, strings.NewReader(body))
	if err != nil {
		panic(err) // the test's own mistake
	}
	maps.Copy(r.Header, h)
	return r
}

// A Polling is a session by long polling.
type Polling struct {
	Open   Answer // the handshake's
	SID    string
	Header http.Header // of further requests
	n      *Net
	target string
}

// Poll begins a session; target is like "/socket.io/?EIO=4".
func (n *Net) Poll(t testing.TB, target string, h http.Header) *Polling {
	t.Helper()
	p := &Polling{n: n, target: target + "&transport=polling", Header: h}
	p.Open = n.Do(t, Request(t.Context(), http.MethodGet, p.target, "", h))
	_, text, _ := strings.Cut(p.Open.Body, "{")
	text, _, _ = strings.Cut(text, "}")
	var open struct{ SID string }
	if err := json.Unmarshal([]byte("{"+text+"}"), &open); err != nil || open.SID == "" {
		t.Fatalf("handshake: %d %q", p.Open.Status, p.Open.Body)
	}
	p.SID = open.SID
	p.target += "&sid=" + p.SID
	return p
}

// Target is the session's path and query.
func (p *Polling) Target() string { return p.target }

// Get polls.
func (p *Polling) Get(t testing.TB) Answer {
	t.Helper()
	return p.n.Do(t, Request(t.Context(), http.MethodGet, p.target, "", p.Header))
}

// GetLater polls and gives the answer when it comes. Canceling ctx aborts the request; then there is none.
func (p *Polling) GetLater(ctx context.Context) <-chan Answer {
	c := make(chan Answer, 1)
	go func() {
		defer close(c)
		if a, err := p.n.Try(Request(ctx, http.MethodGet, p.target, "", p.Header)); err == nil {
			c <- a
		}
	}()
	return c
}

// Post sends a body.
func (p *Polling) Post(t testing.TB, body string) Answer {
	t.Helper()
	return p.n.Do(t, Request(t.Context(), http.MethodPost, p.target, body, p.Header))
}

// Packets polls until there is something else than pings, which it answers, and noops.
func (p *Polling) Packets(t testing.TB) []string {
	t.Helper()
	for {
		a := p.Get(t)
		if a.Status != http.StatusOK {
			t.Fatalf("poll: %d %s", a.Status, a.Body)
		}
		var got []string
		for packet := range strings.SplitSeq(a.Body, "\x1e") {
			switch packet {
			case "2":
				p.Post(t, "3")
			case "6":
			default:
				got = append(got, packet)
			}
		}
		if got != nil {
			return got
		}
	}
}

// Until polls until there is a packet that begins with prefix, and returns it; others before it are dropped, those of
// the same answer behind it too.
func (p *Polling) Until(t testing.TB, prefix string) string {
	t.Helper()
	for {
		for _, packet := range p.Packets(t) {
			if strings.HasPrefix(packet, prefix) {
				return packet
			}
		}
	}
}

// Gone fails the test unless the server has forgotten the session.
func (p *Polling) Gone(t testing.TB) {
	t.Helper()
	if a := p.Post(t, "3"); a.Status != http.StatusBadRequest {
		t.Fatalf("the session is still there: %d %s", a.Status, a.Body)
	}
}

// String names the session in a test's messages.
func (p *Polling) String() string { return fmt.Sprintf("polling session %s", p.SID) }
