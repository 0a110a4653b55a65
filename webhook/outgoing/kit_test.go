package outgoing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/internal/convention"
)

func testApps() *madang.Apps {
	return madang.NewApps(
		madang.App{ID: "app1", Keys: []madang.Key{{Name: "key1", Secret: "secret1"}, {Name: "key1b", Secret: "secret1b"}}},
		madang.App{ID: "bare"},
	)
}

// alone is a cluster of one node.
type alone struct{}

func (alone) Node() madang.NodeID                                              { return "7" }
func (alone) Nodes(context.Context) ([]madang.NodeID, error)                   { return []madang.NodeID{"7"}, nil }
func (alone) Members(context.Context, madang.Channel) ([]madang.Member, error) { return nil, nil }
func (alone) OccupancyOf(context.Context, madang.Channel) (int, error)         { return 0, nil }

// A receipt is one request as a backend got it.
type receipt struct {
	at     time.Duration // since the beginning
	url    string
	events []string // in short: see brief
	taken  bool
}

// A taker is a backend without a network: answer says what becomes of the n-th request.
type taker struct {
	t      *testing.T
	start  time.Time
	answer func(n int, r *http.Request) (int, error)

	mu  sync.Mutex
	got []receipt
}

func newTaker(t *testing.T, answer func(n int, r *http.Request) (int, error)) *taker {
	return &taker{t: t, start: time.Now(), answer: answer}
}

func (k *taker) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if !convention.Verify("secret1", string(body), r.Header.Get("X-Pusher-Signature")) || r.Header.Get("X-Pusher-Key") != "key1" {
		k.t.Errorf("not signed: %v", r.Header)
	}
	k.mu.Lock()
	n := len(k.got)
	k.got = append(k.got, receipt{at: time.Since(k.start), url: r.URL.String(), events: brief(k.t, body)})
	k.mu.Unlock()
	status := http.StatusOK
	if k.answer != nil {
		if status, err = k.answer(n, r); err != nil {
			return nil, err
		}
	}
	k.mu.Lock()
	k.got[n].taken = status == http.StatusOK
	k.mu.Unlock()
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("said")), Request: r}, nil
}

// receipts returns the requests so far.
func (k *taker) receipts() []receipt {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]receipt(nil), k.got...)
}

// events returns what was taken at an address, in its order.
func (k *taker) events(url string) (all []string) {
	for _, r := range k.receipts() {
		if r.url == url && r.taken {
			all = append(all, r.events...)
		}
	}
	return all
}

// brief writes the events of a body as "+room", "-room", "+room ann", "-room ann", and "kind room detail".
func brief(t *testing.T, body []byte) (all []string) {
	var b struct {
		TimeMS int64           `json:"time_ms"`
		Events json.RawMessage `json:"events"`
	}
	var events []map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil || b.TimeMS == 0 || json.Unmarshal(b.Events, &events) != nil || len(events) == 0 {
		t.Errorf("not a webhook: %s", body)
	}
	for _, e := range events {
		switch e["name"] {
		case "channel_occupied":
			all = append(all, fmt.Sprint("+", e["channel"]))
		case "channel_vacated":
			all = append(all, fmt.Sprint("-", e["channel"]))
		case "member_added":
			all = append(all, fmt.Sprint("+", e["channel"], " ", e["user_id"]))
		case "member_removed":
			all = append(all, fmt.Sprint("-", e["channel"], " ", e["user_id"]))
		case "subscription_count":
			all = append(all, fmt.Sprint("count ", e["channel"], " ", e["subscription_count"]))
		default:
			all = append(all, fmt.Sprint(e["name"], " ", e["channel"], " ", e["event"]))
		}
	}
	return all
}

const address = "http://a.test/hook"

func in(name string) madang.Channel { return madang.Channel{App: "app1", Name: name} }

func whisper(conn madang.ConnID, channel, event string) *madang.Event {
	return &madang.Event{Kind: madang.MessageEvent, Channel: in(channel), Message: &madang.Message{
		Name: event, Channel: in(channel), Data: []byte(`{"n":1}`), Sender: madang.Sender{Conn: conn, User: "ann"},
	}}
}

// rig starts webhooks that send to a taker. They end with the test.
func rig(t *testing.T, k *taker, change func(*Config), es ...Endpoint) (*Webhooks, *strings.Builder) {
	t.Helper()
	c := Defaults()
	if change != nil {
		change(&c)
	}
	if len(es) == 0 {
		es = []Endpoint{{App: "app1", URL: address}}
	}
	var log strings.Builder
	w, err := New(c, Options{
		Apps: testApps(), Endpoints: es, Cluster: alone{}, Client: &http.Client{Transport: k}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithCancel(context.Background())
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		done()
		w.holding.Wait()
		w.sending.Wait()
	})
	return w, &log
}

// quietLog writes to a text.
func quietLog(b *strings.Builder) *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }
