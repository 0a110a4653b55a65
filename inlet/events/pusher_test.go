package events_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/inlet/events"
)

// The body is, letter for letter, what Laravel's pusher broadcaster sends.
const fromLaravel = `{"name":"App\\Events\\MessageSent","data":"{\"text\":\"\\uc548\\ub155\\\/hello\",\"n\":1,\"nested\":{\"a\":[]}}","channels":["news","private-chat.1"],"socket_id":"%s"}`

// What a backend publishes reaches every node, untouched, and not the connection that it names.
func TestTrigger(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		sender := w.connect(0, "ann", "news", "private-chat.1")
		other := w.connect(1, "bob", "news", "private-chat.1")
		stranger := w.connectTo("two", 0, "ann", "news")
		w.want(w.post("/apps/one/events", fmt.Sprintf(fromLaravel, sender.conn.ID())), 200, `{}`)
		const data = `{"text":"\uc548\ub155\/hello","n":1,"nested":{"a":[]}}`
		w.hears(other, `news App\Events\MessageSent json `+data, `private-chat.1 App\Events\MessageSent json `+data)
		w.hears(sender)
		w.hears(stranger)
	})
}

func TestTriggerData(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p := w.connect(0, "", "c")
		for data, heard := range map[string]string{
			`""`:                                     `text `,
			`"{}"`:                                   `json {}`,
			`"hello <b>"`:                            `text hello <b>`,
			`"{\"b\":1,\"a\":12345678901234567890}"`: `json {"b":1,"a":12345678901234567890}`,
			`"\"quoted\""`:                           `json "quoted"`,
			`"{\"half\":\"\\ud83d\"}"`:               `json {"half":"\ud83d"}`,
			`"1.0"`:                                  `json 1.0`,
		} {
			w.want(w.post("/apps/one/events", `{"name":"e","channel":"c","data":`+data+`}`), 200, `{}`)
			w.hears(p, "c e "+heard)
		}
	})
}

