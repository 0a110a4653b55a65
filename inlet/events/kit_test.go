package events_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/inlet/events"
	"madang/internal/convention"
	"madang/madangtest"
)

const (
	keyName = "app-key"
	secret  = "app-secret"
	echoKey = "e9b0b1f7a3c24f1d8a5b6c7d8e9f0a1b"

	branchKey = "5d1f0c83b7e64a29a0c4f6b2d7e813c5" // of the alias branch of app one
)

// tenants are two apps, of which the second has no echo key.
func tenants(rules madang.Rules) *madang.Apps {
	return madang.NewApps(
		madang.App{ID: "one", Keys: []madang.Key{{Name: keyName, Secret: secret}, {Name: "spare", Secret: "other"}}, Rules: rules},
		madang.App{ID: "two", Keys: []madang.Key{{Name: "key2", Secret: "secret2"}}},
	)
}

// A world is a cluster with the interface on each node.
type world struct {
	*testing.T
	cluster *madangtest.Cluster
	hubs    []*madang.Hub
	apis    []*events.API
	mux     []*http.ServeMux
	log     *bytes.Buffer

	members atomic.Pointer[map[madang.Channel]*madang.Member]
}

// play runs f with a world of n nodes in fake time.
func play(t *testing.T, n int, change func(*events.Config), f func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := build(t, n, madang.Config{Retention: retain}, madang.Rules{MaxEvent: 10 << 10}, change)
		f(w)
	})
}

func retain(c madang.Channel) madang.Retention {
	if convention.Cached(c.Name) {
		return madang.Retention{Count: 1, Age: 30 * time.Minute}
	}
	return madang.Retention{}
}

