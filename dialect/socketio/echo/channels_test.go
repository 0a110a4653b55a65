package echo_test

import (
	"strings"
	"testing"

	"madang"
	"madang/dialect/socketio"
)

func TestChannelsHaveTheLookOfLaravelEchoServer(t *testing.T) {
	n := start(t, options{})
	c := n.connect(t, v4, "kim").joined(t, "news")
	old := n.connect(t, v3, "lee").joined(t, "news")
	app := madang.Channel{App: "app", Name: "news"}
	for _, x := range []struct {
		m    madang.Message
		want []string
	}{
		{madang.Message{Name: `App\Events\MessageSent`, Data: []byte(`{"text":"\uc548\/","n":12345678901234567890}`)},
			[]string{`42["App\\Events\\MessageSent","news",{"text":"\uc548\/","n":12345678901234567890}]`}},
		{madang.Message{Name: "empty"}, []string{`42["empty","news",null]`}},
		{madang.Message{Name: "text", Data: []byte("a \"b\""), Type: madang.Text}, []string{`42["text","news","a \"b\""]`}},
		{madang.Message{Name: "args", Data: []byte(`[1,{"a":2}]`), Type: madang.Args}, []string{`42["args","news",1,{"a":2}]`}},
		{madang.Message{Name: "none", Data: []byte(`[]`), Type: madang.Args}, []string{`42["none","news",null]`}},
		{madang.Message{Name: "bin", Data: []byte{1, 2}, Type: madang.Binary},
			[]string{`451-["bin","news",{"_placeholder":true,"num":0}]`, "b:0102"}},
		{madang.Message{Name: "parts", Data: []byte(`[{"a":{"_placeholder":true,"num":0}}]`), Type: madang.Args, Attachments: [][]byte{{3}}},
			[]string{`451-["parts","news",{"a":{"_placeholder":true,"num":0}}]`, "b:03"}},
	} {
		x.m.Channel = app
		n.send(t, &x.m)
		want(t, c, x.want...)
		for i, p := range x.want {
			x.want[i] = strings.Replace(p, "b:", "b:04", 1) // revision 3 puts the packet's type before it
		}
		want(t, old, x.want...)
	}
}

// Rooms of the server API stay as they are beside channels.
func TestRoomsKeepTheirLook(t *testing.T) {
	n := start(t, options{})
	c := n.connect(t, v4, "kim").joined(t, "news")
	if err := n.io.Emit("hello", 1); err != nil {
		t.Fatal(err)
	}
	if err := n.io.Of("/").Socket(c.id).Join("news"); err != nil {
		t.Fatal(err)
	}
	if err := n.io.To("news").Emit("hello", 2); err != nil {
		t.Fatal(err)
	}
	n.publish(t, "news", "hello", "3")
	want(t, c, `42["hello",1]`, `42["hello",2]`, `42["hello","news",3]`)
}

// What Pusher's protocol says in a channel is not for clients of this one, however old they are.
func TestEventsOfPusher(t *testing.T) {
	for _, change := range []func(*socketio.Config){nil, recovering} {
		n := start(t, options{change: change})
		c, old := n.connect(t, v4, "kim").joined(t, "news"), n.connect(t, v3, "lee").joined(t, "news")
		n.publish(t, "news", "pusher_internal:subscription_count", `{"subscription_count":2}`)
		n.publish(t, "news", "pusher:error", "1")
		for _, name := range []string{"presence:joining", "presence:leaving", "presence:subscribed", "subscription_error"} {
			n.publish(t, "news", name, `{"user_id":7}`)
		}
		n.publish(t, "news", "pusher", "1")
		for _, p := range []*client{c, old} {
			if got := p.Next(t); !strings.HasPrefix(got, `42["pusher","news",1`) {
				t.Error(got)
			}
		}
	}
}

func TestSenderIsLeftOut(t *testing.T) {
	n := start(t, options{})
	c := n.connect(t, v4, "kim").joined(t, "news")
	other := n.connect(t, v3, "lee").joined(t, "news")
	for i, skip := range []string{c.id, other.id, "1.2"} {
		n.send(t, &madang.Message{
			Channel: madang.Channel{App: "app", Name: "news"}, Name: "e", Data: []byte{'0' + byte(i)}, Skip: madang.ConnID(skip),
		})
	}
	want(t, c, `42["e","news",1]`, `42["e","news",2]`)
	want(t, other, `42["e","news",0]`, `42["e","news",2]`)
}

