package socketio_test

import (
	"strings"
	"testing"

	"madang/dialect/socketio"
)

// What waits for a handler counts, and a packet whose binary frames are still to come. What is whole and has its turn does not.
func TestHeld(t *testing.T) {
	n := alone(t, nil)
	n.io.On("wait", func(s *socketio.Socket, _ *socketio.Event) error {
		_, err := s.EmitWithAck(t.Context(), "go on?")
		return err
	})
	held := func(what string, least, most int64) {
		t.Helper()
		eventually(t, what, func() bool {
			b := n.hub.Budget()
			return b.Held >= least && b.Held <= most
		})
	}
	c, _ := n.join(t)
	held("nothing counts at first", 0, 0)
	c.Send(`452-["two",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
	c.SendBinary(make([]byte, 40_000))
	held("the first part counts", 40_000, 41_000)
	c.SendBinary(make([]byte, 40_000))
	held("the packet is whole", 0, 0)

	c.Send(`42["wait"]`)
	id := ackID(t, c.Next(t))
	for range 3 {
		c.Send(`42["x","` + strings.Repeat("x", 50_000) + `"]`)
	}
	held("what waits counts", 150_000, 151_000)
	c.Send("43" + id + "[]")
	held("it has had its turn", 0, 0)
	c.Drop()
	eventually(t, "the client has gone", func() bool { return n.hub.Lines() == 0 })
	held("nothing counts in the end", 0, 0)
}
