package events_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/inlet/events"
)

// ask sends a request with the echo key to the first node.
func (w *world) ask(method, path, body string) answer {
	w.Helper()
	return w.do(0, method, path, body, "Authorization", "Bearer "+echoKey)
}

func TestEchoTrigger(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		p := w.connect(1, "ann", "c", "d", "my:own.channel")
		const ok = `{"message":"ok"}`
		for body, heard := range map[string]string{
			`{"channel":"c","name":"e","data":"{\"a\":12345678901234567890}"}`:      `c e json {"a":12345678901234567890}`,
			`{"channel":"c","name":"e","data":{"b":1,"a":"\uc548\/"},"x":1}`:        `c e json {"b":1,"a":"\uc548\/"}`,
			`{"channel":"c","name":"e","data":"hello"}`:                             `c e text hello`,
			`{"channel":"c","name":"e","data":"false"}`:                             `c e json false`,
			`{"channel":"c","name":"e","data":[]}`:                                  `c e json []`,
			`{"channel":"c","name":"e","data":{}}`:                                  `c e json {}`,
			`{"channel":"c","name":"e","data":true}`:                                `c e json true`,
			`{"channel":"c","name":"e","data":-0.5}`:                                `c e json -0.5`,
			`{"channel":"c","name":"e","data":1e999}`:                               `c e json 1e999`,
			`{"channels":["c"],"channel":"d","name":"e","data":"1"}`:                `c e json 1`,
			`{"channels":null,"channel":"d","name":"e","data":"1"}`:                 `d e json 1`,
			`{"channels":"","channel":"d","name":"e","data":"1"}`:                   `d e json 1`,
			`{"channel":"my:own.channel","name":"e","data":"1","socket_id":"none"}`: `my:own.channel e json 1`,
			`{"channel":"c","name":"e","data":1,"socket_id":17}`:                    `c e json 1`,
			"{\"channel\":\"c\",\"name\":\"e\",\"data\":{\"a\":\"\xff\"}}":          "c e json {\"a\":\"\uFFFD\"}",
		} {
			w.want(w.ask("POST", "/apps/one/events", body), 200, ok)
			w.hears(p, heard)
		}
		w.want(w.ask("POST", "/apps/one/events", `{"channels":["c","d"],"name":"e","data":"1"}`), 200, ok)
		w.hears(p, "c e json 1", "d e json 1")
		w.want(w.ask("POST", "/apps/one/events", `{"channels":[],"name":"e","data":"1"}`), 200, ok)
		w.want(w.ask("POST", "/apps/one/events", fmt.Sprintf(`{"channel":"c","name":"e","data":"1","socket_id":"%s"}`, p.conn.ID())), 200, ok)
		w.hears(p)
		w.want(w.ask("POST", "/apps/one/events", `{"channel":"c","name":"e","data":"`+strings.Repeat("x", 100_000)+`"}`), 200, ok)
		w.hears(p, "c e text "+strings.Repeat("x", 100_000))
	})
}