func TestPrivateChannelsAskTheBackend(t *testing.T) {
	n := start(t, options{})
	c := n.connect(t, v4, "kim").joined(t, "private-chat.1")
	n.publish(t, "private-chat.1", "e", "1")
	want(t, c, `42["e","private-chat.1",1]`)
	for channel, answer := range map[string]string{
		"private-secret": "403", "private-down": "0", "private-broken": "500", "presence-secret": "403", "#server-to-user-kim": "403",
	} {
		c.subscribe(channel)
		want(t, c, `42["subscription_error","`+channel+`",`+answer+`]`)
		if c.in(channel) {
			t.Errorf("it is in %s", channel)
		}
	}
	// Anywhere but at the beginning the words mean nothing.
	c.joined(t, "my-private-secret")
	if asked := n.backend.requests(); len(asked) != 5 {
		t.Errorf("the backend was asked %d times", len(asked))
	}
}

func TestUnsubscribe(t *testing.T) {
	n := start(t, options{})
	c := n.connect(t, v4, "kim").joined(t, "news").joined(t, "private-a")
	for _, channel := range []string{"news", "private-a", "private-never", "presence-never", "never"} {
		c.unsubscribe(channel)
		eventually(t, "it has left", func() bool { return !c.in(channel) })
	}
	n.publish(t, "news", "e", "1")
	n.publish(t, "private-a", "e", "1")
	quiet(t, c)
	// Nobody can leave what belongs to the server.
	c.unsubscribe("$sio/")
	quiet(t, c)
	if !c.in("$sio/") {
		t.Error("it has left its namespace")
	}
}

func TestWhatProvesTheRight(t *testing.T) {
	n := start(t, options{})
	c := &client{Socket: n.Session(t, v4, map[string][]string{
		"Cookie": {"session=1"}, "Referer": {"https://example.com/chat"}, "X-Forwarded-For": {"1.1.1.1"},
	}), n: n}
	c.Join(t, "", "")
	send := func(headers string) madang.AccessRequest {
		before := len(n.backend.requests())
		c.Send(`42["subscribe",{"channel":"private-a","auth":{"headers":` + headers + `}}]`)
		eventually(t, "the backend is asked", func() bool { return len(n.backend.requests()) > before })
		return n.backend.requests()[before]
	}
	r := send(`{"origin":"https://chat.example","host":"chat.example","authorization":"Bearer x","X-CSRF-TOKEN":"t","x-number":5,"x-list":[1],"x-null":null,"cookie":"session=2","bad name":"x","X-Split":"a\r\nb: c"}`)
	for key, value := range map[string]string{
		"Authorization": "Bearer x", "X-Csrf-Token": "t", "X-Number": "5", "X-List": "", "X-Null": "", "Cookie": "session=2",
		"Referer": "https://example.com/chat", "bad name": "", "X-Split": "",
	} {
		if got := http(r.Proof, key); got != value {
			t.Errorf("%s: %q, want %q", key, got, value)
		}
	}
	// What a page says of itself is not what its browser has said of it.
	if cookie, origin, host := r.Proof.Request("Cookie"), r.Proof.Request("Origin"), r.Proof.Request("Host"); cookie != "session=1" || origin != "" || host == "chat.example" {
		t.Errorf("the handshake was of %q, %q, to %q", cookie, origin, host)
	}
	if r.Proof.Remote == "" || string(r.Conn) == "" || r.Channel.App != "app" {
		t.Errorf("%+v", r)
	}
	again := send(`{}`)
	if got := http(again.Proof, "Cookie"); got != "session=1" {
		t.Errorf("cookie of the handshake: %q", got)
	}
	if same := send(`{}`); same.Proof != again.Proof {
		t.Error("what proves the same is kept twice")
	}
	c.Send(`42["subscribe",{"channel":"private-b","auth":{"headers":{"X":"` + strings.Repeat("x", 16<<10) + `"}}}]`)
	want(t, c, `42["subscription_error","private-b",400]`)
}
