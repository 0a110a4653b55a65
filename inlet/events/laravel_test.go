package events_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/internal/convention"
)

// Requests as PHP writes them, signed with PHP's own functions as Pusher's library for PHP uses them (ksort, arrays
// joined with commas, http_build_query), at the second at which the tests' time begins. The first is an event of
// Laravel's pusher and reverb broadcasters, letter for letter.
func TestRequestsOfPHP(t *testing.T) {
	const event = `{"name":"App\\Events\\MessageSent","data":"{\"text\":\"\\uc548\\ub155\\\/hello\",\"n\":1,\"nested\":{\"a\":[]}}","channels":["news","private-chat.1"],"socket_id":"123.456"}`
	const head = " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: GuzzleHttp/7\r\nContent-Type: application/json\r\nX-Pusher-Library: pusher-http-php 7.2.7\r\n"
	for _, x := range []struct{ request, want string }{
		{"POST /apps/one/events?auth_key=app-key&auth_signature=1fc408d9202cc45a1d7ab4ef441197d64a467de5ed64f4016b4a08486b6cbdcf" +
			"&auth_timestamp=946684800&auth_version=1.0&body_md5=9ef8ba47ceb90b27e2d4a1f2bb1fb9e1" + head + "Content-Length: " + strconv.Itoa(len(event)) + "\r\n\r\n" + event, `{}`},
		{"GET /apps/one/channels/presence-x?auth_key=app-key&auth_signature=5e7f508d051538839b5211b76ff564bf4d45161c24cb64140c919fc438d7fa21" +
			"&auth_timestamp=946684800&auth_version=1.0&info%5B0%5D=user_count&info%5B1%5D=subscription_count" + head + "\r\n",
			`{"occupied":false,"subscription_count":0,"user_count":0}`},
		{"GET /apps/one/channels?auth_key=app-key&auth_signature=33d0665601467569924bfac8915ae980a1ef8c1699e9485bb844d08917ce508c" +
			"&auth_timestamp=946684800&auth_version=1.0&filter_by_prefix=presence-a%3Db%40c%2Cd.e%3Bf&info=user_count" + head + "\r\n",
			`{"channels":{}}`},
	} {
		play(t, 1, nil, func(w *world) {
			p := w.connect(0, "", "news", "private-chat.1")
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(x.request)))
			if err != nil {
				t.Fatal(err)
			}
			rec := httptest.NewRecorder()
			w.mux[0].ServeHTTP(rec, r)
			w.want(answer{status: rec.Code, body: rec.Body.String()}, 200, x.want)
			if r.Method == "POST" {
				const data = `{"text":"\uc548\ub155\/hello","n":1,"nested":{"a":[]}}`
				w.hears(p, `news App\Events\MessageSent json `+data, `private-chat.1 App\Events\MessageSent json `+data)
			}
		})
	}
}

// A signed request is taken as it was signed, and not with any letter of it changed.
func TestSignedRequestsOnly(t *testing.T) {
	w := build(t, 1, madang.Config{}, madang.Rules{}, nil)
	now := w.hubs[0].Now()
	rapid.Check(t, func(t *rapid.T) {
		body := `{"name":"e","channel":"c","data":"` + rapid.StringMatching(`[a-z0-9 ]{0,40}`).Draw(t, "data") + `"}`
		age := time.Duration(rapid.IntRange(-500, 500).Draw(t, "age")) * time.Second
		target := signed(now.Add(age), "POST", "/apps/one/events", body, rapid.StringMatching(`[b-z_]{1,8}`).Draw(t, "name"),
			rapid.StringMatching(`[ -~]{0,10}`).Draw(t, "value"))
		if got := w.do(0, "POST", target, body); got.status != 200 {
			t.Fatalf("%s: %v", target, got)
		}
		_, query, _ := strings.Cut(target, "?")
		q, b := []byte(query), []byte(body)
		at, flip := rapid.IntRange(0, len(q)+len(b)-1).Draw(t, "at"), byte(rapid.IntRange(1, 127).Draw(t, "flip"))
		if at < len(q) {
			q[at] ^= flip
		} else {
			b[at-len(q)] ^= flip
		}
		if string(b) == body && same(string(q), query) {
			return // another way to write the same
		}
		r := httptest.NewRequest("POST", "/apps/one/events", strings.NewReader(string(b)))
		r.URL.RawQuery = string(q)
		rec := httptest.NewRecorder()
		w.mux[0].ServeHTTP(rec, r)
		if rec.Code == 200 {
			t.Fatalf("%s was taken as %s with %s", target, q, b)
		}
	})
}

// same reports whether two queries are read alike: names and escapes in capitals or small letters, a space as + or %20.
func same(a, b string) bool {
	read := func(raw string) string {
		r, small := httptest.NewRequest("POST", "/", nil), url.Values{}
		r.URL.RawQuery = raw
		for name, values := range r.URL.Query() {
			small[strings.ToLower(name)] = values
		}
		return convention.RequestText("", "", small) + small.Get("auth_signature")
	}
	return read(a) == read(b)
}
