//go:build unix

package standard_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/internal/convention"
	"madang/internal/redistest"
)

// TestEchoPublishesPresence has the same people come and go at laravel-echo-server 1.6.3 and at this server. What backends
// hear of that in Redis must be the same, byte for byte but for the ids of sockets. The original publishes each list when
// it stores it, which is often the one before: in each channel repeated ones count once, the empty one before the first
// member not at all.
func TestEchoPublishesPresence(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, map[string]string{ // a client that is gone needs none
			"Bearer ann":  `{"channel_data":{"user_id":1,"user_info":{"name":"Ann","tags":[],"big":12345678901234,"<&>":null}}}`,
			"Bearer ben":  `{"channel_data":{"user_id":"u-7","user_info":{"name":"Ben"}}}`,
			"Bearer text": `{"channel_data":"{\"user_id\":3,\"user_info\":[\"3\"]}"}`,
			"Bearer bare": `{"channel_data":{"user_id":4}}`,
		}[r.Header.Get("Authorization")])
	}))
	defer app.Close()
	their := presenceHeard(t, echoOriginal(t), app.URL, func(id string) string { return id })
	our := presenceHeard(t, echoNamed(t), app.URL, func(id string) string { return convention.Alias(madang.ConnID(id)) })
	if !slices.Equal(our, their) {
		t.Errorf("published\n%s\nby laravel-echo-server\n%s", strings.Join(our, "\n"), strings.Join(their, "\n"))
	}
	if len(their) != 12 {
		t.Errorf("%d lists were published", len(their))
	}
}

// presenceHeard runs a server through the conversation and returns what is published. A connection is seen by others as its
// id, or as an alias of it: here an id is as good as a password.
func presenceHeard(t *testing.T, program, app string, seen func(id string) string) []string {
	t.Helper()
	redis := redistest.Start(t)
	server, stop := startEcho(t, program, `{"database": "redis", "databaseConfig": {"redis": {"host": "127.0.0.1", "keyPrefix": "laravel_database_"},
		"publishPresence": true}, "devMode": false}`, redis.Port, app)
	defer stop()
	heard := hearRedis(t, redis.Addr, "PresenceChannelUpdated")
	ids := map[string]string{}
	there := map[string][]string{}
	settled := func(channel string) { // as many as are there, the newest last
		t.Helper()
		heard.await(t, func(last string) bool {
			at := 0
			for _, name := range there[channel] {
				i := strings.Index(last[at:], ids[name])
				if i < 0 {
					return false
				}
				at += i
			}
			return strings.Contains(last, `"`+channel+`:members"`) && strings.Count(last, "socketId") == len(there[channel])
		})
	}
	come := func(name, token, channel string) *echoClient {
		t.Helper()
		c := echoConnect(t, server, token)
		_, id, _ := strings.Cut(c.url, "&sid=")
		ids[name] = seen(id)
		c.subscribe(channel)
		there[channel] = append(there[channel], name)
		settled(channel)
		return c
	}
	gone := func(name, channel string) {
		t.Helper()
		there[channel] = slices.DeleteFunc(there[channel], func(s string) bool { return s == name })
		settled(channel)
	}
	const room, other = "presence-room.9", "presence-other"
	ann := come("ann", "ann", room)
	tab := come("tab", "ann", room)
	ben := come("ben", "ben", room)
	text := come("text", "text", other)
	bare := come("bare", "bare", other)
	ann.emit("unsubscribe", map[string]any{"channel": room})
	gone("ann", room)
	ben.close()
	gone("ben", room)
	come("again", "ann", room)
	tab.emit("unsubscribe", map[string]any{"channel": room})
	gone("tab", room)
	tab.subscribe(room)
	there[room] = append(there[room], "tab")
	settled(room)
	text.close()
	gone("text", other)
	bare.emit("unsubscribe", map[string]any{"channel": other})
	gone("bare", other)
	var lists []string
	for _, channel := range []string{room, other} {
		empty := fmt.Sprintf(`{"event":{"channel":"%s:members","members":[]}}`, channel)
		last := empty
		for _, list := range heard.all() {
			if list != last && strings.Contains(list, channel) {
				lists, last = append(lists, list), list
			}
		}
	}
	for n := range lists {
		for name, id := range ids {
			lists[n] = strings.ReplaceAll(lists[n], id, name)
		}
	}
	return lists
}

// An ear is what is heard in a Redis channel.
type ear struct {
	mu    sync.Mutex
	heard []string
}

// hearRedis listens until the test ends.
func hearRedis(t *testing.T, address, channel string) *ear {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{}
	if _, err := fmt.Fprintf(conn, "SUBSCRIBE %s\r\n", channel); err != nil {
		t.Fatal(err)
	}
	from := bufio.NewScanner(conn)
	for range 6 { // *3 $9 subscribe $… channel :1
		if !from.Scan() {
			t.Fatal(from.Err())
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; from.Scan(); n++ {
			if n%7 == 0 { // *3 $7 message $… channel $… text
				e.mu.Lock()
				e.heard = append(e.heard, from.Text())
				e.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() { _ = conn.Close(); wg.Wait() })
	return e
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// await waits until what was heard last is right.
func (e *ear) await(t *testing.T, right func(last string) bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		all := e.all()
		if len(all) > 0 && right(all[len(all)-1]) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("heard %q", all)
		}
	}
}