func TestTriggerRefuses(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p := w.connect(0, "", "c", "private-encrypted-a")
		long := strings.Repeat("x", 201)
		many := `"c"` + strings.Repeat(`,"c"`, 100)
		for body, refusal := range map[string]string{
			``:                                     "400 The body is not a JSON object",
			`{`:                                    "400 The body is not a JSON object",
			`null`:                                 "400 The body is not a JSON object",
			`["name"]`:                             "400 The body is not a JSON object",
			`{"channel":"c","data":"1"}`:           "400 name must be",
			`{"name":"","channel":"c","data":"1"}`: "400 name must be",
			`{"name":7,"channel":"c","data":"1"}`:  "400 name must be a string",
			`{"name":"pusher:error","channel":"c","data":"1"}`:                          "400 The names of events must not begin",
			`{"name":"pusher_internal:member_added","channel":"c","data":"1"}`:          "400 The names of events must not begin",
			`{"name":"` + long + `","channel":"c","data":"1"}`:                          "400 name must be",
			`{"NAME":"e","channel":"c","data":"1"}`:                                     "400 name must be",
			`{"name":"e","channel":"c"}`:                                                "400 data must be a string",
			`{"name":"e","channel":"c","data":null}`:                                    "400 data must be a string",
			`{"name":"e","channel":"c","data":{"a":1}}`:                                 "400 data must be a string",
			`{"name":"e","data":"1"}`:                                                   "400 channel or channels",
			`{"name":"e","channels":[],"data":"1"}`:                                     "400 channel or channels",
			`{"name":"e","channels":"c","data":"1"}`:                                    "400 channels must be an array",
			`{"name":"e","channels":["c",1],"data":"1"}`:                                "400 channels must be an array of strings",
			`{"name":"e","channel":["c"],"data":"1"}`:                                   "400 channel must be a string",
			`{"name":"e","channels":["c","a b"],"data":"1"}`:                            `400 Invalid channel name "a b"`,
			`{"name":"e","channel":"$all","data":"1"}`:                                  "400 Invalid channel name",
			`{"name":"e","channel":"#x","data":"1"}`:                                    "400 Invalid channel name",
			`{"name":"e","channel":"` + long + `","data":"1"}`:                          "400 Invalid channel name",
			`{"name":"e","channels":[` + many + `],"data":"1"}`:                         "400 The event goes to 101 channels",
			`{"name":"e","channels":["c","private-encrypted-a"],"data":"1"}`:            "400 An event goes to an encrypted channel alone",
			`{"name":"e","channel":"c","data":"1","socket_id":"x"}`:                     "400 socket_id must be",
			`{"name":"e","channel":"c","data":"1","socket_id":"1.2\n"}`:                 "400 socket_id must be",
			`{"name":"e","channel":"c","data":"1","socket_id":""}`:                      "400 socket_id must be",
			`{"name":"e","channel":"c","data":"1","socket_id":1.2}`:                     "400 socket_id must be",
			`{"name":"e","channel":"c","data":"1","info":["a"]}`:                        "400 info must be a string",
			`{"name":"e","channel":"c","data":"` + strings.Repeat("x", 10<<10+1) + `"}`: "413 The data content of this event exceeds the allowed maximum (10240 bytes)",
			`{"name":"e","channel":"c","data":"` + strings.Repeat("x", 1<<20) + `"}`:    "413 The body is larger",
		} {
			var status int
			var words string
			if _, err := fmt.Sscanf(refusal, "%d", &status); err != nil {
				t.Fatal(err)
			}
			words = refusal[4:]
			got := w.post("/apps/one/events", body)
			if got.status != status || !strings.Contains(got.body, words) {
				t.Errorf("%.80s: %d %s, want %s", body, got.status, got.body, refusal)
			}
			w.hears(p)
		}
		w.want(w.post("/apps/one/events", `{"name":"e","channel":"c","data":"`+strings.Repeat("x", 10<<10)+`","socket_id":null}`), 200, `{}`)
		w.hears(p, "c e text "+strings.Repeat("x", 10<<10))
		w.want(w.post("/apps/one/events", `{"name":"e","channel":"private-encrypted-a","data":"{\"nonce\":\"n\",\"ciphertext\":\"c\"}"}`), 200, `{}`)
		w.hears(p, `private-encrypted-a e json {"nonce":"n","ciphertext":"c"}`)
	})
}

func TestTriggerInfo(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		ann, bob := w.connect(0, "ann", "c"), w.connect(1, "bob", "c")
		w.enter(ann, `{}`)
		w.enter(bob, `{}`)
		w.enter(w.connect(1, "bob"), `{}`)
		w.want(w.post("/apps/one/events", `{"name":"e","channels":["c","presence-x","empty"],"data":"1","info":"subscription_count, user_count,?"}`), 200,
			`{"channels":{"c":{"subscription_count":2},"empty":{"subscription_count":0},"presence-x":{"subscription_count":3,"user_count":2}}}`)
		w.want(w.post("/apps/one/batch_events", `{"batch":[{"name":"a","channel":"c","data":"1"},{"name":"b","channel":"presence-x","data":"2","info":"user_count"}]}`), 200,
			`{"batch":[{},{"user_count":2}]}`)
		w.hears(ann, "c e json 1", "presence-x e json 1", "c a json 1", "presence-x b json 2")
	})
}

func TestBatch(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p := w.connect(0, "", "c", "d")
		one := `{"name":"e","channel":"c","data":"1"}`
		w.want(w.post("/apps/one/batch_events", `{"batch":[`+one+`,{"name":"f","channel":"d","data":"x","socket_id":"`+string(p.conn.ID())+`"},{"name":"g","channel":"d","data":"y"}]}`), 200, `{}`)
		w.hears(p, "c e json 1", "d g text y")
		for body, words := range map[string]string{
			`{}`:                        "batch must be",
			`{"batch":[]}`:              "batch must be",
			`{"batch":{"a":1}}`:         "batch must be",
			`[` + one + `]`:             "not a JSON object",
			`{"batch":[` + one + `,5]}`: "Event 1 of the batch: The body is not a JSON object",
			`{"batch":[` + one + `,{"name":"e","channels":["c"],"data":"1"}]}`: "Event 1 of the batch: an event of a batch has one channel",
			`{"batch":[` + one + `,{"name":"e","channel":"a b","data":"1"}]}`:  "Event 1 of the batch: Invalid channel name",
			`{"batch":[` + one + strings.Repeat(","+one, 10) + `]}`:            "The batch has 11 events",
		} {
			w.refused(w.post("/apps/one/batch_events", body), 400, words)
			w.hears(p)
		}
		w.refused(w.post("/apps/one/batch_events", `{"batch":[`+one+`,{"name":"e","channel":"private-shut","data":"x"}]}`), 403, "private-shut")
		w.refused(w.post("/apps/one/batch_events", `{"batch":[`+one+`,{"name":"e","channel":"c","data":"`+strings.Repeat("x", 10<<10+1)+`"}]}`), 413, "Event 1 of the batch: The data")
		w.hears(p)
	})
}

