//go:build unix

package standard_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/madangtest"
)

// ablyTongues are the ways in which Ably's clients publish.
func ablyTongues() []string {
	return []string{"ably", "msgpack", "ably rest", "ably rest msgpack"}
}

// listenByAbly lets Ably's clients of both forms into the ring.
func (r *dataRing) listenByAbly(server string) {
	r.t.Helper()
	r.ably = map[string]*ablyClient{}
	for kind, driver := range map[string]madangtest.Driver{
		"ably": madangtest.WebSocket{Target: ablyTarget("")}, "msgpack": packing{madangtest.WebSocket{Target: ablyTarget("&format=msgpack")}},
	} {
		c := ablyOpen(r.t, driver, server, "echo=false")
		c.attach(ring)
		r.ably[kind] = c
	}
}

// say publishes a message of JSON, text or bytes as one of Ably's clients.
func (r *dataRing) say(t *rapid.T, from, name string, data []byte, kind madang.DataType) {
	t.Helper()
	m := protocol.Message{Name: name, Data: protocol.Data{Kind: protocol.Value, Bytes: data}}
	switch kind {
	case madang.Text:
		m.Data.Kind = protocol.Text
	case madang.Binary:
		m.Data.Kind = protocol.Binary
	case madang.JSON, madang.Args:
	}
	if c := r.ably[from]; c != nil {
		f := &protocol.Frame{Action: protocol.Messages, Channel: ring, MsgSerial: r.serials[from], Messages: []protocol.Message{m}}
		r.serials[from]++
		c.send("%s", protocol.Append(nil, f, false))
		if ack := c.next(1); len(ack.Res) != 1 {
			t.Fatalf("%s: %+v", from, ack)
		}
		return
	}
	packed := from == "ably rest msgpack"
	body := protocol.AppendMessages(nil, []protocol.Message{m}, false, packed)
	q := httptest.NewRequest(http.MethodPost, "/channels/"+ring+"/messages", bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	if packed {
		q.Header.Set("Content-Type", "application/x-msgpack")
	}
	q.SetBasicAuth("app1."+talkKey, talkSecret)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, q)
	if w.Code != http.StatusCreated {
		t.Fatalf("%s: %d %s", from, w.Code, w.Body)
	}
}

// heardByAbly has all but one of Ably's clients hear an event, and it is in the history.
func (r *dataRing) heardByAbly(t *rapid.T, but, name string, want []byte, kind madang.DataType) {
	t.Helper()
	for tongue, c := range r.ably {
		if tongue == but {
			continue
		}
		m := ablyMessage{}
		for m.Name != name {
			m = c.next(15).Messages[0]
		}
		if err := m.is(want, kind, tongue == "msgpack"); err != nil {
			t.Fatalf("%s: %v", tongue, err)
		}
	}
	q := httptest.NewRequest(http.MethodGet, "/channels/"+ring+"/messages?limit=1", nil)
	q.SetBasicAuth("app1."+talkKey, talkSecret)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, q)
	var page []ablyMessage
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page) != 1 && !strings.HasPrefix(name, "client-") {
		t.Fatalf("history: %s (%v)", w.Body, err)
	}
	if len(page) == 1 && page[0].Name == name { // what clients whisper is not kept
		if err := page[0].is(want, kind, false); err != nil {
			t.Fatalf("history: %v", err)
		}
	}
}

// is reports, as an error, that a message has other data than is wanted.
func (m *ablyMessage) is(want []byte, kind madang.DataType, packed bool) error {
	encoding := map[madang.DataType]string{madang.JSON: "json", madang.Binary: "base64"}[kind]
	if packed && kind == madang.Binary {
		encoding = ""
	}
	text := ""
	if err := json.Unmarshal(m.Data, &text); err != nil {
		return fmt.Errorf("%s: %w", m.Data, err)
	}
	got := []byte(text)
	if kind == madang.Binary {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return err
		}
		got = b
	}
	if !bytes.Equal(got, want) || m.Encoding != encoding {
		return fmt.Errorf("%q with the encoding %q is not %q of type %d", got, m.Encoding, want, kind)
	}
	return nil
}

// expectBytes has everybody hear bytes who can; Echo's clients get them as an attachment, which its transcripts show.
func (r *dataRing) expectBytes(t *rapid.T, but, name string, want []byte) {
	t.Helper()
	m := r.byCode(t, name, string(want))
	if !bytes.Equal(m.Data, want) || m.Type != madang.Binary {
		t.Fatalf("code heard %q of type %d, not %q", m.Data, m.Type, want)
	}
	got := ""
	if err := json.Unmarshal(r.clients["pusher"].await(ring, name).data, &got); err != nil || got != base64.StdEncoding.EncodeToString(want) {
		t.Fatalf("pusher heard %q, not %q in base64 (%v)", got, want, err)
	}
	r.heardByAbly(t, but, name, want, madang.Binary)
}

// byCode returns the event of a name as server code hears it.
func (r *dataRing) byCode(t *rapid.T, name, want string) *madang.Message {
	t.Helper()
	m := &madang.Message{}
	for end := time.After(patience); m.Name != name; {
		select {
		case m = <-r.code:
		case <-end:
			t.Fatalf("code does not hear %q", want)
		}
	}
	return m
}
