//go:build unix

package standard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang"
	"madang/internal/convention"
)

// TestDataOfEveryTongue sends random data from every kind of client, from the server's own code and over both HTTP
// interfaces, to every kind of client and to the server's own code: JSON comes as the bytes that were sent, texts as they
// were.
func TestDataOfEveryTongue(t *testing.T) {
	r := newDataRing(t)
	rapid.Check(t, func(t *rapid.T) {
		value, text := rapidJSON(4).Draw(t, "json"), rapid.String().Draw(t, "text")
		r.number++ // what came after an earlier failure is not taken for this one
		name := fmt.Sprintf("data-%d", r.number)
		from := rapid.SampledFrom(append(ablyTongues(), "echo 2", "echo 4", "pusher", "hub", "post", "echo post", "hub text", "post text", "hub bytes")).Draw(t, "from")
		bytes := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		switch from {
		case "ably", "msgpack", "ably rest", "ably rest msgpack":
			name += rapid.String().Draw(t, "name")
			switch rapid.SampledFrom([]madang.DataType{madang.JSON, madang.Text, madang.Binary}).Draw(t, "type") {
			case madang.JSON:
				r.say(t, from, name, []byte(value), madang.JSON)
				r.expect(t, from, name, value, false)
			case madang.Text:
				r.say(t, from, name, []byte(text), madang.Text)
				r.expect(t, from, name, text, true)
			default:
				r.say(t, from, name, bytes, madang.Binary)
				r.expectBytes(t, from, name, bytes)
			}
		case "hub bytes":
			r.publish(name, string(bytes), madang.Binary)
			r.expectBytes(t, "", name, bytes)
		case "echo 2", "echo 4", "pusher":
			name = "client-" + name
			r.whisper(from, name, value)
			r.expect(t, from, name, value, false)
		case "hub":
			r.publish(name, value, madang.JSON)
			r.expect(t, "", name, value, false)
		case "post":
			r.post(t, name, quoted(value), false)
			r.expect(t, "", name, value, false)
		case "echo post":
			value = "[" + value + "]" // a text as the data would be looked at for JSON in it, as laravel-echo-server does
			r.post(t, name, value, true)
			r.expect(t, "", name, value, false)
		case "hub text":
			r.publish(name, text, madang.Text)
			r.expect(t, "", name, text, true)
		case "post text":
			r.post(t, name, quoted(text), false)
			r.expect(t, "", name, text, !json.Valid([]byte(text)))
		}
	})
}

// A dataRing is a channel in which somebody of every kind listens.
type dataRing struct {
	t       *testing.T
	hub     *madang.Hub
	handler http.Handler
	clients map[string]*pageClient
	ably    map[string]*ablyClient
	serials map[string]int64 // of Ably's clients
	code    chan *madang.Message
	number  int
}

// ring is the name of the channel.
const ring = "private-ring"

