package carrier_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// A server under test sends every message back.
type server struct {
	*siotest.Net
	*carrier.Server
	hub   *madang.Hub
	nodes []*carrier.Server // the first is Server
	turn  atomic.Uint32

	mu     sync.Mutex
	ends   []madang.CloseReason
	all    []*carrier.Session
	stuck  chan struct{} // not nil: Work waits for it
	remote string
}

const at = "/socket.io/?EIO=4"

func start(t testing.TB, change func(*carrier.Config)) *server {
	t.Helper()
	cfg := carrier.Defaults()
	if change != nil {
		change(&cfg)
	}
	s := &server{remote: "192.0.2.1:1"}
	size := 1
	if strings.HasPrefix(t.Name(), "TestOnTwoNodes/") {
		size = 2
	}
	for _, h := range madangtest.NewCluster(t, size, madang.Config{}) {
		n, err := carrier.New(carrier.Options{Config: cfg, Hub: h, Open: s.open, Remote: s.from})
		if err != nil {
			t.Fatal(err)
		}
		s.nodes = append(s.nodes, n)
		if s.Server == nil {
			s.Server, s.hub = n, h
		}
	}
	s.Net = siotest.Serve(t, http.HandlerFunc(s.deal))
	return s
}

// deal gives requests to the nodes: the first of a session to the first, and most of the others to the wrong one.
func (s *server) deal(w http.ResponseWriter, r *http.Request) {
	at := 0
	if r.URL.Query().Has("sid") && s.turn.Add(1)%4 != 0 {
		at = len(s.nodes) - 1
	}
	s.nodes[at].ServeHTTP(w, r)
}

// reason waits until a session has ended, and returns why the first one did.
func (s *server) reason(t testing.TB) madang.CloseReason {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if all := s.ended(); len(all) > 0 {
			return all[0]
		}
	}
	t.Fatal("no session has ended")
	return 0
}

func (s *server) from(*http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remote
}

func (s *server) setRemote(a string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote = a
}

func (s *server) open(k *carrier.Session, _ *http.Request) carrier.Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, k)
	return &echo{s, k}
}

// SendAll gives a unit to all sessions that there were, if they take compressed ones.
func (s *server) SendAll(t testing.TB, unit []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.all {
		if k.Deflate() {
			k.Line().Send(unit)
		}
	}
}

// ended returns the reasons of all sessions that have ended.
func (s *server) ended() []madang.CloseReason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ends)
}

type echo struct {
	s *server
	k *carrier.Session
}

func (e *echo) Receive(data []byte, binary bool) error {
	if binary {
		e.k.SendBinary(data)
	} else {
		e.k.SendText(data)
	}
	return nil
}

func (e *echo) Settle() bool { return true }

func (e *echo) Work(bool) {
	e.s.mu.Lock()
	stuck := e.s.stuck
	e.s.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
}

func (e *echo) Closed(r madang.CloseReason) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.s.ends = append(e.s.ends, r)
}

// header makes a header of pairs.
func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}
