package ably_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
)

// filtered is the name of the channel room with a filter, and perhaps a query.
func filtered(expression, query string) string {
	return "[filter=" + base64.StdEncoding.EncodeToString([]byte(expression)) + query + "]room"
}

// A filtered subscription gets what its filter selects: live, from the past, and of what was missed. Its presence and what
// others get is the same as without.
func TestFilteredSubscriptions(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		plain, p, twin, other := n.dial(t), n.dial(t), n.dial(t), n.dial(t, "clientId=kim")
		big, small := filtered("headers.size > `5`", ""), filtered("headers.size <= `5`", "?rewind=2")
		plain.attach("room")
		at := p.attach(big).str("channelSerial")
		twin.attach(big)
		say := func(serial, size int) {
			t.Helper()
			got := other.say(fmt.Sprintf(`{"action":15,"channel":"room","msgSerial":%d,"messages":[{"data":"%d","extras":{"headers":{"size":%d}}}]}`, serial, size, size))
			if !slices.ContainsFunc(got, func(f frame) bool { return f.num("action") == 1 }) { // its own message may come first
				t.Fatalf("publishing: %v", got)
			}
		}
		for i, size := range []int{1, 9, 3, 7} {
			say(i, size)
		}
		got := p.heard()
		wantTexts(t, "live", got, "9", "7")
		if got[0].str("channel") != big {
			t.Errorf("the channel is called %q", got[0].str("channel"))
		}
		wantTexts(t, "somebody with the same", twin.heard(), "9", "7")
		wantTexts(t, "somebody without", plain.heard(), "1", "9", "3", "7")
		wantTexts(t, "of the last two", p.say(fmt.Sprintf(`{"action":10,"channel":%q}`, small)), "3")
		other.attach("room")
		other.say(`{"action":14,"channel":"room","msgSerial":4,"presence":[{"action":2}]}`)
		if got := presences(p.heard()); len(got) != 2 {
			t.Errorf("presence, under each name: %v", got)
		}
		p.abort()
		say(5, 2)
		say(6, 8)
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		wantTexts(t, "missed", again.say(fmt.Sprintf(`{"action":10,"channel":%q,"channelSerial":%q}`, big, at)), "9", "7", "8")
		wantTexts(t, "published under the name", again.say(fmt.Sprintf(`{"action":15,"channel":%q,"msgSerial":0,"messages":[{"data":"x"}]}`, big)))
		wantTexts(t, "to all", plain.heard(), "2", "8", "x")
		if f := again.one(13, fmt.Sprintf(`{"action":12,"channel":%q}`, big)); f.str("channel") != big {
			t.Errorf("detached: %v", f)
		}
	})
}

// A client can use only so many names of one kind: each costs an encoding of its own.
func TestTooManyQualifiers(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t)
		for i := range 64 {
			p.attach(filtered(fmt.Sprintf("headers.n == `%d`", i), ""))
		}
		if f := p.one(9, fmt.Sprintf(`{"action":10,"channel":%q}`, filtered("name", ""))); f.code() != 42911 || f.str("channel") == "" {
			t.Errorf("one more: %v", f)
		}
		p.attach(filtered("headers.n == `5`", ""))
		p.attach("room")
	})
}
