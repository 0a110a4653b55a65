//go:build unix

package attack

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/gate"
	"madang/device"
	"madang/server"
	"madang/server/standard"
)

// patience is how long a test waits for what must come. It is long: the machine may be busy.
const patience = 20 * time.Second

// What the servers of the tests are told. Tests look for all of these in the logs.
const (
	accountKey = "account-key-of-the-attacks-0123456789abcdef"
	jwtSecret  = "jwt-secret-of-the-attacks-0123456789abcdef"
	appSecret  = "app-secret-of-the-attacks-0123456789"
	echoKey    = "echo-key-of-the-attacks-0123456789ab"
)

// common is the configuration of a server behind a proxy that ends TLS, which the tests are. HOSTS stands for the hosts, and MORE
// for more of the section account.
const common = `
listen: 127.0.0.1:0
trusted_proxies: [127.0.0.1/32]
apps: [{id: app1, keys: [{name: key1, secret: ` + appSecret + `}], echo_key: ` + echoKey + `}]
auth: {jwt: {secret: ` + jwtSecret + `, leeway: 0s}}
drain: {grace: 0s, spread: 0s, timeout: 1s}
mail: {host: 127.0.0.1, port: PORT, encryption: none, from: no-reply@barun.test}
account:
  enabled: true
  url: https://barun.test
  key: ` + accountKey + `
  password: {memory: 8192, passes: 5}
`

// withHosts is what the section account has where each host is for something else.
const withHosts = `
  hosts:
    www: www.barun.test
    api: api.barun.test
    sites:
      - {name: admin, host: admin.barun.test, role: admin, prefix: Admin}
      - {name: partner, host: partner.barun.test, role: partner, prefix: Partner}
`

// A house is a server that listens, and what the tests know of its inside.
type house struct {
	t     *testing.T
	addr  string // where it listens
	data  string // its data directory
	log   *record
	mails *sink
	store account.Store
	gate  *gate.Gate
	hub   *madang.Hub
	rules *device.Service // of devices; nil: they are off

	mu      sync.Mutex
	secrets []string // that were used or seen: see leaks
}

// open starts a server with more in its section account, and ends it with the test. Then nothing secret may be in its log.
func open(t *testing.T, more string, edit ...func(string) string) *house {
	t.Helper()
	h := &house{t: t, log: &record{}, mails: newSink(t), data: filepath.Join(t.TempDir(), "data")}
	h.secret(accountKey, jwtSecret, appSecret, echoKey)
	text := strings.Replace(common, "PORT", h.mails.port(), 1) + more + "\ndata_dir: " + h.data + "\n"
	for _, f := range edit {
		text = f(text)
	}
	file := filepath.Join(t.TempDir(), "madang.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := standard.Assembly()
	a.Joins = append(a.Joins,
		server.Use(func(s account.Store) error { h.store = s; return nil }),
		server.Use(func(g *gate.Gate) error { h.gate = g; return nil }),
		server.Use(func(hub *madang.Hub) error { h.hub = hub; return nil }),
		func(s *server.Site) error { h.rules, _ = server.Find[*device.Service](s); return nil }) // nil: they are off
	set, err := a.Load(server.Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	h.serve(a, set)
	return h
}

func (h *house) serve(a server.Assembly, set *server.Settings) {
	t := h.t
	t.Helper()
	if err := set.Prepare(); err != nil {
		t.Fatal(err)
	}
	ln, err := server.Listen(set)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), a, set, slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		_ = ln.Close() // the first error is the one to tell
		t.Fatal(err)
	}
	h.addr = ln.Addr().String()
	soft, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(soft, context.Background(), ln) }()
	b := h.browse("barun.test", "192.0.2.254")
	defer b.do(b.request(http.MethodGet, "/livez", nil)) // it serves when it has started
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !strings.Contains(err.Error(), server.ErrHurried.Error()) {
			t.Error(err)
		}
		h.leaks()
	})
}

// secret remembers texts that must not be in a log.
func (h *house) secret(all ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		if len(s) >= 6 {
			h.secrets = append(h.secrets, s)
		}
	}
}

// leaks fails the test if something secret is in the log, of all levels.
func (h *house) leaks() {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := h.log.String()
	for _, s := range h.secrets {
		if i := strings.Index(text, s); i >= 0 {
			h.t.Errorf("the log has a secret in it: …%s…", text[max(0, i-300):min(len(text), i+100)])
			return
		}
	}
}

// A record is a log that is kept.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// find returns somebody as the store has them.
func (h *house) find(provider account.Provider, email string) account.Person {
	h.t.Helper()
	p, err := h.store.PersonByEmail(h.t.Context(), "app1", provider, email)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// assign gives a member roles.
func (h *house) assign(email string, roles ...string) {
	h.t.Helper()
	p := h.find("members", email)
	if err := h.gate.Assign(h.t.Context(), gate.Holder{App: "app1", Guard: "web", Person: p.ID}, roles, nil); err != nil {
		h.t.Fatal(err)
	}
}

// acts returns how often the audit log has each act.
func (h *house) acts() map[account.Act]int {
	h.t.Helper()
	all, err := h.store.Audit(h.t.Context(), account.AuditQuery{App: "app1", Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	n := map[account.Act]int{}
	for _, e := range all {
		n[e.Act]++
	}
	return n
}

// dial connects to the server.
func (h *house) dial() net.Conn {
	h.t.Helper()
	var d net.Dialer
	c, err := d.DialContext(h.t.Context(), "tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() }) // it may have ended already
	return c
}
