package ably_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A client that polls goes on there until it says on a WebSocket that it goes on here: the same connection, of which
// nothing is lost.
func TestUpgrade(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		c := n.browser(t)
		_, got := n.ask(t, c, "GET", "/comet/connect?clientId=kim&key="+rootKey, "")
		id, key := got[0].str("connectionId"), frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		n.ask(t, c, "POST", "/comet/"+key+"/send", `[{"action":10,"channel":"room"},{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}]`)
		synctest.Wait()
		_, got = n.ask(t, c, "GET", "/comet/"+key+"/recv", "")
		at := got[0].str("channelSerial")
		first, greeted := n.open(t, "v=2&clientId=kim&key="+rootKey+"&upgrade="+key)
		p, again := n.open(t, "v=2&clientId=kim&key="+rootKey+"&upgrade="+key)
		for _, got := range [][]frame{greeted, again} {
			if len(got) != 1 || got[0].num("action") != 4 || got[0].str("connectionId") != id || got[0].code() != 0 ||
				frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey") != key {
				t.Fatalf("greeted with %v", got)
			}
		}
		if got := first.heard(); len(got) != 1 || got[0]["end"] == nil {
			t.Errorf("a WebSocket that another one has replaced: %v", got)
		}
		n.publish(t, "still by polls")
		synctest.Wait()
		if _, got := n.ask(t, c, "GET", "/comet/"+key+"/recv", ""); len(texts(got)) != 1 {
			t.Errorf("the polls get %v", got)
		}
		if got := p.heard(); len(got) != 0 {
			t.Errorf("before ACTIVATE: %v", got)
		}
		n.publish(t, "not fetched")
		if got := p.say(`{"action":18}`); len(got) != 0 {
			t.Errorf("after ACTIVATE: %v", got)
		}
		if _, got := n.ask(t, c, "GET", "/comet/"+key+"/recv", ""); len(got) != 1 || got[0].num("action") != 6 {
			t.Errorf("the polls get %v afterwards", got)
		}
		attached := p.say(fmt.Sprintf(`{"action":10,"channel":"room","flags":32,"channelSerial":%q}`, at))
		if attached[0].num("flags")&(resumed|hasPresence) != resumed|hasPresence {
			t.Errorf("attached with %v", attached[0])
		}
		wantTexts(t, "what followed", attached, "still by polls", "not fetched")
		n.publish(t, "live")
		wantTexts(t, "then", p.heard(), "live")
		time.Sleep(60 * second) // nobody is waited for any more
		p.one(0, `{"action":0,"id":"x"}`)
	})
}

// An upgrade that cannot be leaves the client where it is.
func TestNoUpgrade(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		c := n.browser(t)
		connect := func() string {
			_, got := n.ask(t, c, "GET", "/comet/connect?clientId=kim&key="+rootKey, "")
			return frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		}
		key := connect()
		for _, query := range []string{
			"key=" + rootKey + "&upgrade=1.2-x", "key=" + rootKey + "&upgrade=nonsense", "key=" + rootKey + "&upgrade=" + key + "x",
			"key=" + rootKey + "&clientId=lee&upgrade=" + key, "key=small.small-root:small-secret&upgrade=" + key,
		} {
			if _, got := n.open(t, query); len(got) != 2 || got[0].num("action") != 6 || got[0].code() != 50003 || got[1]["end"] == nil {
				t.Errorf("%s: %v", query, got)
			}
		}
		if _, got := n.ask(t, c, "GET", "/comet/connect?clientId=kim&key="+rootKey+"&upgrade="+key, ""); got[0].num("action") != 6 {
			t.Errorf("to polls: %v", got)
		}
		for _, instead := range []string{`{"action":10,"channel":"room"}`, `nonsense`, `{"action":5}`} {
			p, _ := n.open(t, "clientId=kim&key="+rootKey+"&upgrade="+key)
			if got := p.say(instead); len(got) != 1 || got[0]["end"] == nil {
				t.Errorf("%s: %v", instead, got)
			}
		}
		p, _ := n.open(t, "clientId=kim&key="+rootKey+"&upgrade="+key)
		time.Sleep(20 * second)
		n.ask(t, c, "POST", "/comet/"+key+"/send", `[]`)
		time.Sleep(11 * second)
		if got := p.heard(); len(got) != 1 || got[0]["end"] == nil {
			t.Errorf("a WebSocket that is never used: %v", got)
		}
		n.ask(t, c, "POST", "/comet/"+key+"/send", `[{"action":10,"channel":"room"}]`)
		synctest.Wait()
		if _, got := n.ask(t, c, "GET", "/comet/"+key+"/recv", ""); len(got) == 0 || got[len(got)-1].num("action") != 11 {
			t.Errorf("the polls go on with %v", got)
		}

		key = connect()
		gone, _ := n.open(t, "clientId=kim&key="+rootKey+"&upgrade="+key)
		n.ask(t, c, "GET", "/comet/"+key+"/close", "")
		synctest.Wait()
		if got := gone.say(`{"action":18}`); len(got) != 1 || got[0]["end"] == nil {
			t.Errorf("of a connection that is closed: %v", got)
		}
		time.Sleep(20 * second)
	})
}
