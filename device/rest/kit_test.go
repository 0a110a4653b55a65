package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
	"madang/device/relay"
	"madang/device/rest"
	"madang/madangtest"
	"madang/store/memory"
)

const app = "app1"

// A server is the interface on a hub of its own.
type server struct {
	t     testing.TB
	api   *rest.API
	hub   *madang.Hub
	relay *relay.Feature
}

// ably makes tokens that say what was asked for.
type ably struct{}

func (ably) Token(_ context.Context, p *madang.Principal, rights map[string][]string, ttl time.Duration) ([]byte, error) {
	return json.Marshal(map[string]any{"token": p.User, "capability": rights, "seconds": ttl.Seconds()})
}

func newServer(t testing.TB) *server { return newServerWith(t, rest.Defaults(), nil) }

func newServerWith(t testing.TB, c rest.Config, calls rest.Calls) *server {
	t.Helper()
	s := &server{t: t}
	seen := &madang.Observer{}
	s.hub = madang.New(madang.Config{
		Guards: map[string]madang.Guard{"home": madang.GuardFunc(s.guard)}, Policies: []madang.Policy{relay.Policy()}, Observers: []*madang.Observer{seen},
	})
	t.Cleanup(func() {
		if err := s.hub.Close(); err != nil {
			t.Error(err)
		}
	})
	s.open(memory.NewDevices(), c, calls)
	*seen = *s.relay.Observer()
	if err := errors.Join(s.hub.Start(t.Context()), s.relay.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	return s
}

// newNodes returns servers that hear each other, on one store.
func newNodes(t testing.TB, n int) (nodes []*server) {
	t.Helper()
	each := func(f func(*madang.Observer)) {
		for _, s := range nodes {
			f(s.relay.Observer())
		}
	}
	hubs := madangtest.NewCluster(t, n, madang.Config{
		Guards: map[string]madang.Guard{"home": madang.GuardFunc(func(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
			return nodes[0].guard(ctx, c)
		})},
		Policies: []madang.Policy{relay.Policy()},
		Observers: []*madang.Observer{{
			Closed: func(c *madang.Conn, why madang.CloseReason) { each(func(o *madang.Observer) { o.Closed(c, why) }) },
			Left:   func(ch madang.Channel, m madang.Member) { each(func(o *madang.Observer) { o.Left(ch, m) }) },
		}},
	})
	store := memory.NewDevices()
	for _, h := range hubs {
		s := &server{t: t, hub: h}
		s.open(store, rest.Defaults(), nil)
		nodes = append(nodes, s)
	}
	for _, s := range nodes {
		if err := s.relay.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return nodes
}

// open makes devices and their interface on the server's hub.
func (s *server) open(store relay.Store, c rest.Config, calls rest.Calls) {
	s.t.Helper()
	var err error
	s.relay, err = relay.Open(s.hub, relay.Defaults(), relay.Deps{
		Store: store, Key: make([]byte, pairing.MinKey),
		Sign: func(_ context.Context, c device.Claims) (string, error) { return "jti." + c.ID, nil },
	})
	if err == nil {
		c.App = app
		s.api, err = rest.New(c, rest.Deps{Hub: s.hub, Relay: s.relay, Calls: calls, Ably: ably{}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := errors.Join(s.api.Close(), s.relay.Close()); err != nil {
			s.t.Error(err)
		}
	})
}

// guard takes tokens that are people's ids, tokens of pairings that begin with "jti.", and hubs' serial:secret.
func (s *server) guard(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	id, paired := strings.CutPrefix(c.Token, "jti.")
	switch {
	case c.Token == "broken":
		return nil, errors.New("the keys are away: secret detail")
	case c.Token == "nobody":
		return &madang.Principal{App: c.App}, nil
	case c.Token == "reader":
		return &madang.Principal{App: c.App, User: "kim", Claims: []byte(`{"abilities":["read"]}`)}, nil
	case c.Token == "" || c.Token == "bad":
		return nil, fmt.Errorf("no such token: %w", madang.ErrUnauthenticated)
	case paired:
		_, t, err := s.relay.Service().ByToken(ctx, c.App, id)
		if err != nil {
			return nil, err
		}
		return &madang.Principal{App: c.App, Guard: relay.GuardToken, User: "token:" + id, Claims: []byte(`{"jti":"` + id + `"}`), Expires: t.ExpiresAt}, nil
	case strings.Contains(c.Token, ":"):
		return s.relay.HubGuard().Authenticate(ctx, c)
	}
	return &madang.Principal{App: c.App, User: c.Token, Name: "Name of " + c.Token}, nil
}

// register makes a hub known, and returns what it shows.
func (s *server) register(serial string) string {
	s.t.Helper()
	secret, err := s.relay.Service().Register(s.t.Context(), app, serial, "현관")
	if err != nil {
		s.t.Fatal(err)
	}
	return serial + ":" + secret
}

const hello = `{"devices":[{"id":"lamp","name":"거실 등","capabilities":["switch","dimmer"],"reported":{"on":false},"version":1},
	{"id":"door","name":"현관문","capabilities":["lock"],"reported":{"locked":true},"version":1}]}`

// box registers the hub SN-1, which says hello and asks once, so that it is there.
func (s *server) box() (token string) {
	s.t.Helper()
	token = s.register("SN-1")
	get[none](s, 204, token, "POST", "/v1/hubs/SN-1/hello", hello)
	get[rest.Pending](s, 200, token, "GET", "/v1/hubs/SN-1/pending", "")
	return token
}

type none struct{}

// pair pairs kim with the hub SN-1, which asks by requests, and returns what they have.
func (s *server) pair(hub string) rest.Paired {
	s.t.Helper()
	get[none](s, 204, "kim", "POST", "/v1/hubs/SN-1/code", "")
	code := ""
	for end := time.Now().Add(20 * time.Second); code == "" && time.Now().Before(end); {
		for _, h := range get[rest.Pending](s, 200, hub, "GET", "/v1/hubs/SN-1/pending?wait=5", "").Display {
			if h.Name == "code" {
				if err := json.Unmarshal(h.Data, &code); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	}
	return get[rest.Paired](s, 201, "kim", "POST", "/v1/hubs/SN-1/pair", `{"code":"`+code+`"}`)
}

// do makes a request. Headers are given as "Key: value".
func (s *server) do(token, method, path, body string, headers ...string) *http.Response {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, in)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w.Result()
}

// get makes a request that must answer with a status, and reads the answer.
func get[T any](s *server, status int, token, method, path, body string, headers ...string) T {
	s.t.Helper()
	res := s.do(token, method, path, body, headers...)
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s, %v", method, path, res.StatusCode, status, b, err)
	}
	var v T
	if status == http.StatusNoContent || status == http.StatusNotModified {
		return v
	}
	if err := json.Unmarshal(b, &v); err != nil {
		s.t.Fatalf("%s %s: %s: %v", method, path, b, err)
	}
	return v
}

// due asks as the hub SN-1 until there are commands.
func (s *server) due(hub string) []relay.Delivery {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if p := get[rest.Pending](s, 200, hub, "GET", "/v1/hubs/SN-1/pending?wait=9", ""); len(p.Commands) > 0 {
			return p.Commands
		}
	}
	s.t.Fatal("waited in vain for commands")
	return nil
}
