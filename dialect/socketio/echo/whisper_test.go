package echo_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

func TestClientEvents(t *testing.T) {
	n := start(t, options{})
	kim := n.connect(t, v4, "kim").joined(t, "private-a").joined(t, "news")
	lee := n.connect(t, v3, "lee").joined(t, "private-a").joined(t, "news")
	kim.whisper("private-a", "client-typing", `{"n":12345678901234567890}`)
	kim.whisper("private-a", "client-text", `"5"`)
	kim.Send(`42["client event",{"channel":"private-a","event":"client-none"}]`)
	kim.Send(`42["client event","{\"channel\":\"private-a\",\"event\":\"client-quoted\",\"data\":[1]}"]`)
	kim.Send(`451-["client event",{"channel":"private-a","event":"client-bytes","data":{"b":{"_placeholder":true,"num":0}}}]`)
	kim.SendBinary([]byte{1, 2})
	want(t, lee,
		`42["client-typing","private-a",{"n":12345678901234567890}]`, `42["client-text","private-a","5"]`,
		`42["client-none","private-a",null]`, `42["client-quoted","private-a",[1]]`,
		`451-["client-bytes","private-a",{"b":{"_placeholder":true,"num":0}}]`, "b:040102")
	quiet(t, kim)
	stranger := n.connect(t, v4, "stranger")
	stranger.whisper("private-a", "client-typing", "1")
	kim.whisper("news", "client-typing", "1")
	kim.whisper("private-a", "typing", "1")
	kim.whisper("private-a", "xclient-typing", "1")
	// A quoted event has no attachments: nobody has checked what its placeholders mean.
	kim.Send(`451-["client event","{\"channel\":\"private-a\",\"event\":\"client-q\",\"data\":{\"_placeholder\":true,\"num\":9}}",{"_placeholder":true,"num":0}]`)
	kim.SendBinary([]byte{1})
	for _, c := range []*client{stranger, kim} {
		quiet(t, c)
	}
	want(t, lee, `42["client-q","private-a",{"_placeholder":true,"num":9}]`)
	quiet(t, lee)
}

func TestClientEventsAreNotKept(t *testing.T) {
	n := start(t, options{})
	kim := n.connect(t, v4, "kim").joined(t, "private-a")
	heard := make(chan *madang.Event, 1)
	l, err := n.hub.Listen(t.Context(), madang.Channel{App: "app", Name: "private-a"}, func(e *madang.Event) { heard <- e })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	kim.whisper("private-a", "client-typing", "1")
	e := <-heard
	if m := e.Message; !m.Transient || m.Skip != madang.ConnID(kim.id) || m.Sender.Conn != m.Skip || m.Type != madang.JSON {
		t.Errorf("%+v", m)
	}
}

// Others tell who has published a client event in a presence channel: its member there, whatever the connection is.
func TestClientEventsSayTheirMember(t *testing.T) {
	n := start(t, options{})
	kim := n.connect(t, v4, "7").joined(t, "presence-a").joined(t, "private-a")
	for channel, want := range map[string]string{"presence-a": `{"user_id":7}`, "private-a": ""} {
		heard := make(chan *madang.Event, 1)
		l, err := n.hub.Listen(t.Context(), madang.Channel{App: "app", Name: channel}, func(e *madang.Event) { heard <- e })
		if err != nil {
			t.Fatal(err)
		}
		kim.whisper(channel, "client-typing", "1")
		if e := <-heard; string(e.Message.Extras) != want {
			t.Errorf("%s: %s", channel, e.Message.Extras)
		}
		l.Close()
	}
}

func TestRulesOfClientEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, options{rules: &madang.Rules{ClientEvents: true, ClientEventRate: 3, MaxEvent: 10}})
		kim := n.connect(t, v4, "kim").joined(t, "private-a")
		lee := n.connect(t, v4, "lee").joined(t, "private-a")
		kim.whisper("private-a", "client-long", `"123456789"`)
		for _, data := range []string{"1", "2", "3", "4"} {
			kim.whisper("private-a", "client-e", data)
		}
		quiet(t, kim)
		time.Sleep(350 * time.Millisecond)
		kim.whisper("private-a", "client-e", "5")
		kim.whisper("private-a", "client-e", "6")
		want(t, lee, `42["client-e","private-a",1]`, `42["client-e","private-a",2]`, `42["client-e","private-a",3]`,
			`42["client-e","private-a",5]`)
		quiet(t, kim)
		quiet(t, lee)
	})
}

// What is attached to a client event counts as its data does.
func TestAttachmentsCount(t *testing.T) {
	n := start(t, options{rules: &madang.Rules{ClientEvents: true, MaxEvent: 100}})
	kim := n.connect(t, v4, "kim").joined(t, "private-a")
	lee := n.connect(t, v4, "lee").joined(t, "private-a")
	for _, size := range []int{100, 20} {
		kim.Send(`452-["client event",{"channel":"private-a","event":"client-b","data":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]}]`)
		kim.SendBinary(make([]byte, size/2))
		kim.SendBinary(make([]byte, size/2))
	}
	want(t, lee, `452-["client-b","private-a",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]`,
		"b:"+strings.Repeat("00", 10), "b:"+strings.Repeat("00", 10))
	quiet(t, kim)
	quiet(t, lee)
}

// Nobody can fill the log by being refused.
func TestRefusalsAreNotLogged(t *testing.T) {
	n := start(t, options{rules: &madang.Rules{ClientEvents: true, MaxEvent: 10}})
	kim := n.connect(t, v4, "kim").joined(t, "private-a")
	kim.subscribe("private-secret")
	want(t, kim, `42["subscription_error","private-secret",403]`)
	kim.whisper("private-a", "client-long", `"123456789"`)
	kim.whisper("private-b", "client-stranger", "1")
	quiet(t, kim)
	if text := n.log.String(); text != "" {
		t.Error(text)
	}
}

func TestAnAppMayRefuseClientEvents(t *testing.T) {
	n := start(t, options{rules: &madang.Rules{}})
	kim := n.connect(t, v4, "kim").joined(t, "private-a")
	lee := n.connect(t, v4, "lee").joined(t, "private-a")
	kim.whisper("private-a", "client-e", "1")
	quiet(t, kim)
	quiet(t, lee)
}
