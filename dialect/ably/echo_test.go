package ably_test

import (
	"fmt"
	"testing"
)

// A client that does not want its own messages back gets none of them: under whatever name it has attached, from the past,
// and after it was cut off. It hears everybody else, and its own presence.
func TestNoEcho(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p, other := n.dial(t, "echo=false", "clientId=kim"), n.dial(t)
		names := []string{"room", "[?rewind=1]room", "[?rewind=5]room"}
		serials := map[string]string{}
		for _, name := range names {
			serials[name] = p.attach(name).str("channelSerial")
		}
		say := func(x *peer, serial int, channel, text string) []frame {
			return x.say(fmt.Sprintf(`{"action":15,"channel":%q,"msgSerial":%d,"messages":[{"data":%q}]}`, channel, serial, text))
		}
		for i, name := range append(names, "[?x=y]room") { // the last without attaching
			wantTexts(t, "its own in "+name, say(p, i, name, "mine"))
		}
		say(other, 0, "room", "theirs")
		wantTexts(t, "somebody else's, under each name", p.heard(), "theirs", "theirs", "theirs")
		wantTexts(t, "of the past", p.say(`{"action":10,"channel":"[?rewind=9]room"}`), "theirs")
		got := p.say(`{"action":14,"channel":"room","msgSerial":4,"presence":[{"action":2}]}`)
		if len(presences(got)) != 4 {
			t.Errorf("its own presence, under each name: %v", got)
		}

		p.abort()
		say(other, 1, "room", "missed")
		again, first := n.open(t, "echo=false&clientId=kim&v=6&key="+rootKey+"&resume="+p.key)
		for _, name := range names {
			got := again.say(fmt.Sprintf(`{"action":10,"channel":%q,"channelSerial":%q}`, name, serials[name]))
			wantTexts(t, "what was missed in "+name, got, "theirs", "missed")
		}
		for i, name := range names {
			wantTexts(t, "its own in "+name+", resumed", say(again, 5+i, name, "mine again"))
		}

		// Whoever comes back with another wish has it from then on.
		again.abort()
		key := frame(first[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		changed, _ := n.open(t, "clientId=kim&v=6&key="+rootKey+"&resume="+key)
		changed.attach("room")
		changed.attach("[?x=y]room")
		wantTexts(t, "its own, wanted now", say(changed, 8, "room", "echo"), "echo", "echo")
	})
}
