package ably_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/token"
)

// A listener is a client that only listens.
type listener struct {
	t      *testing.T
	answer *http.Response
	lines  chan string
	hangUp context.CancelFunc
}

// listen asks for events.
func (n *node) listen(t *testing.T, target string, header ...string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://events"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	x := &listener{t: t, lines: make(chan string, 1000), hangUp: cancel}
	if x.answer, err = n.browser(t).Do(r); err != nil {
		t.Fatal(err)
	}
	if x.answer.StatusCode != http.StatusOK {
		return x
	}
	go func() {
		defer close(x.lines)
		for s := bufio.NewScanner(x.answer.Body); s.Scan(); {
			x.lines <- s.Text()
		}
	}()
	return x
}

// An event is one that a listener has got.
type event struct{ id, kind, data string }

// got returns the events that have come, and whether that is the end. Comments are events of the kind ":".
func (x *listener) got() (all []event, ended bool) {
	x.t.Helper()
	synctest.Wait()
	var e event
	for {
		select {
		case line, ok := <-x.lines:
			if !ok {
				return all, true
			}
			field, value, _ := strings.Cut(line, ": ")
			switch {
			case line == "" && e != (event{}):
				all, e = append(all, e), event{}
			case line == ":keepalive":
				e.kind = ":"
			case field == "id":
				e.id = value
			case field == "event":
				e.kind = value
			case field == "data":
				e.data += value
			}
		default:
			return all, false
		}
	}
}

// want compares the kinds and payloads of the events that have come with texts, and returns the last id.
func (x *listener) want(what string, want ...string) (last string) {
	x.t.Helper()
	all, _ := x.got()
	var got []string
	for _, e := range all {
		if e.id != "" {
			last = e.id
		}
		if e.kind == "" {
			continue
		}
		f := frame{}
		if strings.HasPrefix(e.data, "{") && json.Unmarshal([]byte(e.data), &f) == nil && f.str("channel") != "" {
			e.data = f.str("channel") + " " + f.str("data") + f.str("clientId")
		}
		got = append(got, e.kind+" "+e.data)
	}
	if !slices.Equal(got, want) {
		x.t.Fatalf("%s: %q, want %q", what, got, want)
	}
	return last
}

func (n *node) tell(t *testing.T, channel, text string) {
	t.Helper()
	ch := madang.Channel{App: "main", Name: channel}
	if _, err := n.hub.Publish(t.Context(), &madang.Message{Channel: ch, Name: "n", Data: []byte(text), Type: madang.Text}); err != nil {
		t.Fatal(err)
	}
}

func TestServerSentEvents(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		n.tell(t, "a", "before")
		x := n.listen(t, "/sse?v=1.2&channels=a,b&key="+rootKey, "Origin", "https://page.example")
		if h := x.answer.Header; h.Get("Content-Type") != "text/event-stream" || h.Get("Access-Control-Allow-Origin") != "https://page.example" {
			t.Fatalf("%v", h)
		}
		first := x.want("nothing of the past")
		if strings.Count(first, ",") != 1 || strings.HasPrefix(first, ",") || strings.HasSuffix(first, ",") {
			t.Fatalf("the first id is %q", first)
		}
		n.tell(t, "a", "1")
		n.tell(t, "b", "2")
		p := n.dial(t, "clientId=kim")
		p.attach("b")
		p.say(`{"action":14,"channel":"b","msgSerial":0,"presence":[{"action":2}]}`)
		last := x.want("live", "message a 1", "message b 2", "presence b kim")
		time.Sleep(20 * second)
		x.want("nothing happens", ": ")

		x.hangUp()
		n.tell(t, "b", "3")
		n.tell(t, "a", "4")
		again := n.listen(t, "/sse?channels=a,b&rewind=5&lastEvent=nonsense&key="+rootKey, "Last-Event-ID", last)
		last = again.want("missed", "message a 4", "message b 3")
		n.tell(t, "a", "5")
		again.want("live again", "message a 5")
		lateID := url.QueryEscape(last)
		n.listen(t, "/sse?channels=a,b&lastEvent="+lateID+"&key="+rootKey).want("by the query", "message a 5")
		n.listen(t, "/sse?channels=a,b&lastEvent="+url.QueryEscape("11@gone,11@gone")+"&key="+rootKey).want("from a stream that is gone",
			`error {"code":90005,"statusCode":400,"message":"What was missed is no longer kept."}`,
			`error {"code":90005,"statusCode":400,"message":"What was missed is no longer kept."}`)
		n.listen(t, "/sse?separator=|&channel=a|x,y&rewind=2&key="+rootKey).want("of the past", "message a 4", "message a 5")
		n.listen(t, "/sse?channels="+url.QueryEscape(filtered("name == 'n'", "?rewind=1"))+",a&enveloped=false&rewind=1&key="+rootKey).
			want("bare", "message 5")
	})
}

