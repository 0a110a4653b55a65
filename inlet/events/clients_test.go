package events_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/inlet/events"
	"madang/internal/nodetest"
)

// TestClients drives the interface with the server library of Pusher, and with the same requests as the real
// laravel-echo-server, whose answers must be the same. What is tested stands in clients/.
func TestClients(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatalf("laravel-echo-server keeps who is there in Redis: install redis-server (%v)", err)
	}
	w := build(t, 1, madang.Config{Retention: retain}, madang.Rules{MaxEvent: 10 << 10}, nil)
	w.mux[0].Handle("POST /test/connect", testConnect{w, map[string]*person{}})
	reading := build(t, 1, madang.Config{}, madang.Rules{}, func(c *events.Config) { c.ReadOnly = true })
	w.mux[0].Handle("/readonly/", http.StripPrefix("/readonly", reading.mux[0]))
	s := httptest.NewServer(w.mux[0])
	defer s.Close()
	nodetest.Run(t, "clients", 2*time.Minute,
		"BASE_URL="+s.URL, "ECHO_KEY="+echoKey, "BRANCH_KEY="+branchKey, "APP_KEY="+keyName, "APP_SECRET="+secret)
}

// testConnect lets the tests in clients/ bring connections.
type testConnect struct {
	*world
	people map[string]*person
}

// A visitor is what they say about one.
type visitor struct {
	ID       string          `json:"id"` // of an earlier visitor: only tell what it has heard
	User     json.RawMessage `json:"user"`
	Info     json.RawMessage `json:"info"`
	Channels []string        `json:"channels"`
}

// ServeHTTP connects, or tells what was heard. The tests send one request at a time.
func (x testConnect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var v visitor
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p := x.people[v.ID]
	if p == nil {
		p = x.visit(v)
		x.people[string(p.conn.ID())] = p
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := append([]string{}, p.heard...)
	if err := json.NewEncoder(w).Encode(map[string]any{"id": p.conn.ID(), "heard": heard, "closed": p.reason != nil}); err != nil {
		x.Error(err)
	}
}

// visit connects a visitor. A presence channel is entered as who it says that it is.
func (x testConnect) visit(v visitor) *person {
	m := &madang.Member{Data: v.Info, Type: madang.JSON}
	if json.Unmarshal(v.User, &m.User) != nil { // a number
		m.User, m.RawUser = string(v.User), v.User
	}
	p := x.connect(0, m.User)
	for _, name := range v.Channels {
		if c := (madang.Channel{App: "one", Name: name}); strings.HasPrefix(name, "presence-") {
			x.admit(p, c, m)
		} else {
			x.subscribe(p, c)
		}
	}
	return p
}
