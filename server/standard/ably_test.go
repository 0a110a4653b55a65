//go:build unix

package standard_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAblyKeys limits keys by the configuration, and revokes the tokens of one that allows it.
func TestAblyKeys(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, ablyApps)
	p := serve(t, dir, []string{ablyRights})
	post := func(key, channel string) ablyAnswer {
		t.Helper()
		return ablyAsk(t, http.MethodPost, p.url+"/channels/"+channel+"/messages", key, `{"name":"n","data":"x"}`)
	}
	if a := post(ablyRoot, "news:1"); a.status != http.StatusCreated {
		t.Errorf("root: %+v", a)
	}
	if a := post(ablyReader, "news:1"); a.code() != 40160 {
		t.Errorf("reader: %+v", a)
	}
	if a := ablyAsk(t, http.MethodGet, p.url+"/channels/news:1/messages", ablyReader, ""); a.status != http.StatusOK || !strings.Contains(a.body, `"x"`) {
		t.Errorf("reader's history: %+v", a)
	}
	if a := ablyAsk(t, http.MethodGet, p.url+"/channels/other/messages", ablyReader, ""); a.code() != 40160 {
		t.Errorf("reader elsewhere: %+v", a)
	}
	reader := ablyDial(t, p.url, "key="+ablyReader)
	reader.attach("news:1")
	reader.send(`{"action":15,"channel":"news:1","msgSerial":0,"messages":[{"name":"n","data":"x"}]}`)
	if f := reader.next(2); f.Error.Code != 40160 {
		t.Errorf("publishing: %+v", f)
	}
	reader.send(`{"action":10,"channel":"other"}`)
	if f := reader.next(9); f.Error.Code != 40160 || f.Channel != "other" {
		t.Errorf("attaching elsewhere: %+v", f)
	}

	ann, bob := ablyDial(t, p.url, "access_token="+ablyToken(t, ablyFickle, "ann")), ablyDial(t, p.url, "access_token="+ablyToken(t, ablyFickle, "bob"))
	const targets = `{"targets":["clientId:ann"]}`
	if a := ablyAsk(t, http.MethodPost, p.url+"/keys/app1.root/revokeTokens", ablyRoot, targets); a.code() != 40163 {
		t.Errorf("revoking tokens that cannot be revoked: %+v", a)
	}
	if a := ablyAsk(t, http.MethodPost, p.url+"/keys/app1.fickle/revokeTokens", ablyFickle, targets); a.status != http.StatusCreated {
		t.Errorf("revoking: %+v", a)
	}
	if f := ann.next(6); f.Error.Code != 40141 {
		t.Errorf("ann is told %+v", f)
	}
	bob.attach("news:1") // bob's token holds
}

// TestAblyKeysAreChecked starts with keys of whom there is none, and with a capability that is none.
func TestAblyKeysAreChecked(t *testing.T) {
	for rights, want := range map[string]string{
		`{app1.wroot: {revocable: true}}`:                 `auth.ably.keys: there is no key "app1.wroot"; write the app's id, a dot and the name of one of its keys`,
		`{app1.root: {capability: '{"x":["suscribe"]}'}}`: `auth.ably.keys: key "app1.root": `,
	} {
		dir := t.TempDir()
		configure(t, dir, ablyApps)
		status, _, errs := command(t, dir, []string{"MADANG_AUTH_ABLY_KEYS=" + rights}, "serve", "--listen", "127.0.0.1:0")
		if status == 0 || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d, %s", rights, status, errs)
		}
	}
}

// TestAblyHosts turns the dialect off, and gives it a host of its own: the root and its paths are the pages' again.
func TestAblyHosts(t *testing.T) {
	for setting, offHost := range map[string]int{"MADANG_ABLY_ENABLED=false": http.StatusNotFound, "MADANG_HOSTS={ably: [ably.example.com]}": http.StatusOK} {
		dir := t.TempDir()
		configure(t, dir, ablyApps)
		p := serve(t, dir, []string{setting})
		for host, want := range map[string]int{"": http.StatusNotFound, "ably.example.com": offHost} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/time", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			if a, err := do(r); err != nil || a.status != want {
				t.Errorf("%s, host %q: /time answers %d, want %d (%v)", setting, host, a.status, want, err)
			}
		}
		if a := get(t, p.url+"/"); a.status != http.StatusOK || !strings.Contains(strings.ToLower(a.body), "<html") {
			t.Errorf("%s: the root is %d %.100s", setting, a.status, a.body)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/?key="+ablyRoot, nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			r.Header.Set(k, v)
		}
		if a, err := do(r); err != nil || a.status == http.StatusSwitchingProtocols {
			t.Errorf("%s: a WebSocket at the root is answered with %d (%v)", setting, a.status, err)
		}
	}
}

