package echo_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/dialect/socketio"
)

func recovering(c *socketio.Config) { c.Recovery.MaxDisconnectionDuration = 2 * time.Minute }

// A resumer is a client that can come back: it remembers the private id of its connection and the last offset.
type resumer struct {
	*client
	pid, offset string
}

func (n *node) resumer(t testing.TB, user string) *resumer {
	t.Helper()
	r := &resumer{client: &client{n: n, user: user}}
	r.dial(t)
	return r
}

// dial connects, again if it has before, and returns what came before the answer.
func (r *resumer) dial(t testing.TB) (missed []string) {
	t.Helper()
	auth := "{}"
	if r.pid != "" {
		auth = fmt.Sprintf(`{"pid":%q,"offset":%q}`, r.pid, r.offset)
	}
	r.Socket = r.n.Session(t, v4, nil)
	r.Send("40" + auth)
	for {
		p := r.Next(t)
		if answer, ok := strings.CutPrefix(p, `40`); ok {
			r.id = field(answer, "sid")
			r.pid = field(answer, "pid")
			return missed
		}
		missed = append(missed, r.cut(p))
	}
}

func field(answer, name string) string {
	_, v, _ := strings.Cut(answer, `"`+name+`":"`)
	v, _, _ = strings.Cut(v, `"`)
	return v
}

// cut takes the offset off an event and remembers it.
func (r *resumer) cut(p string) string {
	at := regexp.MustCompile(`,"[0-9]+\.[0-9a-z]+"\]$`).FindStringIndex(p)
	if at == nil {
		return p
	}
	r.offset = strings.TrimSuffix(p[at[0]+2:], `"]`)
	return p[:at[0]] + "]"
}

func (r *resumer) wants(t testing.TB, packets ...string) {
	t.Helper()
	for _, p := range packets {
		if got := r.cut(r.Next(t)); got != p {
			t.Fatalf("%s received %s, want %s", r.user, got, p)
		}
	}
}

// A page whose Echo never subscribes again gets back its channels, what it missed in them, and its place among those
// who are there.
func TestWhoComesBackIsInItsChannels(t *testing.T) {
	const room = "presence-room"
	n := start(t, options{change: recovering})
	other := n.resumer(t, "other") // of the same dialect: what it has been told, the record has
	other.joined(t, room)
	r := n.resumer(t, "7")
	r.joined(t, "news").joined(t, "private-a")
	r.subscribe(room)
	r.wants(t, here(room, member("7", r.id), member("other", other.id)))
	other.wants(t, joining(room, member("7", r.id)))
	n.publish(t, "news", "e", `"before"`)
	r.wants(t, `42["e","news","before"]`)
	id := r.id

	r.away(t)
	other.wants(t, leaving(room, "7"))
	n.publish(t, "news", "e", "1")
	n.publish(t, "private-a", "e", "2")
	n.publish(t, "elsewhere", "e", "3")
	n.send(t, &madang.Message{Channel: madang.Channel{App: "app", Name: "news"}, Name: "e", Data: []byte("4"), Skip: madang.ConnID(id)})
	third := n.connect(t, v4, "third").joined(t, room)
	n.publish(t, room, "e", "5")
	third.Until(t, `42["e"`)
	other.wants(t, joining(room, member("third", third.id)), `42["e","presence-room",5]`)
	third.away(t)
	other.wants(t, leaving(room, "third"))

	missed := r.dial(t)
	wanted := []string{`42["e","news",1]`, `42["e","private-a",2]`, joining(room, member("third", third.id)), `42["e","presence-room",5]`, leaving(room, "third")}
	if strings.Join(missed, "\n") != strings.Join(wanted, "\n") || r.id != id {
		t.Fatalf("as %s after %s, missed:\n%s", r.id, id, strings.Join(missed, "\n"))
	}
	r.wants(t, here(room, member("7", r.id), member("other", other.id)))
	other.wants(t, joining(room, member("7", r.id)))
	n.publish(t, room, "e", "6")
	r.wants(t, `42["e","presence-room",6]`)
	other.wants(t, `42["e","presence-room",6]`)
	r.whisper(room, "client-x", "7")
	other.wants(t, `42["client-x","presence-room",7]`)
	if asked := n.backend.requests(); len(asked) != 4 {
		t.Errorf("the backend was asked %d times", len(asked))
	}

	// Once more, with an old connection that the server believes alive.
	lost := n.hub.Conn(madang.ConnID(id))
	if missed := r.dial(t); len(missed) != 0 || r.id != id {
		t.Fatalf("missed %s as %s", missed, r.id)
	}
	<-lost.Done()
	r.wants(t, here(room, member("7", r.id), member("other", other.id)))
	other.wants(t, leaving(room, "7"), joining(room, member("7", r.id)))
	all, err := n.hub.Members(t.Context(), madang.Channel{App: "app", Name: room})
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
}

// What a client had left before it was away it does not get back.
func TestUnsubscribedChannelsStayUnsubscribed(t *testing.T) {
	n := start(t, options{change: recovering})
	r := n.resumer(t, "kim")
	r.joined(t, "news").joined(t, "presence-a")
	r.unsubscribe("presence-a")
	eventually(t, "it has left", func() bool { return !r.in("presence-a") })
	r.away(t)
	n.publish(t, "presence-a", "e", "1")
	if missed := r.dial(t); len(missed) != 0 {
		t.Fatalf("missed %s", missed)
	}
	if r.in("presence-a") || !r.in("news") {
		t.Error("it is in the wrong channels")
	}
}
