package ably_test

import (
	"fmt"
	"testing"
	"time"

	"madang/dialect/ably/token"
)

// Modes as they stand in flags.
const (
	modePublish   = 1 << 17
	modeSubscribe = 1 << 18
	allModes      = 1<<16 | modePublish | modeSubscribe | 1<<19
)

// issue returns a token for kim with a capability.
func (n *node) issue(t *testing.T, capability string) string {
	t.Helper()
	basic, err := n.authority.Basic(rootKey)
	if err != nil {
		t.Fatal(err)
	}
	d, err := n.authority.Issue(t.Context(), "main.root", basic, &token.Request{KeyName: "main.root", ClientID: "kim", Capability: capability})
	if err != nil {
		t.Fatal(err)
	}
	return d.Token
}

// renew shows another token, and returns what follows the answer.
func (p *peer) renew(token string) []frame {
	p.t.Helper()
	got := p.say(fmt.Sprintf(`{"action":17,"auth":{"accessToken":%q}}`, token))
	if len(got) == 0 || got[0].num("action") != 4 {
		p.t.Fatalf("renewing: %v", got)
	}
	return got[1:]
}

// A client that is attached has those of the modes it asked for that its latest token allows, fewer or more.
func TestModesFollowTheToken(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		const say = `{"action":15,"channel":"room","msgSerial":%d,"messages":[{"data":"%d"}]}`
		p, got := n.open(t, "v=6&access_token="+n.issue(t, `{"room":["publish"]}`))
		if got[0].num("action") != 4 {
			t.Fatal(got)
		}
		if f := p.attach("room"); f.num("flags")&allModes != modePublish {
			t.Errorf("attached with the right to publish: %v", f)
		}
		n.publish(t, "unheard")
		got = p.renew(n.issue(t, `{"room":["subscribe"]}`))
		if len(got) != 1 || got[0].num("action") != 11 || got[0].num("flags")&(modePublish|modeSubscribe) != modeSubscribe {
			t.Fatalf("with the right to subscribe: %v", got)
		}
		if f := p.one(2, fmt.Sprintf(say, 0, 0)); f.code() != 40160 {
			t.Errorf("published all the same: %v", f)
		}
		n.publish(t, "1")
		wantTexts(t, "subscribed", p.heard(), "1")
		got = p.renew(n.issue(t, `{"room":["subscribe","publish"]}`))
		if len(got) != 1 || got[0].num("flags")&(modePublish|modeSubscribe|resumed) != modePublish|modeSubscribe|resumed {
			t.Fatalf("with both rights: %v", got)
		}
		wantTexts(t, "published", p.say(fmt.Sprintf(say, 1, 2)), "2")
		got = p.renew(n.issue(t, `{"room":["history"]}`))
		if len(got) != 1 || got[0].num("action") != 9 || got[0].code() != 40160 {
			t.Fatalf("without either: %v", got)
		}
	})
}

// What the client asked for beside modes is still in force, and said, when its rights change.
func TestParamsStay(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		n.publish(t, "past")
		p, _ := n.open(t, "v=6&access_token="+n.issue(t, `{"room":["subscribe"]}`))
		got := p.say(`{"action":10,"channel":"room","params":{"rewind":"1","delta":"vcdiff","nonsense":"x"}}`)
		wantTexts(t, "rewound", got, "past")
		want := map[string]any{"rewind": "1", "delta": "vcdiff"}
		if fmt.Sprint(got[0]["params"]) != fmt.Sprint(want) {
			t.Errorf("params %v, want %v", got[0]["params"], want)
		}
		got = p.renew(n.issue(t, `{"room":["subscribe","publish"]}`))
		if len(got) != 1 || fmt.Sprint(got[0]["params"]) != fmt.Sprint(want) {
			t.Errorf("after a renewal: %v, want once and params %v", got, want)
		}
		if f := p.attach("room", `,"params":{"delta":"xdelta"}`); f["params"] != nil {
			t.Errorf("a way to write differences that there is not: %v", f)
		}
	})
}

// Who may not subscribe any more is not told either how many are there.
func TestOccupancyFollowsTheToken(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		told := func(got []frame) (count int) {
			for _, f := range got {
				for _, m := range f.list("messages") {
					if m.str("name") == "[meta]occupancy" {
						count++
					}
				}
			}
			return count
		}
		p, _ := n.open(t, "v=6&access_token="+n.issue(t, `{"room":["publish","subscribe"]}`))
		if got := p.say(`{"action":10,"channel":"room","params":{"occupancy":"metrics"}}`); told(got) != 1 {
			t.Fatalf("attached: %v", got)
		}
		p.renew(n.issue(t, `{"room":["publish"]}`))
		for range 2 {
			n.dial(t).attach("room")
		}
		time.Sleep(6 * second)
		if got := p.heard(); told(got) != 0 {
			t.Errorf("without the right: %v", got)
		}
		if got := p.renew(n.issue(t, `{"room":["publish","subscribe"]}`)); told(got) != 1 {
			t.Errorf("with the right again: %v", got)
		}
	})
}

// A client that attaches again after it was cut off had the past before.
func TestNoRewindAgain(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		n.publish(t, "past")
		const attach = `{"action":10,"channel":"room","params":{"rewind":"1"},"flags":%d}`
		wantTexts(t, "attached", n.dial(t).say(fmt.Sprintf(attach, 0)), "past")
		wantTexts(t, "attached again", n.dial(t).say(fmt.Sprintf(attach, 32)))
	})
}