// TestAblyDrain stops a server: its clients are told to connect again, which they do with the next one, and learn that it
// does not know what they have missed.
func TestAblyDrain(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, ablyApps)
	p := serve(t, dir, nil)
	c := ablyDial(t, p.url, "key="+ablyRoot)
	at := c.attach("news").Serial
	p.signal(t)
	if f := c.next(6); f.Error.Code == 0 {
		t.Errorf("the client is told %+v", f)
	}
	if status, _ := p.wait(t); status != 0 {
		t.Errorf("exit status %d\n%s", status, p.errors.String())
	}
	p = serve(t, dir, nil)
	again := ablyDial(t, p.url, "key="+ablyRoot+"&resume="+c.hello.Details.ConnectionKey)
	if again.hello.ConnectionID == c.hello.ConnectionID || again.hello.Error.Code != 80008 {
		t.Errorf("connected again: %+v", again.hello)
	}
	again.send(`{"action":10,"channel":"news","channelSerial":%q}`, at)
	if f := again.next(11); f.Error.Code == 0 || f.Serial == at {
		t.Errorf("attached again: %+v", f)
	}
}

// TestAblyRoomsAreClosed tries every way into a room with a capability for everything: people who are no members, and
// nobody in particular, learn nothing of it.
func TestAblyRoomsAreClosed(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, ablyApps)
	p := serve(t, dir, []string{"MADANG_CHAT_ABLY_ENABLED=true", ablyRights})
	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	id := room(t, p.url, ann, bob)
	ann.ask(t, p.url, http.MethodPost, "/v1/rooms/"+id+"/messages", map[string]any{"text": "secret"}, nil)
	member := ablyDial(t, p.url, "access_token="+ablyToken(t, ablyRoot, "bob"))
	for _, name := range []string{id, "private-chat." + id, "presence-chat." + id} {
		member.attach(name)
	}
	member.send(`{"action":14,"channel":%q,"msgSerial":0,"presence":[{"action":2,"data":"here"}]}`, id)

	spied := func(a ablyAnswer) bool { return strings.Contains(a.body, "secret") || strings.Contains(a.body, "bob") }
	for _, who := range []string{"eve", ""} {
		token := ablyToken(t, ablyRoot, who)
		spy := ablyDial(t, p.url, "access_token="+token)
		for _, name := range []string{id, "private-chat." + id, "presence-chat." + id} {
			for _, wire := range []string{name, "[?rewind=10]" + name} {
				spy.send(`{"action":10,"channel":%q}`, wire)
				if f := spy.next(9); f.Error.Code != 40160 || f.Error.StatusCode != 401 || f.Channel != wire {
					t.Errorf("%q attaching to %s: %+v", who, wire, f)
				}
			}
			spy.send(`{"action":15,"channel":%q,"msgSerial":0,"messages":[{"name":"client-x","data":"spam"}]}`, name)
			if f := spy.next(2); f.Error.Code != 40160 {
				t.Errorf("%q publishing to %s: %+v", who, name, f)
			}
			for method, paths := range map[string][]string{
				http.MethodGet: {
					"", "/messages", "/history", "/presence", "/presence/history", "/messages/11@x:0", "/messages/11@x:0/versions",
					"/messages/11@x:0/annotations",
				},
				http.MethodPost: {"/messages"},
			} {
				for _, path := range paths {
					a := ablyAsk(t, method, p.url+"/channels/"+name+path, token, `{"name":"client-x","data":"spam"}`)
					if a.code() != 40160 || a.status != http.StatusUnauthorized || spied(a) {
						t.Errorf("%q: %s %s%s: %+v", who, method, name, path, a)
					}
				}
			}
			if got := streamed(t, p.url+"/sse?v=1.2&channels="+name+"&rewind=10&access_token="+token); !strings.Contains(got, "40160") || strings.Contains(got, "secret") {
				t.Errorf("%q: the stream of %s: %s", who, name, got)
			}
			if a := ablyAsk(t, http.MethodGet, p.url+"/presence?channels=news,"+name, token, ""); a.status != http.StatusOK || strings.Count(a.body, "40160") != 1 || spied(a) {
				t.Errorf("%q: batch presence of %s: %+v", who, name, a)
			}
			a := ablyAsk(t, http.MethodPost, p.url+"/messages", token, `{"channels":["`+name+`"],"messages":{"name":"client-x","data":"spam"}}`)
			if !strings.Contains(a.body, "40160") {
				t.Errorf("%q: batch publish to %s: %+v", who, name, a)
			}
		}
		for _, by := range []string{"id", "value"} {
			if a := ablyAsk(t, http.MethodGet, p.url+"/channels?by="+by, token, ""); a.status != http.StatusOK || strings.Contains(a.body, id) {
				t.Errorf("%q: the channels by %s: %+v", who, by, a)
			}
		}
	}
	for _, credentials := range []string{ablyRoot, ablyToken(t, ablyRoot, "ann")} {
		for _, path := range []string{"/channels/" + id + "/messages", "/channels/" + id + "/presence", "/channels/" + id, "/channels", "/presence?channels=" + id} {
			if a := ablyAsk(t, http.MethodGet, p.url+path, credentials, ""); a.status != http.StatusOK || !strings.Contains(a.body, "secret") && !strings.Contains(a.body, "bob") && !strings.Contains(a.body, id) {
				t.Errorf("%s: %+v", path, a)
			}
		}
	}
}

