//go:build unix

// Codes that are heard by others than the display, and commands that are put into others' mouths: RFC 8628, section 5.5, and
// CVE-2026-33215 (nats-server: whoever takes a name inherits what it hears).
//
// Here what is for a display goes to its own connections and is kept nowhere, on channels that no client can name. What clients can
// name is for principals: no key, capability or signature of an app opens it. Parts: device/relay TestDisplay, TestTonguesRefuse.

package attack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A spy is a connection that hears whatever it can get.
type spy struct {
	*wire
	send, last string // what it asks in the end, and what it is answered
}

// names are channels on which somebody might hear a hub.
func names(serial, place string) []string {
	all := []string{"$device", "$device/boxes", "$device/person/kim", "$device/place/" + place, "private-place." + place, "*", "$*", "private-*", "[meta]channel.lifecycle"}
	for _, kind := range []string{"display", "hub", "screen", "home", "touch"} {
		all = append(all, "$device/"+kind+"/"+serial)
	}
	for _, kind := range []string{"hub", "home"} {
		for _, prefix := range []string{"private-", "presence-", "private-encrypted-", "", "Private-", "private-cache-"} {
			all = append(all, prefix+kind+"."+serial)
		}
	}
	return all
}

// signed is what an app's backend would sign for a subscription in the Pusher protocol.
func signed(socket, channel, more string) values {
	text := socket + ":" + channel
	data := values{}
	if more != "" {
		text += ":" + more
		data["channel_data"] = more
	}
	m := hmac.New(sha256.New, []byte(appSecret))
	m.Write([]byte(text))
	data["auth"] = "key1:" + hex.EncodeToString(m.Sum(nil))
	return data
}

