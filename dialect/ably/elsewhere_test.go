package ably_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// atBoth makes each request to one node, and the next to the other.
type atBoth struct {
	clients []*http.Client
	nodes   []*node
	turn    int
}

func (b *atBoth) ask(t *testing.T, method, path, body string) (int, []frame) {
	t.Helper()
	b.turn++
	i := b.turn % len(b.nodes)
	return b.nodes[i].ask(t, b.clients[i], method, path, body)
}

// A client that polls reaches another node with each request, and notices nothing of it.
func TestCometOnTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, kill := start(t, 2, nil)
		b := &atBoth{nodes: nodes}
		for _, n := range nodes {
			b.clients = append(b.clients, n.browser(t))
		}
		connect := func() string {
			status, got := nodes[0].ask(t, b.clients[0], "GET", "/comet/connect?key="+rootKey+"&stream=false", "")
			if status != 200 || len(got) != 1 || got[0].num("action") != 4 {
				t.Fatal(status, got)
			}
			return frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		}
		key := connect()
		for i, text := range []string{"x", "y", "z"} {
			body := `[{"action":10,"channel":"room"},{"action":15,"channel":"room","msgSerial":` + string(rune('0'+i)) + `,"messages":[{"data":"` + text + `"}]}]`
			if status, got := b.ask(t, "POST", "/comet/"+key+"/send", body); status != 204 {
				t.Fatal(status, got)
			}
		}
		var all []frame
		for len(texts(all)) < 3 {
			status, got := b.ask(t, "GET", "/comet/"+key+"/recv", "")
			if status != 200 {
				t.Fatal(status, got)
			}
			all = append(all, got...)
		}
		wantTexts(t, "published", all, "x", "y", "z")
		for _, end := range []string{"disconnect", "close"} {
			if status, _ := nodes[1].ask(t, b.clients[1], "GET", "/comet/"+key+"/"+end, ""); status != 204 {
				t.Error(end, status)
			}
			key = connect()
		}

		// A thief's key, and one of nobody, reach nobody; a dead node's is told to be gone, in time.
		for _, bad := range []string{key + "x", "1.2-x", "x", strings.Repeat("1", 300) + ".2-x"} {
			if _, got := nodes[1].ask(t, b.clients[1], "GET", "/comet/"+bad+"/recv", ""); len(got) != 1 || got[0].num("action") != 6 {
				t.Errorf("%s: %v", bad, got)
			}
		}
		kill(0)
		began := time.Now()
		if _, got := nodes[1].ask(t, b.clients[1], "GET", "/comet/"+key+"/recv", ""); len(got) != 1 || got[0].num("action") != 6 || time.Since(began) > 7*second {
			t.Errorf("of a dead node, after %s: %v", time.Since(began), got)
		}
		time.Sleep(3 * time.Minute)
	})
}

// A client that polls moves to a WebSocket that it has opened at another node than the one that keeps its connection.
func TestUpgradeOnAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, nil)
		c := nodes[0].browser(t)
		_, got := nodes[0].ask(t, c, "GET", "/comet/connect?key="+rootKey, "")
		id, key := got[0].str("connectionId"), frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		p, greeted := nodes[1].open(t, "v=2&key="+rootKey+"&upgrade="+key)
		if len(greeted) != 1 || greeted[0].num("action") != 4 || greeted[0].str("connectionId") != id || greeted[0].code() != 0 {
			t.Fatalf("greeted with %v", greeted)
		}
		if got := p.say(`{"action":18}`); len(got) != 0 {
			t.Errorf("after ACTIVATE: %v", got)
		}
		p.say(`{"action":10,"channel":"room"}`)
		nodes[0].publish(t, "live")
		wantTexts(t, "then", p.heard(), "live")
		if err := p.nc.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}
