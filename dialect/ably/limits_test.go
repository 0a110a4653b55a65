package ably_test

import (
	"fmt"
	"strings"
	"testing"

	"madang"
	"madang/dialect/ably"
)

// TestLimits asks for more than a client may have of what the hub does not count.
func TestLimits(t *testing.T) {
	const most = 5
	few := func(_ *ably.Config, hub *madang.Config) { hub.Limits.MaxSubscriptions = most }
	in(t, few, func(t *testing.T, n *node) {
		p := n.dial(t)
		for i := range most {
			p.attach(fmt.Sprint("silent", i), `,"params":{"modes":"publish"}`)
		}
		if f := p.one(9, `{"action":10,"channel":"more","params":{"modes":"publish"}}`); f.code() != 42911 || f.str("channel") != "more" {
			t.Errorf("attaching once more: %v", f)
		}
		p.attach("silent0") // changes what there is

		p = n.dial(t)
		p.attach("room", `,"params":{"modes":"presence"}`)
		for i := range most + 1 {
			want := 1
			if i == most {
				want = 2
			}
			f := p.one(want, fmt.Sprintf(`{"action":14,"channel":"room","msgSerial":%d,"presence":[{"action":2,"clientId":"c%d"}]}`, i, i))
			if i == most && f.code() != 42911 {
				t.Errorf("entering once more: %v", f)
			}
		}
		p.attach("all")
		for action, key := range map[int]string{15: "messages", 14: "presence"} {
			many := strings.TrimSuffix(strings.Repeat(`{"action":0},`, 1001), ",")
			if f := p.one(2, fmt.Sprintf(`{"action":%d,"channel":"all","msgSerial":%d,%q:[%s]}`, action, 10+action, key, many)); f.code() != 40000 {
				t.Errorf("too many %s: %v", key, f)
			}
		}
	})
}