// pusherSpy hears what the backend of an app would let it hear.
func (h *house) pusherSpy(all []string) spy {
	h.t.Helper()
	w, id, err := h.browse("barun.test", "203.0.113.50").pusher(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, name := range all {
		more := ""
		if strings.HasPrefix(name, "presence-") {
			more = `{"user_id":"hub:box-1"}`
		}
		if w.subscribe(name, signed(id, name, more)) {
			text, _ := json.Marshal(values{"event": "client-device.answer", "channel": name, "data": values{"command": "forged-by-pusher", "done": true}}) // it has a JSON
			w.send(string(text), strings.ReplaceAll(string(text), "device.answer", "command"))
		}
	}
	return spy{w, `{"event":"pusher:ping","data":{}}`, "pusher:pong"}
}

// ablyKey is the key of the app, which may do everything in it by the Ably protocol (community-built, not an Ably product).
const ablyKey = "app1.key1:" + appSecret

// ablySpy hears what the key of an app lets it hear.
func (h *house) ablySpy(all []string) spy {
	h.t.Helper()
	w, err := h.browse("barun.test", "203.0.113.51").dialWire("/?v=3&format=json&heartbeats=true&echo=false&key="+url.QueryEscape(ablyKey), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if text, err := w.until(`"action":4`, `"action":9`); err != nil || !strings.Contains(text, `"action":4`) {
		h.t.Fatalf("%s %v", text, err)
	}
	serial := 0
	for _, name := range all {
		for _, prefix := range []string{"", "[?rewind=100]", "[?occupancy=metrics]", "[?delta=vcdiff]"} {
			text, _ := json.Marshal(values{"action": 10, "channel": prefix + name}) // it has a JSON
			w.send(string(text))
		}
		for _, event := range []string{"command", "code", "device.answer", "device.command"} {
			text, _ := json.Marshal(values{"action": 15, "channel": name, "msgSerial": serial, "messages": []values{{"name": event, "data": `{"id":"forged-by-ably","command":"x"}`}}})
			w.send(string(text))
			serial++
		}
	}
	return spy{w, `{"action":0,"id":"last"}`, `"id":"last"`}
}

// echoSpy hears what Laravel Echo could.
func (h *house) echoSpy(b *browser, all []string) spy {
	h.t.Helper()
	w, err := b.join("/", nil, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, name := range all {
		for _, event := range []string{"subscribe", "client event"} {
			text, _ := json.Marshal([]any{event, values{
				"channel": name, "event": "client-command", "data": values{"id": "forged-by-echo"},
				"auth": values{"headers": values{"Authorization": "Bearer " + b.bearer}, "auth": signed("1.1", name, "")["auth"]},
			}})
			w.send("42" + string(text))
		}
	}
	return spy{w, "40/nowhere,", "44/nowhere"}
}

// TestNobodyElseHearsTheCode has everybody listen everywhere while somebody pairs, and looks whether the code, or what is about it,
// reached anybody but the display.
func TestNobodyElseHearsTheCode(t *testing.T) {
	h := open(t, cloud+letters)
	x, y := h.box("box-1"), h.box("box-2")
	kim, eve, lee := h.somebody("kim", "192.0.2.1"), h.somebody("eve", "192.0.2.2"), h.somebody("lee", "192.0.2.3")
	token := h.pair(kim, x)
	member := h.at(kim, values{"token": kim.bearer})
	all := names("box-1", h.placeOf(member))
	sio := func(w *wire) spy { return spy{w, "40/nowhere,", "44/nowhere"} }
	spies := map[string]spy{
		"a member of the place": sio(member), "who shows a token": sio(h.at(h.browse("barun.test", "192.0.2.1"), values{"token": token})),
		"who asks": sio(h.at(lee, values{"token": lee.bearer})), "another person": sio(h.at(eve, values{"token": eve.bearer})),
		"another hub": sio(y.hub), "another display": sio(y.screen), "the app's backend by Pusher": h.pusherSpy(all), "the app's key by Ably": h.ablySpy(all),
		"Echo": h.echoSpy(eve, all), "Echo of who asks": h.echoSpy(lee, all),
	}
	if w, err := eve.join("/chat", values{"token": eve.bearer}, nil); err == nil {
		spies["the chat"] = sio(w)
	}
	if lee.asks("box-1") != http.StatusOK {
		t.Fatal("no code")
	}
	code := h.code(x.screen)
	a := lee.tries("box-1", code)
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.secret(a.text("token"))
	for who, s := range spies {
		heard := s.heardBy(s.last, s.send)
		for _, secret := range []string{code, "pairing.shown", "pairing.cleared", a.text("token")} {
			if strings.Contains(heard, secret) {
				t.Errorf("%s hears %s:\n%.500s", who, secret, heard)
			}
		}
		if !strings.Contains(who, "member") && !strings.Contains(who, "token") && !strings.Contains(who, "who asks") && strings.Contains(heard, "box-1\",\"name") {
			t.Errorf("%s hears what happens at the hub:\n%.500s", who, heard)
		}
	}
	h.nothingKept(all, code)
	if heard := x.hub.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, "forged") {
		t.Errorf("the hub hears what others have made up:\n%.500s", heard)
	}
}

// ours reports whether a channel is one of devices; others are the app's own, whatever they are called.
func ours(name string) bool {
	for _, prefix := range []string{"$", "private-hub.", "private-home.", "private-place."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// nothingKept asks for the history, the members and the list of channels as the app's backend.
func (h *house) nothingKept(all []string, code string) {
	t := h.t
	t.Helper()
	ask := func(method, path, body string) reply {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("app1.key1", appSecret)
		r.Header.Set("Content-Type", "application/json")
		a, err := send(r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	forged := `{"name":"command","data":"{\"id\":\"forged-by-rest\"}"}`
	for _, name := range all {
		for _, at := range []string{url.PathEscape(name), url.PathEscape("[?rewind=1]" + name)} {
			for _, path := range []string{"/messages", "/messages?limit=1000&direction=forwards", "/presence", "/presence/history", ""} {
				if a := ask(http.MethodGet, "/channels/"+at+path, ""); strings.Contains(a.body, code) || strings.Contains(a.body, `"data"`) && ours(name) {
					t.Errorf("GET %s%s: %d %.300s", name, path, a.status, a.body)
				}
			}
			if a := ask(http.MethodPost, "/channels/"+at+"/messages", forged); a.status < 300 && ours(name) {
				t.Errorf("a key publishes in %s: %d", name, a.status)
			}
		}
	}
	for _, path := range []string{"/channels?limit=1000", "/channels?limit=1000&by=id&prefix=%24", "/channels?limit=1000&prefix=%24device"} {
		if a := ask(http.MethodGet, path, ""); strings.Contains(a.body, "$device") {
			t.Errorf("GET %s: %s", path, a.body)
		}
	}
}
