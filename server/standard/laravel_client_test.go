//go:build unix

package standard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A said is an event that a client hears in a channel.
type said struct {
	name, channel string
	data          json.RawMessage // the value, in every protocol
}

func (s said) String() string { return s.channel + " " + s.name + " " + string(s.data) }

// A pageClient is a page's client of channels: Laravel Echo's over Socket.IO, or Pusher's. It takes everything at once,
// however late the test asks for it.
type pageClient struct {
	t      *testing.T
	w      *wire
	take   func(frame string) (said, bool) // false: nothing to hear
	id     string                          // for toOthers
	token  string
	pusher string // the address of a Pusher client's server
	gone   chan struct{}

	writing sync.Mutex

	mu      sync.Mutex
	heard   []said
	read    int           // of heard
	changed chan struct{} // closed and made anew at each event
}

// pageOf opens a connection; hello are the frames before the first event.
func pageOf(t *testing.T, server, target, token string, hello int) (c *pageClient, frames []string) {
	t.Helper()
	w, err := dialWire(t.Context(), server, target)
	if err != nil {
		t.Fatal(err)
	}
	c = &pageClient{t: t, w: w, token: token, gone: make(chan struct{}), changed: make(chan struct{})}
	for range hello {
		f, err := w.next()
		if err != nil {
			t.Fatalf("%s: %q, %v", target, frames, err)
		}
		frames = append(frames, f)
	}
	return c, frames
}

// start begins to listen. The connection ends with the test.
func (c *pageClient) start() {
	go func() {
		defer close(c.gone)
		for {
			f, err := c.w.next()
			if err != nil {
				return
			}
			if s, ok := c.take(f); ok {
				c.mu.Lock()
				c.heard = append(c.heard, s)
				close(c.changed)
				c.changed = make(chan struct{})
				c.mu.Unlock()
			}
		}
	}()
	c.t.Cleanup(c.close)
}

func (c *pageClient) close() {
	_ = c.w.conn.Close() // it may have ended already
	<-c.gone
}

func (c *pageClient) send(frame string) {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.w.send(frame) // who is gone hears nothing, which fails the test where it matters
}

// echoPage connects as Laravel Echo does with Socket.IO 2 (eio 3) or 4 (eio 4).
func echoPage(t *testing.T, server, token string, eio int) *pageClient {
	t.Helper()
	c, open := pageOf(t, server, fmt.Sprintf("/socket.io/?EIO=%d&transport=websocket", eio), token, 1)
	var id struct{ SID string }
	body := strings.TrimPrefix(open[0], "0")
	if eio == 4 {
		c.send("40")
	}
	connected, err := c.w.next()
	if err != nil || !strings.HasPrefix(connected, "40") {
		t.Fatalf("CONNECT: %q, %v", connected, err)
	}
	if eio == 4 {
		body = strings.TrimPrefix(connected, "40")
	}
	if err := json.Unmarshal([]byte(body), &id); err != nil || id.SID == "" {
		t.Fatalf("%q: %v", body, err)
	}
	c.id, c.take = id.SID, c.takeEcho
	c.start()
	if eio == 3 {
		go c.beat()
	}
	return c
}

// beat asks the server whether it is there: in revision 3 that is the client's to do.
func (c *pageClient) beat() {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.send("2")
		case <-c.gone:
			return
		}
	}
}

// takeEcho reads an event of Laravel Echo's: name, channel and data, and a position where connections can be recovered.
func (c *pageClient) takeEcho(f string) (said, bool) {
	if f == "2" {
		c.send("3")
	}
	text, ok := strings.CutPrefix(f, "42")
	var args []json.RawMessage
	var s said
	if !ok || json.Unmarshal([]byte(text), &args) != nil || len(args) < 3 || len(args) > 4 || json.Unmarshal(args[0], &s.name) != nil ||
		json.Unmarshal(args[1], &s.channel) != nil {
		return s, false
	}
	s.data = args[2]
	return s, true
}