// Other servers end when they get some of these.
func TestEchoTriggerRefuses(t *testing.T) {
	play(t, 1, func(c *events.Config) { c.MaxBody = 4 << 20 }, func(w *world) {
		p := w.connect(0, "", "c", "5")
		const incomplete = `{"error":"Event must include channel, event name and data"}`
		for _, body := range []string{
			`null`, `5`, `"x"`, `[]`, `true`, `{}`, `{"name":"e","data":"1"}`, `{"channel":"c","data":"1"}`, `{"channel":"c","name":"e"}`,
			`{"channel":"","name":"e","data":"1"}`, `{"channel":"c","name":"","data":"1"}`, `{"channel":"c","name":"e","data":""}`,
			`{"channel":"c","name":"e","data":0}`, `{"channel":"c","name":"e","data":-0.0e5}`, `{"channel":"c","name":"e","data":1e-999}`,
			`{"channel":"c","name":"e","data":null}`, `{"channel":"c","name":"e","data":false}`, `{"channel":0,"name":"e","data":"1"}`,
			`{"Channel":"c","name":"e","data":"1"}`,
		} {
			w.want(w.ask("POST", "/apps/one/events", body), 400, incomplete)
		}
		for _, body := range []string{
			``, `{`, `{"channel":"c","name":"e","data":"1"} x`, `channel=c&name=e&data=1`, "\x00",
			`{"channels":"c","name":"e","data":"1"}`, `{"channels":{"a":"c"},"name":"e","data":"1"}`, `{"channels":["c",null],"name":"e","data":"1"}`,
			`{"channel":["c"],"name":"e","data":"1"}`, `{"channel":5,"name":"e","data":"1"}`, `{"channel":"c","name":5,"data":"1"}`,
			`{"channel":"c","name":{},"data":"1"}`, `{"channel":"c","name":"pusher:error","data":"1"}`, `{"channel":"$all","name":"e","data":"1"}`, `{"channels":["c","$user/ann"],"name":"e","data":"1"}`,
			`{"channels":["c",""],"name":"e","data":"1"}`, `{"channel":"a\u0000b","name":"e","data":"1"}`,
			`{"channel":"c","name":"` + strings.Repeat("x", 1<<20) + `","data":"1"}`,
			`{"channel":"` + strings.Repeat("x", 1<<20) + `","name":"e","data":"1"}`,
			`{"channels":["c"` + strings.Repeat(`,"c"`, 1000) + `],"name":"e","data":"1"}`,
			`{"channel":"c","name":"e","data":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		} {
			got := w.ask("POST", "/apps/one/events", body)
			if got.status != 400 || !json.Valid([]byte(got.body)) || len(got.body) > 200 {
				t.Errorf("%.60s: %d %s", body, got.status, got.body)
			}
		}
		w.refused(w.ask("POST", "/apps/one/events", `{"channel":"c","name":"e","data":"`+strings.Repeat("x", 1<<20+1)+`"}`), 413, "max_message")
		w.refused(w.ask("POST", "/apps/one/events", strings.Repeat("x", 4<<20+1)), 413, "max_body")
		w.hears(p)
	})
}

func TestEchoQuestions(t *testing.T) {
	play(t, 2, nil, func(w *world) {
		ann, bob := w.connect(0, "ann", "news"), w.connect(1, "bob", "news", "other")
		w.connectTo("two", 0, "cho", "news")
		w.enter(bob, `{"name":"Bob"}`)
		w.enter(w.connect(0, "bob"), `{"name":"again"}`)
		w.enter(ann, ``)
		w.want(w.ask("GET", "/apps/one/channels", ""), 200,
			`{"channels":{"news":{"subscription_count":2,"occupied":true},"other":{"subscription_count":1,"occupied":true},"presence-x":{"subscription_count":3,"occupied":true}}}`)
		w.want(w.ask("GET", "/apps/one/channels?filter_by_prefix=o", ""), 200, `{"channels":{"other":{"subscription_count":1,"occupied":true}}}`)
		w.want(w.ask("GET", "/apps/one/channels?filter_by_prefix=$", ""), 200, `{"channels":{}}`)
		w.want(w.ask("GET", "/apps/one/channels/news", ""), 200, `{"subscription_count":2,"occupied":true}`)
		w.want(w.ask("GET", "/apps/one/channels/nobody", ""), 200, `{"subscription_count":0,"occupied":false}`)
		w.want(w.ask("GET", "/apps/one/channels/$user%2Fann", ""), 200, `{"subscription_count":0,"occupied":false}`)
		w.want(w.ask("GET", "/apps/one/channels/presence-x", ""), 200, `{"subscription_count":3,"occupied":true,"user_count":2}`)
		w.want(w.ask("GET", "/apps/one/channels/presence-nobody", ""), 200, `{"subscription_count":0,"occupied":false,"user_count":0}`)
		w.want(w.ask("GET", "/apps/one/channels/presence-x/users", ""), 200, `{"users":[{"id":"bob","user_info":{"name":"Bob"}},{"id":"ann"}]}`)
		w.want(w.ask("GET", "/apps/one/channels/presence-nobody/users", ""), 200, `{"users":[]}`)
		w.want(w.ask("GET", "/apps/one/channels/news/users", ""), 400, `{"error":"User list is only possible for Presence Channels"}`)
	})
}

// An id that the backend wrote as a number stays one.
func TestEchoUserNumber(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p := w.connect(0, "")
		c := madang.Channel{App: "one", Name: "presence-x"}
		grant := &madang.Member{User: "12345678901234567890", RawUser: []byte(`12345678901234567890`), Data: []byte(`null`), Type: madang.JSON}
		w.admit(p, c, grant)
		w.want(w.ask("GET", "/apps/one/channels/presence-x/users", ""), 200, `{"users":[{"id":12345678901234567890,"user_info":null}]}`)
		w.want(w.get("/apps/one/channels/presence-x/users"), 200, `{"users":[{"id":"12345678901234567890"}]}`)
	})
}

func TestEchoStatus(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		w.connect(0, "ann")
		w.connectTo("two", 0, "bob")
		time.Sleep(68600 * time.Millisecond)
		var status struct {
			Count  int               `json:"subscription_count"`
			Uptime float64           `json:"uptime"`
			Memory map[string]uint64 `json:"memory_usage"`
		}
		got := w.ask("GET", "/apps/one/status", "")
		if err := json.Unmarshal([]byte(got.body), &status); err != nil || got.status != 200 {
			t.Fatal(got, err)
		}
		if status.Count != 1 || status.Uptime != 68.6 || len(status.Memory) != 5 || status.Memory["rss"] < status.Memory["heapUsed"] ||
			status.Memory["heapTotal"] < status.Memory["heapUsed"] || status.Memory["heapUsed"] == 0 {
			t.Errorf("%s", got.body)
		}
		w.want(w.do(0, "GET", "/apps/one/status", ""), 403, `{"error":"Unauthorized"}`)
	})
}

// The settings of laravel-echo-server's apiOriginAllow and headers are sent with every answer.
func TestHeaders(t *testing.T) {
	change := func(c *events.Config) {
		c.CORS = events.CORS{Allow: true, Origin: "https://example.com", Methods: "GET, POST", AllowedHeaders: "Authorization, Content-Type"}
		c.Headers = map[string]string{"x-served-by": "madang"}
	}
	play(t, 1, change, func(w *world) {
		for _, got := range []answer{
			w.do(0, "OPTIONS", "/apps/one/events", ""), w.do(0, "POST", "/apps/one/events", "{}"), w.get("/apps/one/channels"),
			w.ask("GET", "/apps/one/channels", ""), w.do(0, "GET", "/apps/one/nothing", ""),
		} {
			for name, want := range map[string]string{
				"Access-Control-Allow-Origin": "https://example.com", "Access-Control-Allow-Methods": "GET, POST",
				"Access-Control-Allow-Headers": "Authorization, Content-Type", "X-Served-By": "madang",
			} {
				if has := got.header.Get(name); has != want {
					t.Errorf("%d: %s is %q", got.status, name, has)
				}
			}
		}
	})
	play(t, 1, func(c *events.Config) { c.CORS = events.CORS{Origin: "*"} }, func(w *world) {
		if got := w.get("/apps/one/channels"); got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("CORS that is not allowed is sent")
		}
	})
}