func build(t *testing.T, n int, hub madang.Config, rules madang.Rules, change func(*events.Config)) *world {
	t.Helper()
	w := &world{T: t, log: &bytes.Buffer{}}
	hub.Policies = []madang.Policy{w}
	w.cluster = madangtest.StartCluster(t, n, hub, nil)
	w.hubs = w.cluster.Hubs
	for _, h := range w.hubs {
		cfg := events.Defaults()
		if change != nil {
			change(&cfg)
		}
		api, err := events.New(h, cfg, events.Options{
			Apps: tenants(rules), EchoKeys: map[string]string{"one": echoKey, "two": ""},
			Closed:  func(c madang.Channel) bool { return c.Name == "private-shut" },
			Aliases: map[string]events.Alias{"branch": {App: "one", EchoKey: branchKey}}, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		for pattern, handler := range api.Routes() {
			mux.Handle(pattern, handler)
		}
		w.apis, w.mux = append(w.apis, api), append(w.mux, mux)
	}
	return w
}

// An answer is what came back.
type answer struct {
	status int
	body   string
	header http.Header
}

// do sends a request to a node.
func (w *world) do(node int, method, target, body string, headers ...string) answer {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.mux[node].ServeHTTP(rec, r)
	b, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer{rec.Code, string(b), rec.Result().Header}
}

// want fails unless the answer is this one.
func (w *world) want(got answer, status int, body string) {
	w.Helper()
	if got.status != status || got.body != body {
		w.Errorf("answered %d %s\nwant     %d %s", got.status, got.body, status, body)
	}
}

// refused fails unless the answer has the status and a text with these words.
func (w *world) refused(got answer, status int, words string) {
	w.Helper()
	if got.status != status || !strings.Contains(got.body, words) {
		w.Errorf("answered %d %s\nwant     %d …%s…", got.status, got.body, status, words)
	}
}

// signed returns a request's target with a signature.
func signed(now time.Time, method, path, body string, params ...string) string {
	return signedBy(keyName, secret, now, method, path, body, params...)
}

func signedBy(key, secret string, now time.Time, method, path, body string, params ...string) string {
	q := url.Values{"auth_key": {key}, "auth_timestamp": {strconv.FormatInt(now.Unix(), 10)}, "auth_version": {"1.0"}}
	if body != "" {
		sum := md5.Sum([]byte(body))
		q.Set("body_md5", hex.EncodeToString(sum[:]))
	}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		panic(err)
	}
	q.Set("auth_signature", convention.Sign(secret, convention.RequestText(method, plain, q)))
	return path + "?" + q.Encode()
}

// post and get send signed requests to the first node, for app one.
func (w *world) post(path, body string) answer {
	w.Helper()
	return w.do(0, "POST", signed(w.hubs[0].Now(), "POST", path, body), body)
}

func (w *world) get(path string, params ...string) answer {
	w.Helper()
	return w.do(0, "GET", signed(w.hubs[0].Now(), "GET", path, "", params...), "")
}

// A person is a connection that writes down what it hears.
type person struct {
	conn *madang.Conn

	mu     sync.Mutex
	heard  []string
	reason *madang.CloseReason
}

// connect brings a connection of app one to a node.
func (w *world) connect(node int, user string, channels ...string) *person {
	w.Helper()
	return w.connectTo("one", node, user, channels...)
}

func (w *world) connectTo(app string, node int, user string, channels ...string) *person {
	w.Helper()
	p := &person{}
	line, err := w.hubs[node].Open(p)
	if err != nil {
		w.Fatal(err)
	}
	p.conn, err = line.Connect(w.Context(), madang.ConnRequest{Dialect: words{}, Principal: &madang.Principal{App: app, User: user}, Owner: p})
	if err != nil {
		w.Fatal(err)
	}
	if user != "" {
		w.subscribe(p, madang.UserChannel(app, user))
	}
	for _, name := range channels {
		w.subscribe(p, madang.Channel{App: app, Name: name})
	}
	return p
}

func (w *world) subscribe(p *person, c madang.Channel) {
	w.Helper()
	s, err := p.conn.Hub().Subscribe(context.Background(), p.conn, c, madang.Messages)
	if err != nil {
		w.Fatal(err)
	}
	s.Open()
}

// enter puts a person into the channel presence-x.
func (w *world) enter(p *person, info string) {
	w.Helper()
	c := madang.Channel{App: p.conn.Principal().App, Name: "presence-x"}
	w.subscribe(p, c)
	if err := p.conn.Hub().Enter(w.Context(), p.conn, c, []byte(info), madang.JSON); err != nil {
		w.Fatal(err)
	}
	time.Sleep(time.Millisecond) // of fake time: who comes next comes later
}

// admit subscribes a person by a grant that says who it is, and lets it enter.
func (w *world) admit(p *person, c madang.Channel, m *madang.Member) {
	w.Helper()
	w.members.Store(&map[madang.Channel]*madang.Member{c: m})
	s, err := p.conn.Subscribe(w.Context(), c, madang.SubscribeOptions{})
	if err != nil {
		w.Fatal(err)
	}
	s.Open()
	if err := p.conn.Enter(w.Context(), c, nil, madang.JSON); err != nil {
		w.Fatal(err)
	}
}

// Authorize implements madang.Policy: it lets in whom admit has named.
func (w *world) Authorize(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if all := w.members.Load(); all != nil {
		return &madang.Grant{Member: (*all)[r.Channel]}, nil
	}
	return nil, nil
}

// hears fails unless a person has heard exactly this since the last call.
func (w *world) hears(p *person, want ...string) {
	w.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Equal(p.heard, want) {
		w.Errorf("heard %q\nwant  %q", p.heard, want)
	}
	p.heard = nil
}

// Flush implements madang.Link.
func (p *person) Flush(b *madang.Batch) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range b.Len() {
		p.heard = append(p.heard, string(b.Unit(i)))
	}
	return b.Len(), nil
}

// Farewell implements madang.Link.
func (p *person) Farewell(madang.CloseReason) []byte { return nil }

// Close implements madang.Link.
func (p *person) Close(madang.CloseReason) {}

// Disconnect implements madang.Owner.
func (p *person) Disconnect(r madang.CloseReason) { p.conn.Close(r) }

// Closed implements madang.Owner.
func (p *person) Closed(r madang.CloseReason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reason = &r
}

func (p *person) closed() *madang.CloseReason {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

// words is a dialect that writes all that counts of a message.
type words struct{}

func (words) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return dst, nil
	}
	kind := [...]string{"json", "text", "binary", "args"}[e.Message.Type]
	return fmt.Appendf(dst, "%s %s %s %s", e.Message.Channel.Name, e.Message.Name, kind, e.Message.Data), nil
}