// A user's own channel is found by Pusher's name for it, and ends with the user's connections.
func TestUsersOwn(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		ann, again, bob := w.connect(0, "ann"), w.connect(1, "ann"), w.connect(1, "bob")
		other := w.connectTo("two", 0, "ann")
		w.want(w.post("/apps/one/events", `{"name":"hi","channels":["#server-to-user-ann"],"data":"{\"x\":1}"}`), 200, `{}`)
		w.hears(ann, `$user/ann hi json {"x":1}`)
		w.hears(again, `$user/ann hi json {"x":1}`)
		w.hears(bob)
		w.hears(other)
		w.want(w.get("/apps/one/channels"), 200, `{"channels":{}}`)
		w.want(w.post("/apps/one/users/ann/terminate_connections", `{}`), 200, `{}`)
		for _, p := range []*person{ann, again} {
			if r := p.closed(); r == nil || *r != madang.CloseDenied {
				t.Errorf("closed: %v", r)
			}
		}
		if bob.closed() != nil || other.closed() != nil {
			t.Error("another user was disconnected")
		}
	})
}

func TestChannels(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		ann := w.connect(0, "ann", "news", "private-a")
		w.connect(1, "bob", "news")
		w.connectTo("two", 0, "cho", "secret-of-two")
		w.enter(ann, `{"name":"Ann"}`)
		w.want(w.get("/apps/one/channels"), 200, `{"channels":{"news":{},"presence-x":{},"private-a":{}}}`)
		w.want(w.get("/apps/one/channels", "filter_by_prefix", "p", "info", "subscription_count"), 200,
			`{"channels":{"presence-x":{"subscription_count":1},"private-a":{"subscription_count":1}}}`)
		w.want(w.get("/apps/one/channels", "filter_by_prefix", "presence-", "info", "user_count"), 200,
			`{"channels":{"presence-x":{"user_count":1}}}`)
		w.refused(w.get("/apps/one/channels", "info", "user_count"), 400, "filter_by_prefix")
		w.want(w.get("/apps/one/channels", "filter_by_prefix", "$user/"), 200, `{"channels":{}}`)
		w.want(w.get("/apps/one/channels/news"), 200, `{"occupied":true}`)
		w.want(w.get("/apps/one/channels/nobody", "info", "subscription_count,"), 200, `{"occupied":false,"subscription_count":0}`)
		w.want(w.get("/apps/one/channels/secret-of-two"), 200, `{"occupied":false}`)
		w.want(w.get("/apps/one/channels/news", "info", "subscription_count"), 200, `{"occupied":true,"subscription_count":2}`)
		w.want(w.get("/apps/one/channels/presence-x", "info", "user_count,subscription_count"), 200,
			`{"occupied":true,"subscription_count":1,"user_count":1}`)
		w.refused(w.get("/apps/one/channels/news", "info", "user_count"), 400, "presence channels")
		w.refused(w.get("/apps/one/channels/$user%2Fann"), 400, "Invalid channel name")
	})
}

