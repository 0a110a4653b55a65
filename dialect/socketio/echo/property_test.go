package echo_test

import (
	"strings"
	"testing"

	"madang"
	"pgregory.net/rapid"
)

// Whatever a client asks for, and however fast, in the end it is in the channels about which its last word was to come,
// and in the presence sets of those; and when it has gone, in none.
func TestLastWordCounts(t *testing.T) {
	n := start(t, options{})
	channels := []string{"news", "private-a", "private-secret", "presence-a", "presence-b", "presence-secret"}
	rapid.Check(t, func(r *rapid.T) {
		c := n.connect(t, rapid.SampledFrom([]string{v3, v4}).Draw(r, "revision"), "kim")
		in := map[string]bool{}
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 2*len(channels)-1), 1, 40).Draw(r, "steps") {
			channel := channels[step/2]
			if in[channel] = step%2 == 0 && !strings.Contains(channel, "secret"); step%2 == 0 {
				c.subscribe(channel)
			} else {
				c.unsubscribe(channel)
			}
		}
		agreed := func() bool {
			for _, channel := range channels {
				members, err := n.hub.Members(t.Context(), madang.Channel{App: "app", Name: channel})
				there := len(members) == 1
				if err != nil || c.in(channel) != in[channel] || there != (in[channel] && strings.HasPrefix(channel, "presence-")) {
					return false
				}
			}
			return true
		}
		c.subscribe("$end")
		c.Until(t, `42["subscription_error","$end"`)
		eventually(t, "what was said last", agreed)
		c.Drop()
		eventually(t, "nobody is there", func() bool { return n.hub.Lines() == 0 })
		for _, channel := range channels {
			in[channel] = false
		}
		eventually(t, "it has left everything", agreed)
	})
}
