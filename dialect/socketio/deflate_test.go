package socketio_test

import (
	"net/http"
	"strings"
	"testing"

	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
)

// Long events are compressed once for all who agreed to it, and others get them as they are.
func TestLongEventsAreCompressedForWhoAgrees(t *testing.T) {
	n := start(t, func(c *socketio.Config) { c.PerMessageDeflate = true })
	offer := http.Header{"Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"}}
	agrees, declines := n.Session(t, at, offer), n.Session(t, at, nil)
	agrees.Join(t, "", "")
	declines.Join(t, "", "")
	long := strings.Repeat("마당", 1000)
	if err := n.io.Emit("n", long, []byte(long)); err != nil {
		t.Fatal(err)
	}
	for compressed, c := range map[bool]*siotest.Socket{true: agrees, false: declines} {
		for _, want := range []string{`451-["n","` + long + `",{"_placeholder":true,"num":0}]`, long} {
			f, err := c.Frame()
			if err != nil || string(f.Payload) != want || f.Compressed != compressed {
				t.Fatalf("compressed %v: %.40q, compressed %v, %v", compressed, f.Payload, f.Compressed, err)
			}
		}
	}
	if err := n.io.Emit("n", "short"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*siotest.Socket{agrees, declines} {
		if f, err := c.Frame(); err != nil || f.Compressed {
			t.Fatalf("a short one: compressed %v, %v", f.Compressed, err)
		}
	}
}
