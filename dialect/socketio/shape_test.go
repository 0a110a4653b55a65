package socketio_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// signed is a Shape that writes the channel before everything else.
type signed struct{}

func (signed) Message(dst []byte, m *madang.Message) []byte {
	if m.Name == "unsaid" {
		return dst
	}
	dst = append(socketio.AppendString(dst, m.Channel.Name), ',')
	return socketio.AppendData(socketio.AppendString(dst, m.Name), m)
}

func (signed) Presence(dst []byte, e *madang.Event) []byte {
	if e.Kind == madang.UpdateEvent {
		return dst
	}
	dst = append(socketio.AppendString(dst, e.Channel.Name), ',')
	return socketio.AppendString(dst, map[madang.Kind]string{madang.EnterEvent: "in ", madang.LeaveEvent: "out "}[e.Kind]+e.Member.User)
}

// shaped is a node whose namespaces are signed and where everybody may do everything.
func shaped(t *testing.T, change func(*socketio.Config)) *node {
	t.Helper()
	all := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		g := &madang.Grant{Member: &madang.Member{User: "me"}}
		if r.Name == "short" || r.Channel.Name == "short" {
			g.Expires = time.Now().Add(time.Minute)
		}
		return g, nil
	})
	n := serve(t, madangtest.NewCluster(t, 1, madang.Config{Policies: []madang.Policy{all}})[0], change)
	n.io.Of("/").SetShape(signed{})
	return n
}

// listen subscribes a socket to a channel by name.
func (n *node) listen(t *testing.T, ns, id, channel string, mask madang.Mask) {
	t.Helper()
	conn := n.io.Of(ns).Socket(id).Conn()
	sub, err := conn.Subscribe(t.Context(), madang.Channel{Name: channel}, madang.SubscribeOptions{Mask: mask})
	if err != nil {
		t.Fatal(err)
	}
	sub.Open()
}

