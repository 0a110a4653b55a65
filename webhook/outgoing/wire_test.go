package outgoing

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/internal/convention"
)

// wireFrom sends what happen does to a real server and returns the first request and its body.
func wireFrom(t *testing.T, e Endpoint, happen func(*Webhooks)) (*http.Request, []byte) {
	t.Helper()
	type request struct {
		*http.Request
		body []byte
	}
	got := make(chan request, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r, body}
	}))
	defer s.Close()
	e.App, e.URL = "app1", s.URL+"/hook?a=b"
	c := Defaults()
	c.Window = 0
	w, err := New(c, Options{Apps: testApps(), Endpoints: []Endpoint{e}, Cluster: alone{}})
	if err != nil {
		t.Fatal(err)
	}
	happen(w)
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(t.Context(), 10*time.Second)
	defer done()
	w.Drain(ctx)
	r := <-got
	return r.Request, r.body
}

func TestWire(t *testing.T) {
	r, body := wireFrom(t, Endpoint{Headers: map[string]string{"Authorization": "Bearer x", "user-agent": "mine"}}, func(w *Webhooks) {
		o := w.Observer()
		o.OccupiedAnywhere(in("presence-<&>"))
		o.Joined(in("presence-<&>"), madang.Member{User: "한 \"7\""})
		w.CacheMiss(in("cache-x"))
		w.SubscriptionCount(in("news"), 0)
		e := whisper("7.1", "presence-x", "client-typing")
		e.Message.Extras = []byte(`{"user_id":12}`)
		o.Received(e)
		o.Received(whisper("7.1", "presence-x", "client-typing"))
		o.Received(whisper("7.1", "private-x", "client-typing"))
		w.CacheMiss(madang.Channel{App: "app2", Name: "cache-x"})
		w.CacheMiss(in("$node.7"))
	})
	_, events, _ := strings.Cut(string(body), ",")
	want := `"events":[{"name":"channel_occupied","channel":"presence-<&>"},{"name":"member_added","channel":"presence-<&>","user_id":"한 \"7\""},` +
		`{"name":"cache_miss","channel":"cache-x"},{"name":"subscription_count","channel":"news","subscription_count":0},` +
		`{"name":"client_event","channel":"presence-x","user_id":"12","event":"client-typing","data":"{\"n\":1}","socket_id":"7.1"},` +
		`{"name":"client_event","channel":"presence-x","user_id":"ann","event":"client-typing","data":"{\"n\":1}","socket_id":"7.1"},` +
		`{"name":"client_event","channel":"private-x","event":"client-typing","data":"{\"n\":1}","socket_id":"7.1"}]}`
	if events != want {
		t.Errorf("%s\nwant %s", events, want)
	}
	var all struct {
		TimeMS int64 `json:"time_ms"`
	}
	if err := json.Unmarshal(body, &all); err != nil || time.Since(time.UnixMilli(all.TimeMS)).Abs() > time.Minute {
		t.Errorf("time_ms %d, %v", all.TimeMS, err)
	}
	if r.Method != http.MethodPost || r.URL.String() != "/hook?a=b" || !slices.Equal(r.Header["Content-Type"], []string{"application/json"}) ||
		r.Header.Get("X-Pusher-Key") != "key1" || !convention.Verify("secret1", string(body), r.Header.Get("X-Pusher-Signature")) ||
		r.Header.Get("Authorization") != "Bearer x" || r.Header.Get("User-Agent") != "mine" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
}

// Of client events only those of this node's clients are told: the other nodes tell the others.
func TestClientEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, nil)
		w, _ := rig(t, k, nil)
		o := w.Observer()
		o.Received(whisper("8.1", "private-x", "client-far"))
		o.Received(whisper("77.1", "private-x", "client-far"))
		o.Received(whisper("", "private-x", "client-server"))
		o.Received(whisper("7.1", "private-x", "order.shipped"))
		o.Received(&madang.Event{Kind: madang.EnterEvent, Channel: in("private-x"), Member: &madang.Member{}})
		o.Received(whisper("7.2", "private-x", "client-near"))
		time.Sleep(time.Second)
		if got := k.events(address); !slices.Equal(got, []string{"client_event private-x client-near"}) {
			t.Errorf("%v", got)
		}
	})
}