// streamed returns what comes of a stream until it says something of an error, or ends.
func streamed(t *testing.T, url string) string {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), patience)
	defer done()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	var got strings.Builder
	b := make([]byte, 4096)
	for !strings.Contains(got.String(), "40160") {
		n, err := a.Body.Read(b)
		got.Write(b[:n])
		if err != nil {
			break
		}
	}
	return got.String()
}

// TestAblyChat has a member of a room at Ably's client, another at the chat's own, and the app's backend.
func TestAblyChat(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, ablyApps)
	p := serve(t, dir, []string{"MADANG_CHAT_ABLY_ENABLED=true"})
	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	id := room(t, p.url, ann, bob)
	a := ann.join(t, p.url)
	b := ablyDial(t, p.url, "access_token="+ablyToken(t, ablyRoot, "bob"))
	silent := ablyDial(t, p.url, "echo=false&access_token="+ablyToken(t, ablyRoot, "bob"))
	b.attach(id)
	silent.attach(id)

	// heard is the next message that b hears; one that silent hears too is the same.
	heard := func(both bool) ablyMessage {
		t.Helper()
		m := b.next(15).Messages[0]
		if both {
			if other := silent.next(15).Messages[0]; other.Serial != m.Serial {
				t.Errorf("one hears %+v, the other %+v", m, other)
			}
		}
		return m
	}
	a.must(t, "sendMessage", map[string]any{"room": id, "message": "안녕"}, nil)
	if m := heard(true); m.Name != "ann" || m.ClientID != "ann" || string(m.Data) != `"안녕"` || m.Encoding != "" {
		t.Errorf("bob hears %+v", m)
	}
	hear(t, a, "message.created", func(m map[string]any) bool { return m["text"] == "안녕" })

	said := func(text, sender string) {
		t.Helper()
		hear(t, a, "message.created", func(m map[string]any) bool {
			return m["text"] == text && m["sender"] == sender
		})
	}
	// One that does not want its own messages gets none; the answer has the serial that the others see.
	silent.send(`{"action":15,"channel":%q,"msgSerial":0,"messages":[{"data":"one"},{"name":"bob","data":"two"}]}`, id)
	ack := silent.next(1)
	for i, text := range []string{"one", "two"} {
		said(text, "bob")
		m := heard(false)
		if serial := ack.Res[0].Serials[i]; serial == nil || *serial != m.Serial || m.Name != "bob" || string(m.Data) != `"`+text+`"` {
			t.Errorf("heard %+v, acknowledged %+v", m, ack)
		}
	}
	// With ids, by both interfaces, again and again: stored once, and heard once by who does want its own.
	b.send(`{"action":15,"channel":%q,"msgSerial":0,"messages":[{"id":"x:0","data":"once"}]}`, id)
	f := b.next(15) // the order of the two is not promised in a cluster; on one node it is
	m := f.Messages[0]
	if ack := b.next(1); f.ID+":0" != "x:0" || m.ID != "" || *ack.Res[0].Serials[0] != m.Serial {
		t.Errorf("heard %+v, acknowledged %+v", m, ack)
	}
	silent.next(15)
	for range 2 {
		a := ablyAsk(t, http.MethodPost, p.url+"/channels/"+id+"/messages", ablyToken(t, ablyRoot, "bob"), `{"id":"x:0","data":"once"}`)
		if a.status != http.StatusCreated || !strings.Contains(a.body, m.Serial) {
			t.Errorf("again: %+v, heard %+v", a, m)
		}
	}
	said("once", "bob")
	r := ablyAsk(t, http.MethodPost, p.url+"/messages", ablyToken(t, ablyRoot, "bob"), `[{"channels":["`+id+`","news"],"messages":[{"data":"batch"}]}]`)
	if r.status != http.StatusCreated || strings.Contains(r.body, "error") {
		t.Errorf("batch: %+v", r)
	}
	said("batch", "bob")
	heard(true)

	// What is no text, or not in one's own name, or of nobody.
	serial := 0
	for body, code := range map[string]int{
		`{"data":{"a":1}}`: 40000, `{"data":"AAE=","encoding":"base64"}`: 40000, `{"data":""}`: 40000, `{}`: 40000,
		`{"data":"x","encoding":"cipher+aes-128-cbc"}`: 40000, `{"name":"ann","data":"x"}`: 40000, `{"name":"ann","clientId":"ann","data":"x"}`: 40012,
		`{"data":"x","extras":{"ephemeral":true}}`: 40000, `{"data":"` + strings.Repeat("x", 5001) + `"}`: 40009,
	} {
		serial++
		b.send(`{"action":15,"channel":%q,"msgSerial":%d,"messages":[%s]}`, id, serial, body)
		f := b.next(2)
		rest := ablyAsk(t, http.MethodPost, p.url+"/channels/"+id+"/messages", ablyToken(t, ablyRoot, "bob"), body)
		if f.Error.Code != code || rest.code() != code || rest.status != f.Error.StatusCode {
			t.Errorf("%.40s: %+v and %+v, want %d", body, f.Error, rest, code)
		}
	}
	// The backend publishes what it likes, and chat messages for a client id.
	if r := ablyAsk(t, http.MethodPost, p.url+"/channels/"+id+"/messages", ablyRoot, `{"name":"ann","data":{"any":1}}`); r.status != http.StatusCreated {
		t.Errorf("the backend: %+v", r)
	}
	if m := heard(true); m.Name != "ann" || m.ClientID != "" || m.Encoding != "json" {
		t.Errorf("heard of the backend: %+v", m)
	}
	if r := ablyAsk(t, http.MethodPost, p.url+"/channels/"+id+"/messages", ablyRoot, `{"clientId":"ann","data":"for ann"}`); r.status != http.StatusCreated {
		t.Errorf("the backend for ann: %+v", r)
	}
	said("for ann", "ann")
	heard(true)
	if r := ablyAsk(t, http.MethodPost, p.url+"/channels/"+id+"/messages", ablyRoot, `{"clientId":"eve","data":"x"}`); r.code() != 40160 {
		t.Errorf("the backend for eve: %+v", r)
	}
	var texts []string
	for _, m := range bob.history(t, p.url, id, 0) {
		texts = append(texts, m.Sender+" "+m.Text)
	}
	if got := strings.Join(texts, ", "); got != "ann 안녕, bob one, bob two, bob once, bob batch, ann for ann" {
		t.Errorf("stored: %s", got)
	}

	// Who is there counts as online, until they are put out of the room, and of everything.
	b.send(`{"action":14,"channel":%q,"msgSerial":100,"presence":[{"action":2,"data":{"at":"desk"}}]}`, id)
	for range 2 { // in any order
		if f := b.any(); f.Action != 14 && f.Action != 1 {
			t.Errorf("%+v", f)
		}
	}
	if !online(t, p.url, ann, id, "bob") {
		t.Error("bob is in the room's channel and not online")
	}
	ann.ask(t, p.url, http.MethodDelete, "/v1/rooms/"+id+"/members/bob", nil, nil)
	for f := b.any(); f.Action != 9; f = b.any() {
		if f.Action != 14 {
			t.Errorf("%+v", f)
		}
	}
	b.send(`{"action":15,"channel":%q,"msgSerial":101,"messages":[{"data":"still here"}]}`, id)
	if f := b.next(2); f.Error.Code != 40160 {
		t.Errorf("after being put out: %+v", f)
	}
	var there []json.RawMessage
	if a := ablyAsk(t, http.MethodGet, p.url+"/channels/"+id+"/presence", ablyRoot, ""); json.Unmarshal([]byte(a.body), &there) != nil || len(there) != 0 {
		t.Errorf("after being put out: %+v", a)
	}
}