func newDataRing(t *testing.T) *dataRing {
	t.Helper()
	hub, handler := talkServer(t)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r := &dataRing{t: t, hub: hub, handler: handler, code: make(chan *madang.Message, 10), serials: map[string]int64{}, clients: map[string]*pageClient{
		"echo 2": echoPage(t, server.URL, "ann", 3), "echo 4": echoPage(t, server.URL, "ben", 4), "pusher": pusherPage(t, server.URL, "", talkKey),
	}}
	l, err := hub.Listen(t.Context(), madang.Channel{App: "app1", Name: ring}, func(e *madang.Event) {
		if e.Kind == madang.MessageEvent {
			r.code <- e.Message
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	for kind, c := range r.clients {
		if kind == "pusher" {
			c.take = takePusherText
			auth := talkKey + ":" + convention.Sign(talkSecret, convention.ChannelText(c.id, ring, nil))
			c.send(fmt.Sprintf(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":%q}}`, ring, auth))
			c.await(ring, "pusher_internal:subscription_succeeded")
			continue
		}
		c.subscribe(ring) // it is not answered; what is heard shows that it is done
		for len(c.all()) == 0 {
			r.publish("here?", "null", madang.JSON)
			<-r.code
		}
	}
	r.listenByAbly(server.URL)
	return r
}

// takePusherText reads an event with its data as it stands there.
func takePusherText(f string) (said, bool) {
	var e struct {
		Event, Channel string
		Data           json.RawMessage
	}
	err := json.Unmarshal([]byte(f), &e)
	return said{e.Event, e.Channel, e.Data}, err == nil
}

// whisper sends a client event, byte by byte as it is given.
func (r *dataRing) whisper(from, name, value string) {
	if from == "pusher" {
		r.clients[from].send(fmt.Sprintf(`{"event":%q,"channel":%q,"data":%s}`, name, ring, value))
		return
	}
	r.clients[from].send(fmt.Sprintf(`42["client event",{"channel":%q,"event":%q,"data":%s}]`, ring, name, value))
}

func (r *dataRing) publish(name, data string, kind madang.DataType) {
	r.t.Helper()
	m := &madang.Message{Channel: madang.Channel{App: "app1", Name: ring}, Name: name, Data: []byte(data), Type: kind}
	if _, err := r.hub.Publish(r.t.Context(), m); err != nil {
		r.t.Fatal(err)
	}
}

func (r *dataRing) post(t *rapid.T, name, data string, byEcho bool) {
	t.Helper()
	body := fmt.Sprintf(`{"name":%q,"channel":%q,"data":%s}`, name, ring, data)
	if err := postEvent(r.handler, []byte(body), byEcho); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

// expect has all but one client hear an event with JSON or, if text is set, with a text.
func (r *dataRing) expect(t *rapid.T, but, name, want string, text bool) {
	t.Helper()
	m := r.byCode(t, name, want)
	if string(m.Data) != want || (m.Type == madang.Text) != text {
		t.Fatalf("code heard %q of type %d, not %q", m.Data, m.Type, want)
	}
	for kind, c := range r.clients {
		if kind == but {
			continue
		}
		got := string(c.await(ring, name).data)
		if whole := got; text || kind == "pusher" && !strings.HasPrefix(name, "client-") { // the value is in a JSON string
			got = ""
			if err := json.Unmarshal([]byte(whole), &got); err != nil {
				t.Fatalf("%s heard %s: %v", kind, whole, err)
			}
		}
		if !text { // what stands around a value does not belong to it
			got, want = strings.Trim(got, " \t\r\n"), strings.Trim(want, " \t\r\n")
		}
		if got != want {
			t.Fatalf("%s heard %q, not %q", kind, got, want)
		}
	}
	r.heardByAbly(t, but, name, m.Data, m.Type)
}

// rapidJSON draws JSON as somebody might write it: with spaces, escapes that are not needed, numbers of any length and
// form, and names that come twice.
func rapidJSON(depth int) *rapid.Generator[string] {
	leaf := rapid.OneOf(
		rapid.SampledFrom([]string{
			"null", "true", "false", "0", "-0", "1.50", "1e400", "-1E-7", "12345678901234567890123", "[]", "{}", "[ ]", "{ \n}",
			`""`, `"\/"`, `"\u0041\ud83d\ude00"`, `"\ud800"`, `"\u0000"`, `"5"`, `"null"`, `"{}"`, "\"\u2028</script>&\"", `"안녕 😀"`,
			`{"_placeholder":true,"num":0}`, `{"a":1,"a":2}`, `{"z":1,"a":{"_placeholder":false}}`,
		}),
		rapid.Map(rapid.String(), quoted),
		rapid.Map(rapid.Int64(), func(n int64) string { return fmt.Sprint(n) }),
		rapid.Map(rapid.Float64(), func(f float64) string { return fmt.Sprintf("%.20e", f) }),
	)
	if depth == 0 {
		return leaf
	}
	inner := rapidJSON(depth - 1)
	space := rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n"})
	return rapid.OneOf(leaf, rapid.Custom(func(t *rapid.T) string {
		object := rapid.Bool().Draw(t, "object")
		var parts []string
		for range rapid.IntRange(0, 4).Draw(t, "size") {
			part := space.Draw(t, "before") + inner.Draw(t, "value") + space.Draw(t, "after")
			if object {
				part = space.Draw(t, "before name") + quoted(rapid.String().Draw(t, "name")) + ":" + part
			}
			parts = append(parts, part)
		}
		if object {
			return "{" + strings.Join(parts, ",") + "}"
		}
		return "[" + strings.Join(parts, ",") + "]"
	}))
}

// quoted writes a text as JSON.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // texts can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
