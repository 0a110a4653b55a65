package ably_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"madang/internal/ws"
)

// half sends half of a message.
func (p *peer) half(n int) {
	p.t.Helper()
	b := ws.AppendHeader(nil, ws.Text, false, 2*n)
	b[1] |= 0x80
	if _, err := p.nc.Write(slices.Concat(b, []byte{0, 0, 0, 0}, []byte(strings.Repeat(" ", n)))); err != nil {
		p.t.Fatal(err)
	}
	synctest.Wait()
}

// What a client has not sent whole, or not fetched, counts. When it is fetched, or what it came by is gone, it does not,
// though the session waits for the client.
func TestHeld(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		held := func(when string, least, most int64) {
			t.Helper()
			synctest.Wait()
			if b := n.hub.Budget(); b.Held < least || b.Held > most {
				t.Errorf("%s %d bytes are held, want %d to %d", when, b.Held, least, most)
			}
		}
		p := n.dial(t)
		held("at first", 0, 0)
		p.half(50_000)
		held("with half a message", 50_000, 100_000)
		p.abort()
		held("while the client is away", 0, 0)

		c := n.browser(t)
		_, got := n.ask(t, c, "GET", "/comet/connect?key="+rootKey+"&stream=false", "")
		key := frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
		n.ask(t, c, "POST", "/comet/"+key+"/send", `[{"action":10,"channel":"room"}]`)
		n.ask(t, c, "GET", "/comet/"+key+"/recv", "")
		held("with nothing to fetch", 0, 0)
		text := strings.Repeat("x", 50_000)
		n.publish(t, text, text, text)
		held("with something to fetch", 150_000, 160_000)
		n.ask(t, c, "GET", "/comet/"+key+"/recv", "")
		held("when it is fetched", 0, 0)

		next, _ := n.open(t, "v=6&key="+rootKey+"&upgrade="+key)
		next.half(40_000)
		held("with half a message beside the polls", 40_000, 80_000)
		next.abort()
		held("when that has gone", 0, 0)
		if n.hub.Lines() != 2 {
			t.Errorf("%d sessions are left, want both", n.hub.Lines())
		}
		n.ask(t, c, "GET", "/comet/"+key+"/close", "")
		n.ask(t, c, "GET", "/comet/"+key+"/recv", "")
	})
}