func TestUsers(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		w.enter(w.connect(1, "bob"), `{"name":"Bob","big":12345678901234567890}`)
		w.enter(w.connect(0, "ann"), `{"name":"<Ann>"}`)
		w.enter(w.connect(0, "bob"), `{"name":"Bob on the phone"}`)
		w.want(w.get("/apps/one/channels/presence-x/users"), 200, `{"users":[{"id":"bob"},{"id":"ann"}]}`)
		w.want(w.get("/apps/one/channels/presence-x/users", "with_user_info", "1"), 200,
			`{"users":[{"id":"bob","user_info":{"name":"Bob","big":12345678901234567890}},{"id":"ann","user_info":{"name":"<Ann>"}}]}`)
		w.want(w.get("/apps/one/channels/presence-nobody/users"), 200, `{"users":[]}`)
		w.refused(w.get("/apps/one/channels/news/users"), 400, "presence channels")
	})
}

// The last event of a cache channel can be asked for as long as it is kept.
func TestCache(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		w.want(w.get("/apps/one/channels/cache-p", "info", "cache"), 200, `{"cache":null,"occupied":false}`)
		w.want(w.post("/apps/one/events", `{"name":"e","channel":"cache-p","data":"{\"v\":9}"}`), 200, `{}`)
		time.Sleep(10 * time.Minute)
		w.want(w.get("/apps/one/channels/cache-p", "info", "cache"), 200, `{"cache":{"data":"{\"v\":9}","ttl":1200},"occupied":false}`)
		time.Sleep(20 * time.Minute)
		w.want(w.get("/apps/one/channels/cache-p", "info", "cache"), 200, `{"cache":null,"occupied":false}`)
		w.want(w.get("/apps/one/channels/c", "info", "cache"), 200, `{"occupied":false}`)
	})
}

func TestConnections(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		w.want(w.get("/apps/one/connections"), 200, `{"connections":0}`)
		a := w.connect(0, "ann")
		w.connect(1, "bob")
		w.connectTo("two", 0, "ann")
		w.want(w.get("/apps/one/connections"), 200, `{"connections":2}`)
		a.conn.Close(madang.CloseNormal)
		w.want(w.get("/apps/one/connections"), 200, `{"connections":1}`)
	})
}

func TestPaths(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		w.want(w.do(0, "GET", "/up", ""), 200, `{"health":"OK"}`)
		w.refused(w.do(0, "GET", "/", ""), 404, "")
		w.refused(w.do(0, "GET", "/apps/one/nothing", ""), 404, "no such path")
		w.refused(w.get("/apps/one/status"), 403, "Unauthorized")
		got := w.do(0, "DELETE", "/apps/one/events", "")
		w.refused(got, 405, "answers POST, not DELETE")
		if got.header.Get("Allow") != "POST" {
			t.Errorf("%v", got.header)
		}
		got = w.do(0, "OPTIONS", "/apps/one/channels", "")
		w.want(got, 200, "GET,HEAD")
		if got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%v", got.header)
		}
		if !json.Valid([]byte(w.get("/apps/one/channels").body)) || w.get("/apps/one/channels").header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Error("the answer is not announced as JSON")
		}
	})
	play(t, 1, func(c *events.Config) { c.Root = true }, func(w *world) {
		w.want(w.do(0, http.MethodGet, "/", ""), 200, "OK")
		w.want(w.do(0, http.MethodGet, "/", "", "Accept", "text/html"), 200, "OK")
		w.refused(w.do(0, http.MethodGet, "/index.html", ""), 404, "")
	})
}

// Where there are pages, who asks for one gets it.
func TestRootWithPages(t *testing.T) {
	cfg := events.Defaults()
	cfg.Root, cfg.Headers = true, map[string]string{"X-Server": "madang"}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	api, err := events.New(madang.New(madang.Config{}), cfg, events.Options{Page: func() http.Handler { return page }})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, h := range api.Routes() {
		mux.Handle(pattern, h)
	}
	for accept, want := range map[string]string{
		"": "OK", "*/*": "OK", "application/json": "OK", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "<html>",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Accept", accept)
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		if rec.Body.String() != want || rec.Header().Get("Vary") != "Accept" || (want == "OK") != (rec.Header().Get("X-Server") != "") {
			t.Errorf("%q: %s %v", accept, rec.Body, rec.Header())
		}
	}
}