func TestLinesOfEvents(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		x := n.listen(t, "/event-stream?channels=room&heartbeats=true&key="+rootKey)
		if kind := x.answer.Header.Get("Content-Type"); kind != "application/json" {
			t.Fatal(kind)
		}
		n.publish(t, "text")
		time.Sleep(15 * second)
		synctest.Wait()
		var got []string
		for len(x.lines) > 0 {
			if line := <-x.lines; line != "" {
				var e struct{ ID, Event, Data string }
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				got = append(got, fmt.Sprintln(e.Event, e.ID != "", strings.Contains(e.Data, `"data":"text"`)))
			}
		}
		if want := []string{"message true true\n", "heartbeat false false\n"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		n.listen(t, "/event-stream?channels=room&rewind=1&enveloped=false&key="+rootKey, "Accept", "text/event-stream").want("as SSE", "message text")
	})
}

// A stream that cannot begin is refused with a status; one that has begun ends with an error.
func TestStreamsThatEnd(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		many := strings.Repeat("x,", 50) + "y"
		for target, want := range map[string][2]int{
			"/sse?key=" + rootKey:                                           {400, 40003},
			"/sse?channels=a,,b&key=" + rootKey:                             {400, 40003},
			"/sse?channels=a,a&key=" + rootKey:                              {400, 40003},
			"/sse?channels=" + many + "&key=" + rootKey:                     {400, 40003},
			"/sse?channels=a&lastEvent=x,y&key=" + rootKey:                  {400, 40003},
			"/sse?channels=a":                                               {401, 40101},
			"/sse?channels=a&key=main.root:wrong":                           {401, 40101},
			"/sse?channels=a&accessToken=x":                                 {401, 40101},
			"/sse?channels=:x&key=" + rootKey:                               {400, 40010},
			"/sse?channels=a&rewind=x&key=" + rootKey:                       {400, 40000},
			"/event-stream?channels=open:a,a&key=main.reader:reader-secret": {401, 40160},
		} {
			x := n.listen(t, target)
			b, err := io.ReadAll(x.answer.Body)
			var e struct {
				Error struct{ Code, StatusCode int }
			}
			if err != nil || json.Unmarshal(b, &e) != nil || x.answer.StatusCode != want[0] || e.Error.Code != want[1] ||
				x.answer.Header.Get("X-Ably-Errorcode") != fmt.Sprint(want[1]) {
				t.Errorf("%s: %d %s", target, x.answer.StatusCode, b)
			}
		}
		if n.hub.Lines() != 0 {
			t.Errorf("%d connections are left", n.hub.Lines())
		}

		basic, err := n.authority.Basic(rootKey)
		if err != nil {
			t.Fatal(err)
		}
		d, err := n.authority.Issue(t.Context(), "main.root", basic, &token.Request{KeyName: "main.root", TTL: "60000"})
		if err != nil {
			t.Fatal(err)
		}
		x := n.listen(t, "/sse?channels=room", "Authorization", "Bearer "+base64.StdEncoding.EncodeToString([]byte(d.Token)))
		time.Sleep(61 * second)
		all, ended := x.got()
		if last := all[len(all)-1]; !ended || last.kind != "error" || !strings.Contains(last.data, `"code":40142`) {
			t.Errorf("when the token has expired: %v, ended %v", all, ended)
		}
		x = n.listen(t, "/sse?channels=room&key="+rootKey)
		x.hangUp()
		synctest.Wait()
		if n.hub.Lines() != 0 {
			t.Errorf("%d connections are left", n.hub.Lines())
		}
	})
}

// A listener that does not read is ended, and told nothing it would not notice to miss: it comes back with the last id.
func TestStreamOfASlowReader(t *testing.T) {
	in(t, func(_ *ably.Config, c *madang.Config) { c.Limits.MaxLag, c.Limits.HardLag = 64<<10, 1<<20 }, func(t *testing.T, n *node) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://events/sse?channels=room&key="+rootKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := n.browser(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			n.publish(t, string(make([]byte, 60<<10)))
		}
		time.Sleep(60 * second)
		synctest.Wait()
		if n.hub.Lines() != 0 {
			t.Error("it is still here")
		}
		if b, err := io.ReadAll(answer.Body); err == nil {
			t.Errorf("the answer has ended in good order after %d bytes", len(b))
		}
	})
}
