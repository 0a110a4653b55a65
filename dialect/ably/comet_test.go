package ably_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask makes a request, and returns the messages in the answer.
func (n *node) ask(t *testing.T, c *http.Client, method, path, body string) (int, []frame) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://polls"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var all []frame
	if len(b) > 0 && json.Unmarshal(b, &all) != nil {
		t.Fatalf("%s %s: %s", method, path, b)
	}
	return answer.StatusCode, all
}

func (n *node) browser(t *testing.T) *http.Client {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return n.l.Dial(ctx) }}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// A client that polls connects, sends, fetches and closes.
func TestComet(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		c := n.browser(t)
		status, got := n.ask(t, c, "GET", "/comet/connect?key="+rootKey+"&stream=false", "")
		if status != 200 || len(got) != 1 || got[0].num("action") != 4 {
			t.Fatal(status, got)
		}
		key := frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		if status, got := n.ask(t, c, "POST", "/comet/"+key+"/send", `[{"action":10,"channel":"room"},{"action":15,"channel":"room","msgSerial":0,"messages":[{"data":"x"}]}]`); status != 204 {
			t.Fatal(status, got)
		}
		var all []frame
		for len(all) < 3 {
			_, got := n.ask(t, c, "GET", "/comet/"+key+"/recv", "")
			all = append(all, got...)
		}
		wantTexts(t, "published", all, "x")
		// Nothing happens: the server says so in time.
		began := time.Now()
		if _, got = n.ask(t, c, "GET", "/comet/"+key+"/recv", ""); len(got) != 1 || got[0].num("action") != 0 || time.Since(began) > 16*second {
			t.Errorf("after %v: %v", time.Since(began), got)
		}
		if status, _ := n.ask(t, c, "GET", "/comet/"+key+"/close", ""); status != 204 {
			t.Error(status)
		}
		if _, got := n.ask(t, c, "GET", "/comet/"+key+"/recv", ""); len(got) != 1 || got[0].num("action") != 8 {
			t.Errorf("closing: %v", got)
		}
		synctest.Wait()
		if n.hub.Lines() != 0 {
			t.Error("it is still here")
		}
		time.Sleep(10 * second)
	})
}

// What polls cannot do is told in messages, never with an error that would end the client for good.
func TestCometRefusals(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		c, p := n.browser(t), n.dial(t)
		for _, x := range []struct {
			method, path, body string
			action             int
		}{
			{"GET", "/comet/connect?key=main.root:wrong", "", 9}, {"GET", "/comet/connect", "", 9}, {"GET", "/comet/1.2-x/recv", "", 6},
			{"POST", "/comet/1.2-x/send", "[]", 6}, {"GET", "/comet/" + p.key + "/recv", "", 6}, {"GET", "/comet/" + p.key + "/close", "", 6},
		} {
			if status, got := n.ask(t, c, x.method, x.path, x.body); status != 200 || len(got) != 1 || got[0].num("action") != x.action || got[0].code() == 0 {
				t.Errorf("%s %s: %d %v", x.method, x.path, status, got)
			}
		}
		p.one(0, `{"action":0,"id":"still here"}`)
		_, got := n.ask(t, c, "GET", "/comet/connect?key="+rootKey, "")
		key := frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		n.ask(t, c, "POST", "/comet/"+key+"/send", `{"action":10}`)
		if _, got := n.ask(t, c, "GET", "/comet/"+key+"/recv", ""); len(got) != 1 || got[0].num("action") != 9 || got[0].code() != 40000 {
			t.Errorf("what is no list: %v", got)
		}
		if status, _ := n.ask(t, c, "OPTIONS", "/comet/"+key+"/send", ""); status != 204 {
			t.Errorf("a browser that asks first: %d", status)
		}
		time.Sleep(10 * second)
	})
}

// A client that hangs up and does not come back is away, and forgotten in the end.
func TestCometHangUp(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		c := n.browser(t)
		_, got := n.ask(t, c, "GET", "/comet/connect?key="+rootKey, "")
		key := frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://polls/comet/"+key+"/recv", nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(second)
			cancel()
		}()
		if answer, err := c.Do(r); err == nil {
			t.Fatal(answer.Status)
		}
		time.Sleep(6 * second)
		if _, ok := n.server.Connection(key); !ok {
			t.Error("forgotten already")
		}
		time.Sleep(121 * second)
		if n.hub.Lines() != 0 {
			t.Error("it is still here")
		}
	})
}