// say publishes in a channel on the server's authority.
func (n *node) say(t *testing.T, m madang.Message, channel string) {
	t.Helper()
	m.Channel = madang.Channel{Name: channel}
	if _, err := n.hub.Publish(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
}

func TestShapeOfChannels(t *testing.T) {
	n := shaped(t, nil)
	c, id := n.join(t)
	old := n.Session(t, "/socket.io/?EIO=3", nil)
	want(t, old, "40")
	n.listen(t, "/", id, "news", madang.Messages)
	n.listen(t, "/", old.SID, "news", madang.Everything)
	n.say(t, madang.Message{Name: "disconnect", Data: []byte(`"io server disconnect"`)}, "news")
	n.say(t, madang.Message{Name: "unsaid", Data: []byte{7}, Type: madang.Binary}, "news")
	n.say(t, madang.Message{Name: "e", Data: []byte(`{"a":1}`)}, "news")
	n.say(t, madang.Message{Name: "b", Data: []byte{7}, Type: madang.Binary}, "news")
	n.say(t, madang.Message{Name: "a", Data: []byte(`[1,{"_placeholder":true,"num":0}]`), Type: madang.Args, Attachments: [][]byte{{8}}}, "news")
	for _, s := range []struct {
		c      *siotest.Socket
		prefix string
	}{{c, "b:"}, {old, "b:04"}} {
		want(t, s.c, `42["news","e",{"a":1}]`, `451-["news","b",{"_placeholder":true,"num":0}]`, s.prefix+"07",
			`451-["news","a",1,{"_placeholder":true,"num":0}]`, s.prefix+"08")
	}
	// Rooms, the namespace and a socket's own events have the look of the original.
	say(t, n.io.Of("/").All(), "all")
	want(t, c, `42["n","all"]`)
	want(t, old, `42["n","all"]`)
	if err := n.io.Of("/").Socket(id).Tell("n", "told"); err != nil {
		t.Fatal(err)
	}
	want(t, c, `42["n","told"]`)
	// Who is there is told to those who want to know, and only what the Shape has a word for.
	other := n.io.Of("/").Socket(id).Conn()
	for range 2 {
		if err := n.hub.Enter(t.Context(), other, madang.Channel{Name: "news"}, nil, madang.JSON); err != nil {
			t.Fatal(err)
		}
	}
	other.Close(madang.CloseNormal)
	n.say(t, madang.Message{Name: "last"}, "news")
	want(t, old, `42["news","in "]`, `42["news","out "]`, `42["news","last"]`)
}

// Without a Shape nothing is said of presence, and channels look like rooms. Namespaces that are made on demand have the
// Shape of the one that made them.
func TestShapeIsTheNamespaces(t *testing.T) {
	n := shaped(t, nil)
	n.io.Of("/plain")
	n.io.OfMatch(regexp.MustCompile(`^/made-`)).SetShape(signed{})
	for ns, packet := range map[string]string{"/plain": `42/plain,["e",1]`, "/made-1": `42/made-1,["news","e",1]`} {
		c := n.Session(t, at, nil)
		id := idOf(t, c.Join(t, ns, ""))
		n.listen(t, ns, id, "news", madang.Everything)
		if err := n.hub.Enter(t.Context(), n.io.Of(ns).Socket(id).Conn(), madang.Channel{Name: "news"}, nil, madang.JSON); err != nil {
			t.Fatal(err)
		}
		n.say(t, madang.Message{Name: "e", Data: []byte("1")}, "news")
		if ns != "/plain" {
			want(t, c, `42/made-1,["news","in "]`)
		}
		want(t, c, packet)
	}
}

// What a client misses in channels that it named comes as in rooms, presence too, but not what it did itself.
func TestChannelsAreRecovered(t *testing.T) {
	n := shaped(t, recovering)
	entered := make(chan error, 1)
	n.io.OnConnection(func(s *socketio.Socket) {
		if s.Recovered() {
			entered <- s.Conn().Enter(context.Background(), madang.Channel{Name: "named"}, nil, madang.JSON)
		}
		if !s.Recoverable() {
			t.Error("it cannot be recovered")
		}
	})
	r := &resumer{n: n}
	r.connect(t, "")
	n.listen(t, "/", r.id, "named", madang.Everything|madang.Others)
	n.listen(t, "/", r.id, "quiet", madang.Presences)
	conn := n.hub.Conn(madang.ConnID(r.id))
	for _, name := range []string{"named", "quiet"} {
		if err := conn.Enter(t.Context(), madang.Channel{Name: name}, nil, madang.JSON); err != nil {
			t.Fatal(err)
		}
	}
	r.until(t, "in me") // in quiet, where it wants to hear of itself
	r.away(t)
	word := func(s string) madang.Message { return madang.Message{Name: s} }
	n.say(t, word("one"), "named")
	n.say(t, word("not wanted"), "quiet")
	n.say(t, word("two"), "named")
	n.say(t, madang.Message{Name: "not for it", Skip: madang.ConnID(r.id)}, "named")
	n.say(t, word("elsewhere"), "other")
	r.connect(t, "")
	if err := <-entered; err != nil {
		t.Fatal(err)
	}
	n.say(t, word("three"), "named")
	r.until(t, "three")
	if got, out := strings.Join(r.heard, ","), ",out me"; !r.recovered || strings.Count(got, out) != 1 ||
		strings.Replace(got, out, "", 1) != "in me,one,two,three" { // channels keep no order between them
		t.Fatalf("heard %s, recovered %v", got, r.recovered)
	}
	all, err := n.hub.Members(t.Context(), madang.Channel{Name: "named"})
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
}

func TestWhatIsRevokedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := shaped(t, nil)
		var lost []string
		n.io.Of("/").OnRevoked(func(s *socketio.Socket, c madang.Channel) { lost = append(lost, s.ID()+" "+c.Name) })
		n.io.Of("/").OnRevoked(func(*socketio.Socket, madang.Channel) { panic("asked for") })
		c, id := n.join(t)
		n.listen(t, "/", id, "short", madang.Messages)
		n.listen(t, "/", id, "long", madang.Messages)
		for range 4 { // it answers pings meanwhile
			n.say(t, madang.Message{Name: "e"}, "long")
			want(t, c, `42["long","e"]`)
			time.Sleep(20 * time.Second)
		}
		synctest.Wait()
		if len(lost) != 1 || lost[0] != id+" short" {
			t.Fatalf("lost %q", lost)
		}
		n.say(t, madang.Message{Name: "e"}, "short")
		n.say(t, madang.Message{Name: "e"}, "long")
		want(t, c, `42["long","e"]`)
	})
}