// Strange endpoints cost their time and nothing else.
func TestStrangeEndpoints(t *testing.T) {
	var loops, oks int
	mux := http.NewServeMux()
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) {
		loops++
		http.Redirect(w, r, "/taken", http.StatusPermanentRedirect)
	})
	mux.HandleFunc("/taken", func(http.ResponseWriter, *http.Request) { oks++ })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		for range 1 << 10 {
			if _, err := w.Write(make([]byte, 1<<12)); err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	send := func(path string) Stat {
		c := Defaults()
		c.RetryFor, c.Window = 0, 0
		secret := strings.Replace(s.URL, "http://", "http://user:hidden@", 1) + path
		var log strings.Builder
		w, err := New(c, Options{Apps: testApps(), Endpoints: []Endpoint{{App: "app1", URL: secret}}, Cluster: alone{}, Log: quietLog(&log)})
		if err != nil {
			t.Fatal(err)
		}
		w.CacheMiss(in("cache-x"))
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Drain(t.Context())
		st := w.Stats()[0]
		if strings.Contains(log.String()+st.URL, "hidden") {
			t.Errorf("the password is told: %s, %s", st.URL, log.String())
		}
		return st
	}
	if st := send("/loop"); st.Dropped != 1 || loops != 1 || oks != 0 {
		t.Errorf("redirect: %+v, %d, %d", st, loops, oks)
	}
	if st := send("/huge"); st.Sent != 1 {
		t.Errorf("huge: %+v", st)
	}
	if st := send("/nowhere"); st.Dropped != 1 {
		t.Errorf("404: %+v", st)
	}
	s.Close()
	if st := send("/"); st.Dropped != 1 {
		t.Errorf("gone: %+v", st)
	}
}

func TestEndpointsThatAreNone(t *testing.T) {
	for words, e := range map[string]Endpoint{
		"no such app":                  {App: "app9", URL: address},
		"no key to sign":               {App: "bare", URL: address},
		"url is not":                   {App: "app1", URL: "a.test/hook"},
		`no event "member_gone"`:       {App: "app1", URL: address, Events: []string{"member_gone"}},
		`"content-type" cannot be set`: {App: "app1", URL: address, Headers: map[string]string{"content-type": "text/plain"}},
		`"x-pusher-key" cannot be set`: {App: "app1", URL: address, Headers: map[string]string{"x-pusher-key": "x"}},
		`"X A" cannot be set`:          {App: "app1", URL: address, Headers: map[string]string{"X A": "x"}},
		`"X-A" cannot be set`:          {App: "app1", URL: address, Headers: map[string]string{"X-A": "x\ny"}},
	} {
		if _, err := New(Defaults(), Options{Apps: testApps(), Endpoints: []Endpoint{e}, Cluster: alone{}}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	for words, spoil := range map[string]func(*Config){
		"timeout": func(c *Config) { c.Timeout = 0 }, "window": func(c *Config) { c.Delay = -1 }, "max_events": func(c *Config) { c.MaxEvents = 0 },
		"max_queue": func(c *Config) { c.MaxQueue = 5 }, "ca_file": func(c *Config) { c.CAFile = "/nowhere" },
	} {
		c := Defaults()
		spoil(&c)
		if _, err := New(c, Options{Apps: testApps(), Cluster: alone{}}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

func TestNobodyToTell(t *testing.T) {
	w, err := New(Defaults(), Options{Apps: testApps(), Cluster: alone{}})
	if err != nil || w.Enabled() || w.Watch(in("news")) || w.Observer().Joined != nil {
		t.Errorf("%v", err)
	}
	w.Drain(t.Context())
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Drain(t.Context())
	for name, want := range map[string]bool{"presence-a": true, "presence-": true, "news": false, "$presence-": false} {
		some, err := New(Defaults(), Options{Apps: testApps(), Cluster: alone{}, Endpoints: []Endpoint{{App: "app1", URL: address, Events: []string{channelVacated}, Prefix: "presence-"}}})
		if err != nil || some.Watch(in(name)) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
