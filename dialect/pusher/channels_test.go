package pusher_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/internal/convention"
)

func TestPublicChannels(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		a, b := n.dial(t, "main"), n.dial(t, "main")
		other := n.dial(t, "quiet")
		want(t, "subscribe", a.subscribe("news", ""), succeeded("news"))
		want(t, "again", a.subscribe("news", ""), succeeded("news"))
		b.subscribe("news", "")
		other.subscribe("news", "")
		n.publish(t, "main", "news", `App\Events\X`, `{"n":12345678901234567890,"s":"안녕/\u00e9"}`)
		event := `{"event":"App\\Events\\X","channel":"news","data":"{\"n\":12345678901234567890,\"s\":\"안녕/\\u00e9\"}"}`
		want(t, "a", a.heard(), event)
		want(t, "b", b.heard(), event)
		want(t, "another app", other.heard())
		n.publish(t, "main", "news", "e", "plain text", a.id)
		want(t, "the one left out", a.heard())
		want(t, "b", b.heard(), `{"event":"e","channel":"news","data":"plain text"}`)
		want(t, "unsubscribe", a.say(unsubscription("news"), unsubscription("news"), unsubscription("never")))
		n.publish(t, "main", "news", "e", "1")
		want(t, "a is gone", a.heard())
		want(t, "b is not", b.heard(), `{"event":"e","channel":"news","data":"1"}`)
	})
}

func TestPrivateChannels(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		want(t, "signed", p.subscribe("private-a", ""), succeeded("private-a"))
		want(t, "signed with data", p.subscribe("private-b", `{"user_id":"1"}`), succeeded("private-b"))
		want(t, "encrypted", p.subscribe("private-encrypted-c", ""), succeeded("private-encrypted-c"))
		n.publish(t, "main", "private-encrypted-c", "e", `{"nonce":"bm9uY2U=","ciphertext":"Y2lwaGVy"}`)
		want(t, "sealed", p.heard(), `{"event":"e","channel":"private-encrypted-c","data":"{\"nonce\":\"bm9uY2U=\",\"ciphertext\":\"Y2lwaGVy\"}"}`)

		refused := func(channel string) string {
			return `{"event":"pusher:subscription_error","channel":"` + channel +
				`","data":{"type":"AuthError","error":"The connection is unauthorized.","status":401}}`
		}
		good := p.sign("private-x", "")
		other := n.dial(t, "quiet")
		for what, auth := range map[string]string{
			"none": "", "no signature": "main-key:", "no key": ":" + strings.TrimPrefix(good, "main-key:"), "of another channel": p.sign("private-y", ""),
			"with data that is not there": p.sign("private-x", "{}"), "of another connection": other.sign("private-x", ""),
			"of another app":       "quiet-key:" + convention.Sign("quiet-secret", convention.ChannelText(p.id, "private-x", nil)),
			"of another app's key": "quiet-key:" + strings.TrimPrefix(good, "main-key:"), "an unknown key": "x:" + strings.TrimPrefix(good, "main-key:"),
			"the public key as secret": "main-key:main-key", "capitals": strings.ToUpper(good), "nonsense": "…",
		} {
			want(t, what, p.say(subscription("private-x", auth, "")), refused("private-x"))
		}
		want(t, "data that is not signed", p.say(subscription("private-x", good, "{}")), refused("private-x"))
		n.publish(t, "main", "private-x", "e", "1")
		want(t, "nothing is heard", p.heard())
		want(t, "and then signed", p.say(subscription("private-x", good, "")), succeeded("private-x"))
	})
}

