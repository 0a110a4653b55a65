package echo_test

import (
	"strings"
	"testing"
)

// Whatever a client says in these events, it is ignored or answered by subscription_error, and the socket goes on.
func TestMalformedRequests(t *testing.T) {
	n := start(t, options{})
	kim := n.connect(t, v4, "kim").joined(t, "private-a")
	lee := n.connect(t, v3, "lee").joined(t, "private-a")
	args := []string{
		``, `,null`, `,5`, `,"x"`, `,[]`, `,{}`, `,{"channel":null}`, `,{"channel":5}`, `,{"channel":{"a":1}}`, `,{"channel":""}`,
		`,{"channel":"` + strings.Repeat("x", 900_000) + `"}`, `,{"channel":"a\u0000"}`, `,{"channel":"presence-never","event":5}`,
		`,{"channel":["news"],"event":"client-x"}`, `,{"event":"client-x","data":1}`, `,{"channel":"private-a","event":{}}`,
		`,{"channel":"private-a","event":"` + strings.Repeat("client-", 40) + `"}`, `,"{"`, `,"null"`, `,"5"`,
	}
	for _, c := range []*client{kim, lee} {
		for _, arg := range args {
			for _, event := range []string{"unsubscribe", "client event"} {
				if !strings.Contains(arg, `"private-a"`) || event != "unsubscribe" {
					c.Send(`42["` + event + `"` + arg + `]`)
				}
			}
			if !strings.Contains(arg, "presence-never") && !strings.Contains(arg, `"private-a"`) {
				c.Send(`42["subscribe"` + arg + `]`)
			}
		}
		quiet(t, c)
	}
	if len(n.backend.requests()) != 2 {
		t.Errorf("the backend was asked %d times", len(n.backend.requests()))
	}
	kim.whisper("private-a", "client-e", "1")
	want(t, lee, `42["client-e","private-a",1]`)
}
