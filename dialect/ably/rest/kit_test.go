package rest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/rest"
	"madang/dialect/ably/token"
)

const (
	rootKey   = "main.root:main-secret"
	readerKey = "main.reader:reader-secret"
	pageKey   = "pages.pages-root:pages-secret"
)

func apps() *madang.Apps {
	return madang.NewApps(
		madang.App{ID: "main", Keys: []madang.Key{
			{Name: "root", Secret: "main-secret"}, {Name: "reader", Secret: "reader-secret"}, {Name: "revocable", Secret: "revocable-secret"},
		}},
		madang.App{
			ID: "pages", Keys: []madang.Key{{Name: "pages-root", Secret: "pages-secret"}},
			Rules: madang.Rules{Origins: []string{"https://good.example"}},
		},
	)
}

// A world is a hub with both of Ably's interfaces.
type world struct {
	testing.TB
	hub       *madang.Hub
	api       *rest.API
	authority *token.Authority
	url       string
	mux       *http.ServeMux
	revoked   atomic.Int64
	deaf      atomic.Bool                                // nobody can be told of revocations
	shift     atomic.Int64                               // of the clock, in milliseconds
	behalf    atomic.Pointer[map[string]ably.Connection] // by connection key
}

func build(t testing.TB, change func(*rest.Config)) *world {
	t.Helper()
	w := &world{TB: t}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1}))
	tenants := apps()
	keys, err := token.FromApps(tenants, map[string]token.Rights{
		"main.reader": {Capability: `{"open:*":["subscribe","history"],"both":["publish","subscribe","presence"]}`}, "main.revocable": {Revocable: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Now().Add(time.Duration(w.shift.Load()) * time.Millisecond) }
	w.authority = token.New(token.Config{Keys: keys, Log: log, Now: now})
	w.hub = madang.New(madang.Config{
		Guards: map[string]madang.Guard{ably.GuardName: ably.NewGuard(w.authority)}, Policies: []madang.Policy{ably.NewPolicy()},
		Retention: ably.Defaults().Retain, Log: log, Now: now,
	})
	if err := w.hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.hub.Close() })
	live, err := ably.New(w.hub, ably.Defaults(), ably.Options{Apps: tenants, Authority: w.authority, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = live.Close() })
	cfg := rest.Defaults()
	if change != nil {
		change(&cfg)
	}
	w.api, err = rest.New(w.hub, cfg, rest.Options{
		Authority: w.authority, Apps: tenants, Repeats: live.Repeats(), Log: log,
		Revoked: func(ctx context.Context, all []token.Revocation) error {
			w.revoked.Add(int64(len(all)))
			if w.deaf.Load() {
				return errors.New("nobody listens")
			}
			return live.Revoked(ctx, all)
		},
		Connection: func(key string) (ably.Connection, bool) {
			if m := w.behalf.Load(); m != nil {
				c, ok := (*m)[key]
				return c, ok
			}
			return live.Connection(key)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.mux = http.NewServeMux()
	for _, routes := range []map[string]http.Handler{w.api.Routes(), live.Routes()} {
		for pattern, h := range routes {
			w.mux.Handle(pattern, h)
		}
	}
	s := httptest.NewServer(w.mux)
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

// A request is what a test sends.
type request struct {
	key     string // of the app; empty: none
	token   string
	header  map[string]string
	body    any  // bytes and strings as they are, the rest as JSON
	msgpack bool // the body, and the answer
}

// A response is what came back.
type response struct {
	testing.TB
	status int
	header http.Header
	raw    []byte
	body   []byte // as JSON
}

func (w *world) do(method, path string, q request) *response {
	w.Helper()
	var b []byte
	switch x := q.body.(type) {
	case nil:
	case []byte:
		b = x
	case string:
		b = []byte(x)
	default:
		b, _ = json.Marshal(x)
		if q.msgpack {
			b = protocol.FromJSON(nil, b)
		}
	}
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+path, bytes.NewReader(b))
	if err != nil {
		w.Fatal(err)
	}
	kind := "application/json"
	if q.msgpack {
		kind = "application/x-msgpack"
		r.Header.Set("Accept", kind)
	}
	r.Header.Set("Content-Type", kind)
	if q.key != "" {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(q.key)))
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+base64.StdEncoding.EncodeToString([]byte(q.token)))
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer a.Body.Close()
	out := &response{TB: w.TB, status: a.StatusCode, header: a.Header}
	if out.raw, err = io.ReadAll(a.Body); err != nil {
		w.Fatal(err)
	}
	out.body = out.raw
	if a.Header.Get("Content-Type") == "application/x-msgpack" {
		if out.body, err = protocol.ToJSON(out.raw); err != nil {
			w.Fatal(err)
		}
	}
	return out
}

func (r *response) into(v any) {
	r.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.Fatalf("%s: %v", r.body, err)
	}
}

// ok fails the test unless the answer has a status.
func (r *response) ok(status int) *response {
	r.Helper()
	if r.status != status {
		r.Fatalf("the status is %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// refused fails the test unless the answer is an error as clients read it.
func (r *response) refused(code int) {
	r.Helper()
	var e struct {
		Error struct {
			Code       int    `json:"code"`
			StatusCode int    `json:"statusCode"`
			Message    string `json:"message"`
		} `json:"error"`
	}
	r.into(&e)
	if e.Error.Code != code || e.Error.StatusCode != r.status || e.Error.Message == "" || r.status < 400 {
		r.Errorf("%d %s, want the code %d", r.status, r.body, code)
	}
	if r.header.Get("X-Ably-Errorcode") != strconv.Itoa(code) || r.header.Get("X-Ably-Errormessage") == "" {
		r.Errorf("the headers of the error are %v", r.header)
	}
}

// A page is a list and its links, as clients read them.
func (r *response) links() map[string]string {
	r.Helper()
	all := map[string]string{}
	for _, l := range r.header.Values("Link") {
		r.link(l, all)
	}
	return all
}

var (
	linkForm = regexp.MustCompile(`^\s*<(.+)>;\s*rel="(\w+)"$`)
	pathForm = regexp.MustCompile(`^\./(\w+)\?(.*)$`)
)

func (r *response) link(text string, into map[string]string) {
	r.Helper()
	m := linkForm.FindStringSubmatch(text)
	if m == nil || strings.Contains(text, ",") || !pathForm.MatchString(m[1]) {
		r.Fatalf("clients cannot read the link %q", text)
	}
	into[m[2]] = pathForm.FindStringSubmatch(m[1])[2]
}

// message is a message as tests look at it.
type message struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	Data         any             `json:"data"`
	Encoding     string          `json:"encoding"`
	ClientID     string          `json:"clientId"`
	ConnectionID string          `json:"connectionId"`
	Serial       string          `json:"serial"`
	Timestamp    int64           `json:"timestamp"`
	Action       int             `json:"action"`
	Extras       json.RawMessage `json:"extras"`
}

func (w *world) history(path string, q request) (all []message, r *response) {
	w.Helper()
	r = w.do("GET", path, q).ok(200)
	r.into(&all)
	return all, r
}

func names(all []message) string {
	var s []string
	for _, m := range all {
		s = append(s, m.Name)
	}
	return strings.Join(s, " ")
}
