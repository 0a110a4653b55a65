package pusher_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzConnection lets a client say anything, a line each. The server must go
// on serving others, who hear nothing of it, and must forget the client when it has gone.
func FuzzConnection(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"event":"pusher:subscribe","data":{"channel":"news"}}` + "\n" + `{"event":"pusher:unsubscribe","data":{"channel":"news"}}`,
		`{"event":"pusher:subscribe","data":{"channel":"presence-x","auth":"main-key:0","channel_data":"{\"user_id\":1}"}}`,
		`{"event":"pusher:signin","data":{"auth":"main-key:0","user_data":"{\"id\":\"u\"}"}}`, `{"event":"pusher:signin","data":7}`,
		`{"event":"client-x","channel":"private-x","data":1}`, `{"event":"pusher:ping"}` + "\n" + `{"event":"pusher:pong","data":null}`,
		`{"event":"pusher:subscribe","data":{"channel":"#server-to-user-1"}}`, `{"event":"pusher:unsubscribe","data":{"channel":"presence-never"}}`,
		`{"event":"pusher:subscribe","data":"{\"channel\":\"cache-x\"}"}`, `{"event":"pusher:subscribe","data":{"channel":"$watch/1"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		synctest.Test(t, func(t *testing.T) {
			n := start(t, 1, nil)[0]
			bystander, p := n.dial(t, "main"), n.dial(t, "main")
			bystander.subscribe("presence-other", `{"user_id":"b"}`)
			for line := range strings.SplitSeq(lines, "\n") {
				if !strings.HasPrefix(line, "binary ") {
					_ = p.Send(strings.ToValidUTF8(line, "?"))
				}
			}
			synctest.Wait()
			if got := p.heard(); len(got) > 0 && strings.HasPrefix(got[len(got)-1], "end") {
				t.Errorf("the connection was ended: %q", got)
			}
			want(t, "the other", bystander.say(`{"event":"pusher:ping"}`), `{"event":"pusher:pong","data":{}}`)
			_, _ = p.Close(), bystander.Close()
			time.Sleep(10 * time.Second)
			if n.hub.Lines() != 0 {
				t.Errorf("%d lines are left", n.hub.Lines())
			}
		})
	})
}