// pusherPage connects as pusher-js does.
func pusherPage(t *testing.T, server, token, key string) *pageClient {
	t.Helper()
	c, open := pageOf(t, server, "/app/"+key+"?protocol=7&client=js&version=8.6.0&flash=false", token, 1)
	c.pusher, c.take = server, takePusher
	s, _ := takePusher(open[0])
	var id struct {
		SocketID string `json:"socket_id"`
	}
	if err := json.Unmarshal(s.data, &id); err != nil || s.name != "pusher:connection_established" || id.SocketID == "" {
		t.Fatalf("%q: %v", open, err)
	}
	c.id = id.SocketID
	c.start()
	return c
}

// takePusher reads an event. The data of those that are not of other clients is JSON in a text.
func takePusher(f string) (said, bool) {
	var e struct {
		Event, Channel string
		Data           json.RawMessage
	}
	if json.Unmarshal([]byte(f), &e) != nil {
		return said{}, false
	}
	s := said{e.Event, e.Channel, e.Data}
	var text string
	if !strings.HasPrefix(e.Event, "client-") && json.Unmarshal(e.Data, &text) == nil && json.Valid([]byte(text)) {
		s.data = json.RawMessage(text)
	}
	return s, e.Event != "pusher:pong"
}

// subscribe asks for a channel; a Pusher client has it signed first, where the server signs for tokens of its own.
func (c *pageClient) subscribe(channel string) {
	c.t.Helper()
	if c.pusher == "" {
		c.emit("subscribe", map[string]any{"channel": channel, "auth": map[string]any{"headers": map[string]string{"Authorization": "Bearer " + c.token}}})
		return
	}
	data := map[string]string{}
	if strings.HasPrefix(channel, "private-") || strings.HasPrefix(channel, "presence-") {
		status, text := c.authorize(channel)
		if err := json.Unmarshal([]byte(text), &data); err != nil || status != http.StatusOK {
			c.t.Fatalf("/broadcasting/auth for %s: %d %s", channel, status, text)
		}
	}
	data["channel"] = channel
	c.send(jsonText(c.t, map[string]any{"event": "pusher:subscribe", "data": data}))
}

// authorize asks the server itself for a signature, as Echo does with authEndpoint.
func (c *pageClient) authorize(channel string) (status int, text string) {
	c.t.Helper()
	form := url.Values{"socket_id": {c.id}, "channel_name": {channel}}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.pusher+"/broadcasting/auth", strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+c.token)
	a, err := do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return a.status, a.body
}

// emit sends an event of Socket.IO.
func (c *pageClient) emit(event string, arg any) {
	c.t.Helper()
	c.send("42" + jsonText(c.t, []any{event, arg}))
}

// whisper sends a client event with data as it is.
func (c *pageClient) whisper(channel, event, data string) {
	c.t.Helper()
	whole := map[string]any{"channel": channel, "event": event, "data": json.RawMessage(data)}
	if c.pusher == "" {
		c.emit("client event", whole)
		return
	}
	c.send(jsonText(c.t, whole))
}

// jsonText encodes a value, as browsers do: without escapes for HTML.
func jsonText(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// next returns the next event.
func (c *pageClient) next() said {
	c.t.Helper()
	end := time.After(patience)
	for {
		c.mu.Lock()
		if c.read < len(c.heard) {
			s := c.heard[c.read]
			c.read++
			c.mu.Unlock()
			return s
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-c.gone:
			c.t.Fatal("the connection has ended")
		case <-end:
			c.t.Fatalf("nothing more is heard; the last were %v", c.heard[max(0, len(c.heard)-3):])
		}
	}
}

// await takes what comes up to an event of a name in a channel.
func (c *pageClient) await(channel, name string) said {
	c.t.Helper()
	for {
		if s := c.next(); s.channel == channel && s.name == name {
			return s
		}
	}
}

// all returns everything that has been heard so far.
func (c *pageClient) all() []said {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]said(nil), c.heard...)
}
