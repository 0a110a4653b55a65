package socketio

import (
	"strings"
	"testing"
	"time"

	"madang/dialect/socketio/packet"
)

// What waits for a busy handler is bounded in number and in bytes: beyond that nobody reads on.
func TestWaitingIsBounded(t *testing.T) {
	cfg := Defaults()
	for name, event := range map[string]string{
		"number": `2["x"]`,
		"bytes":  `2["x","` + strings.Repeat("x", cfg.MaxPayload/3) + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := &client{srv: &Server{cfg: cfg}, working: true} // somebody is in a handler
			c.parser.Limits = packet.Limits{MaxBytes: cfg.MaxPayload}
			taken := 0
			for ; !c.full(); taken++ {
				if err := c.Receive([]byte(event), false); err != nil {
					t.Fatal(err)
				}
			}
			if held := taken * len(event); taken > maxWaiting+1 || held > cfg.MaxPayload*3/2 {
				t.Errorf("%d packets of %d bytes wait", taken, held)
			}
			let := make(chan struct{})
			go func() {
				c.Work(false)
				close(let)
			}()
			select {
			case <-let:
				t.Error("it is full, and reading went on")
			case <-time.After(50 * time.Millisecond):
			}
			c.Closed(0)
			<-let
		})
	}
}