func TestCacheChannels(t *testing.T) {
	misses := make(chan madang.Channel, 10)
	in(t, func(s *setting) { s.misses = misses }, func(t *testing.T, n *node) {
		for _, channel := range []string{"cache-a", "private-cache-a", "private-encrypted-cache-a"} {
			p := n.dial(t, "main")
			want(t, "nothing there", p.subscribe(channel, ""), succeeded(channel), `{"event":"pusher:cache_miss","channel":"`+channel+`"}`)
			if got := <-misses; got != (madang.Channel{App: "main", Name: channel}) {
				t.Fatalf("the server was told of %v", got)
			}
			n.publish(t, "main", channel, "price", `{"v":1}`)
			n.publish(t, "main", channel, "price", `{"v":2}`)
			if channel == "private-cache-a" {
				p.say(`{"event":"client-x","channel":"private-cache-a","data":"not kept"}`)
			}
			late, event := n.dial(t, "main"), `{"event":"price","channel":"`+channel+`","data":"{\"v\":2}"}`
			want(t, "the last event", late.subscribe(channel, ""), succeeded(channel), event)
			n.publish(t, "main", channel, "price", `{"v":3}`)
			want(t, "and what follows", late.heard(), strings.Replace(event, "2", "3", 1))
			time.Sleep(30 * time.Minute)
			later := n.dial(t, "main")
			want(t, "too old", later.subscribe(channel, ""), succeeded(channel), `{"event":"pusher:cache_miss","channel":"`+channel+`"}`)
			<-misses
		}
		p := n.dial(t, "main")
		n.publish(t, "main", "cache-b", "e", "1", p.id)
		want(t, "the publisher's own event", p.subscribe("cache-b", ""), succeeded("cache-b"))
		want(t, "no cache channel", p.subscribe("my-cache-b", ""), succeeded("my-cache-b"))
		got := p.subscribe("presence-cache-c", `{"user_id":1}`)
		want(t, "a presence channel", got[1:], `{"event":"pusher:cache_miss","channel":"presence-cache-c"}`)
	})
}

func TestSubscriptionCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		a, b := nodes[0].dial(t, "counted"), nodes[1].dial(t, "counted")
		count := func(n int) string {
			return fmt.Sprintf(`{"event":"pusher_internal:subscription_count","channel":"news","data":"{\"subscription_count\":%d}"}`, n)
		}
		a.subscribe("news", "")
		b.subscribe("news", "")
		time.Sleep(2 * time.Second)
		// Both nodes have noted a change and each tells of it.
		for _, p := range []*peer{a, b} {
			got := p.heard()
			want(t, "two", got[len(got)-1:], count(2))
		}
		for range 50 {
			c := nodes[1].dial(t, "counted")
			c.subscribe("news", "")
			_ = c.Close()
		}
		d := nodes[1].dial(t, "counted")
		d.subscribe("news", "")
		time.Sleep(2 * time.Second)
		want(t, "many, told once", a.heard(), count(3))
		if n := nodes[1].told.Load(); n != 3 {
			t.Errorf("the backend is told %d", n)
		}
		b.heard()
		_ = d.Close()
		time.Sleep(2 * time.Second)
		want(t, "one went away", a.heard(), count(2))
		want(t, "the others hear it", b.heard(), count(2))
		b.say(unsubscription("news"))
		time.Sleep(2 * time.Second)
		want(t, "one has left", a.heard(), count(1))
		a.subscribe("presence-x", `{"user_id":"a"}`)
		quiet := nodes[0].dial(t, "main")
		quiet.subscribe("news", "")
		time.Sleep(2 * time.Second)
		want(t, "presence channels say who", a.heard())
		want(t, "others do not want it", quiet.heard())
	})
}

// While a node does not answer nothing is told; when it is known to be dead, the others are counted.
func TestSubscriptionCountWithADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, kill := startMortal(t, 2)
		a, b := nodes[0].dial(t, "counted"), nodes[1].dial(t, "counted")
		a.subscribe("news", "")
		b.subscribe("news", "")
		time.Sleep(2 * time.Second)
		a.heard()
		kill(1)
		c := nodes[0].dial(t, "counted")
		c.subscribe("news", "")
		time.Sleep(3 * time.Second)
		want(t, "too early", a.heard())
		time.Sleep(30 * time.Second)
		want(t, "two of three are left", a.heard(), `{"event":"pusher_internal:subscription_count","channel":"news","data":"{\"subscription_count\":2}"}`)
	})
}

func TestNamesOfChannels(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		const bad = `{"event":"pusher:error","data":{"code":null,"message":"Invalid channel name: it has 1 to 200 of the characters a-z, A-Z, 0-9 and _-=@,.;"}}`
		for _, name := range []string{"a b", "$user/1", "$all", "한글", "#x", "#server-to-user-", strings.Repeat("a", 201), strings.Repeat("a", 60_000), "a\x00"} {
			want(t, fmt.Sprintf("%.30q", name), p.say(subscription(name, "", "")), bad)
		}
		want(t, "the longest", p.subscribe(strings.Repeat("a", 200), ""), succeeded(strings.Repeat("a", 200)))
	})
}
