package capability

import (
	"testing"
)

// The keys of the apps that the ably-js suite asks for, and its cases (test/rest/capability).
func TestIntersectionsOfTheSuite(t *testing.T) {
	const key1 = `{"cansubscribe:*":["subscribe"], "canpublish:*":["publish"], "canpublish:andpresence":["presence","publish"],
		"pushenabled:*":["publish","subscribe","push-subscribe"], "pushenabled:admin:*":["publish","subscribe","push-admin"]}`
	const key2 = `{"channel0":["publish"], "channel1":["publish"], "channel2":["publish","subscribe"], "channel3":["subscribe"],
		"channel4":["presence","publish","subscribe"], "channel5":["presence"], "channel6":["*"]}`
	const key3 = `{"*":["subscribe"]}`
	for _, x := range []struct{ what, key, asked, want string }{
		{"Equal intersection with specified key", key1, key1, parse(t, key1).String()},
		{"Empty ops intersection", key1, `{"canpublish:test":["subscribe"]}`, `{}`},
		{"Empty paths intersection", key2, `{"channelx":["publish"]}`, `{}`},
		{"Ops intersection non-empty", key2, `{"channel2":["presence","subscribe"]}`, `{"channel2":["subscribe"]}`},
		{"Paths intersection non-empty", key2, `{"channel2":["presence","subscribe"],"channelx":["presence","subscribe"]}`, `{"channel2":["subscribe"]}`},
		{"Wildcard token with publish and subscribe key", key2, `{"channel2":["*"]}`, `{"channel2":["publish","subscribe"]}`},
		{"Publish and subscribe token with wildcard key", key2, `{"channel6":["publish","subscribe"]}`, `{"channel6":["publish","subscribe"]}`},
		{"Resources wildcard matching 1", key3, `{"cansubscribe":["subscribe"]}`, `{"cansubscribe":["subscribe"]}`},
		{"Resources wildcard matching 2", key1, `{"canpublish:check":["publish"]}`, `{"canpublish:check":["publish"]}`},
		{"Resources wildcard matching 3", key3, `{"cansubscribe:*":["subscribe"]}`, `{"cansubscribe:*":["subscribe"]}`},

		{"key narrower than the token", key2, `{"*":["*"]}`, parse(t, key2).String()},
		{"neither contains the other", `{"a:*:c":["*"]}`, `{"a:b:*":["publish"]}`, `{"a:b:c":["publish"]}`},
		{"both open, one deeper", `{"*:x:*":["*"]}`, `{"a:*":["publish"]}`, `{"a:x:*":["publish"]}`},
		{"one segment is not more than one", `{"a":["*"]}`, `{"a:*":["*"]}`, `{}`},
		{"types", `{"[*]*":["*"]}`, `{"[queue]q":["subscribe"],"a":["publish"]}`, `{"[queue]q":["subscribe"],"a":["publish"]}`},
		{"* is channels only", `{"*":["*"]}`, `{"[meta]*":["subscribe"]}`, `{}`},
		{"several parts of one resource", key1, `{"canpublish:andpresence":["*"]}`, `{"canpublish:andpresence":["presence","publish"]}`},
		{"a star that is a letter", `{"foo*":["*"]}`, `{"foo:*":["*"],"foobar":["*"]}`, `{}`},
	} {
		got := parse(t, x.asked).Intersect(parse(t, x.key))
		if got.String() != x.want {
			t.Errorf("%s: %s, want %s", x.what, got, x.want)
		}
		if got.Empty() != (x.want == "{}") {
			t.Errorf("%s: Empty is %v", x.what, got.Empty())
		}
	}
}
