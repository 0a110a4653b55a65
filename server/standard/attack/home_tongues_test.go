//go:build unix

// Channels of other protocols by which clients are part of what happens at home: CVE-2026-33215 and CVE-2026-33217 (nats-server: names
// and rules that were taken over), and backends that sign whatever their users ask them to.
//
// Here only what this server itself has given a hub, a pairing or a person opens them. The secret of an app is its backend's, which
// may name its users in rooms, but no hub, no pairing and nobody who has an account here. Parts: device/relay TestTongues, TestTonguesEnd, TestTonguesRefuse.

package attack

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// orders publishes a command in a channel as a client of Pusher's protocol, and waits until it has been taken.
func (w *wire) orders(channel string, arg values) {
	w.send(jsonOf(values{"event": "client-device.command", "channel": channel, "data": arg}))
	w.heardBy("pusher:pong", `{"event":"pusher:ping","data":{}}`)
}

// TestBackendIsNobodyAtHome signs with the secret of the app, by which backends say who their users are, that somebody is a hub, a
// pairing, or somebody with an account; and publishes as the backend.
func TestBackendIsNobodyAtHome(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	kim := h.member("kim@example.com")
	token := h.pair(kim, x)
	id := strconv.FormatInt(h.find("users", "kim@example.com").ID, 10)
	jti, _ := claimsOf(t, token)["jti"].(string)
	unlock := values{"device": "door", "set": values{"locked": false}, "key": "by-the-backend"}
	for what, c := range map[string]struct{ channel, user string }{
		"the hub": {"private-hub.box-1", "hub:box-1"}, "a pairing": {"private-home.box-1", "token:" + jti}, "somebody with an account": {"private-home.box-1", id},
		"the display": {"private-home.box-1", "display:box-1"}, "the server": {"private-home.box-1", "server:link"}, "the box": {"private-home.box-1", "box:box-1"},
	} {
		for _, more := range []string{
			`{"user_id":` + strconv.Quote(c.user) + `}`, `{"user_id":` + strconv.Quote(c.user) + `,"guard":"home","sign_in":"x"}`, `{"user_id":` + strconv.Quote(c.user) + `,"guard":"api","sign_in":"1"}`,
			`{"user_id":` + strconv.Quote(c.user) + `,"guard":"hub","sign_in":"1"}`,
		} {
			w, socket, err := h.browse("barun.test", "203.0.113.50").pusher(nil)
			if err != nil {
				t.Fatal(err)
			}
			if w.subscribe(c.channel, signed(socket, c.channel, more)) {
				t.Errorf("a backend says that somebody is %s, by %s, and opens %s", what, more, c.channel)
				w.orders(c.channel, unlock)
			}
			_ = w.conn.Close() // all was seen
		}
		for _, signIn := range []string{"device::" + c.user, "device:0000000000000000:" + c.user, "device:" + c.user, c.user} {
			jwt := hs256(map[string]any{"typ": "JWT", "alg": "HS256", "kid": "app1.key1"}, map[string]any{
				"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "x-ably-capability": `{"*":["*"]}`, "x-ably-clientId": c.user, "x-ably-revocation-key": "sign_in/" + signIn,
			}, appSecret)
			w, _, err := h.browse("barun.test", "203.0.113.51").ably(jwt)
			if err != nil {
				continue
			}
			w.send(jsonOf(values{"action": 10, "channel": c.channel}))
			if text, err := w.until(`"action":11`, `"action":9`, `"action":13`); err == nil && strings.Contains(text, `"action":11`) {
				t.Errorf("the app's key says that somebody is %s, by %s, and opens %s by the Ably protocol", what, signIn, c.channel)
				w.send(jsonOf(values{"action": 15, "channel": c.channel, "msgSerial": 0, "messages": []values{{"name": "device.command", "data": jsonOf(unlock)}}}))
				w.heardBy(`"action":0`, `{"action":0}`)
			}
			_ = w.conn.Close() // all was seen
		}
	}
	if heard := x.hub.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, `"command"`) {
		t.Errorf("a backend unlocks the door: %s", heard)
	}
	// What a backend publishes, members and hubs do not hear.
	page, socket, err := kim.pusher(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !kim.authorize(page, socket, "private-home.box-1") {
		t.Fatal("a member may not hear what happens at home")
	}
	hub := h.browse("barun.test", "198.51.100.201")
	hub.bearer = x.shown
	line, socket, err := hub.pusher(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !hub.authorize(line, socket, "private-hub.box-1") {
		t.Fatal("a hub may not hear its own channel")
	}
	for _, channel := range []string{"private-home.box-1", "private-hub.box-1"} {
		if a := h.events(`{"name":"command","channels":["` + channel + `"],"data":"{\"id\":\"forged\"}"}`); a.status < 300 {
			t.Errorf("a backend publishes in %s: %d %s", channel, a.status, a.body)
		}
	}
	for who, w := range map[string]*wire{"a member": page, "the hub": line} {
		if heard := w.heardBy("pusher:pong", `{"event":"pusher:ping","data":{}}`); strings.Contains(heard, "forged") {
			t.Errorf("%s hears what a backend has made up: %s", who, heard)
		}
	}
}

// TestSealsAreForOneThing takes what this server has sealed for somebody's subscription, or token of the Ably protocol, and has a backend
// sign it for other sockets, channels and names.
func TestSealsAreForOneThing(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	h.box("box-2")
	kim := h.member("kim@example.com")
	token := h.pair(kim, x)
	place := h.placeOf(h.at(kim, values{"token": kim.bearer}))
	page, socket, err := kim.pusher(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := kim.ask(http.MethodPost, "/broadcasting/auth", values{"socket_id": socket, "channel_name": "private-home.box-1"})
	more := a.text("channel_data")
	if a.status != http.StatusOK || more == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	eve, own, err := h.browse("barun.test", "203.0.113.60").pusher(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := strconv.FormatInt(h.find("users", "kim@example.com").ID, 10)
	for what, data := range map[string]string{
		"as it is": more, "of the hub": strings.ReplaceAll(more, `"`+id+`"`, `"hub:box-1"`), "of another guard": strings.ReplaceAll(more, `"api"`, `"web"`), "without the seal": `{"user_id":"` + id + `"}`,
	} {
		for _, channel := range []string{"private-home.box-1", "private-hub.box-1", "private-place." + place, "private-home.box-2"} {
			if eve.subscribe(channel, signed(own, channel, data)) {
				t.Errorf("what was sealed for another socket, %s, opens %s", what, channel)
			}
			if channel != "private-home.box-1" && page.subscribe(channel, signed(socket, channel, data)) {
				t.Errorf("what was sealed for another channel, %s, opens %s", what, channel)
			}
		}
	}
	if !page.subscribe("private-home.box-1", values{"auth": a.text("auth"), "channel_data": more}) {
		t.Error("what was sealed opens nothing")
	}
	holder := h.browse("barun.test", "192.0.2.9")
	holder.bearer = token
	lent := holder.must(http.StatusOK, http.MethodPost, "/v1/hubs/box-1/ably-token", nil).text("token")
	h.secret(lent)
	signIn, _ := claimsOf(t, lent)["x-ably-revocation-key"].(string)
	if !strings.HasPrefix(signIn, "sign_in/device:") {
		t.Fatalf("the token says %v", claimsOf(t, lent))
	}
	jti, _ := claimsOf(t, token)["jti"].(string)
	for what, c := range map[string][2]string{
		"of the pairing, for the hub": {signIn, "private-hub.box-1"}, "of the pairing, for the place": {signIn, "private-place." + place}, "of the pairing, for another hub": {signIn, "private-home.box-2"},
		"made the hub's": {strings.ReplaceAll(signIn, "token:"+jti, "hub:box-1"), "private-hub.box-1"}, "made the person's": {strings.ReplaceAll(signIn, "token:"+jti, id), "private-place." + place},
	} {
		w, _, err := h.browse("barun.test", "203.0.113.61").ably(hs256(map[string]any{"typ": "JWT", "alg": "HS256", "kid": "app1.key1"}, map[string]any{
			"iat": time.Now().Unix(), "exp": time.Now().Add(24 * time.Hour).Unix(), "x-ably-capability": `{"*":["*"]}`, "x-ably-clientId": "hub:box-1", "x-ably-revocation-key": c[0],
		}, appSecret))
		if err != nil {
			continue
		}
		w.send(jsonOf(values{"action": 10, "channel": c[1]}))
		if text, err := w.until(`"action":11`, `"action":9`, `"action":13`); err == nil && strings.Contains(text, `"action":11`) {
			t.Errorf("a seal %s opens %s", what, c[1])
		}
		_ = w.conn.Close() // all was seen
	}
}

// TestTonguesEnd opens the channels of a hub in each protocol, ends what opened them, and looks who still hears and commands.
func TestTonguesEnd(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	kim, lee := h.member("kim@example.com"), h.member("lee@example.com")
	h.pair(kim, x)
	token := h.pair(lee, x)
	kims := h.at(kim, values{"token": kim.bearer})
	place := h.placeOf(kims)
	holder := h.browse("barun.test", "192.0.2.9")
	holder.bearer = token
	pages := map[string]*wire{}
	for who, b := range map[string]*browser{"the member": lee, "the pairing": holder} {
		w, socket, err := b.pusher(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !b.authorize(w, socket, "private-home.box-1") {
			t.Fatalf("%s may not hear what happens at home", who)
		}
		for _, channel := range []string{"private-hub.box-1", "private-home.box-2", "private-place.x"} {
			if b.authorize(w, socket, channel) {
				t.Errorf("%s opens %s", who, channel)
			}
		}
		if who == "the pairing" && b.authorize(w, socket, "private-place."+place) {
			t.Errorf("%s opens the place", who)
		}
		pages[who] = w
	}
	ablyToken := ""
	for _, b := range []*browser{holder, x.browser()} {
		a := b.ask(http.MethodPost, "/v1/hubs/box-1/ably-token", nil)
		if a.status != http.StatusOK || a.text("token") == "" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		h.secret(a.text("token"))
		w, _, err := b.ably(a.text("token"))
		if err != nil {
			t.Fatal(err)
		}
		own, others := "private-home.box-1", []string{"private-hub.box-1", "private-home.box-2", "private-place." + place, "anything", "[?rewind=10]$device/display/box-1"}
		if b != holder {
			own, others[0] = "private-hub.box-1", "private-home.box-1"
		} else {
			ablyToken, pages["the pairing by Ably"] = a.text("token"), w
		}
		for _, channel := range append(others, own) {
			w.send(jsonOf(values{"action": 10, "channel": channel}))
			text, err := w.until(`"action":11`, `"action":9`, `"action":13`)
			if open := err == nil && strings.Contains(text, `"action":11`); open != (channel == own) {
				t.Errorf("by the Ably protocol %s opens: %v: %.200s %v", channel, open, text, err)
			}
		}
		for _, channel := range others[:4] {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.addr+"/channels/"+url.PathEscape(channel)+"/messages", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+b64([]byte(a.text("token"))))
			if a, err := send(r); err != nil || a.status < 300 {
				t.Errorf("GET %s: %d %v", channel, a.status, err)
			}
		}
	}
	x.hub = h.at(x.browser(), values{"token": x.shown}) // it was there by the other protocol, and comes back
	h.granted(kims, 1, "device.remove_member", values{"place": place, "person": strconv.FormatInt(h.find("users", "lee@example.com").ID, 10)})
	eventually(t, "the pairing's token of the Ably protocol is worth nothing", func() bool {
		w, _, err := holder.ably(ablyToken)
		if err == nil {
			_ = w.conn.Close() // it goes on
		}
		return err != nil
	})
	for who, b := range map[string]*browser{"the member": lee, "the pairing": holder} {
		w, socket, err := b.pusher(nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.authorize(w, socket, "private-home.box-1") {
			t.Errorf("%s, who was removed, opens the channel again", who)
		}
		_ = w.conn.Close() // all was seen
	}
	for who, w := range pages {
		if who == "the pairing by Ably" {
			w.send(jsonOf(values{"action": 15, "channel": "private-home.box-1", "msgSerial": 0, "messages": []values{{"name": "device.command", "data": jsonOf(order(x, "door", ""))}}}))
			continue
		}
		w.orders("private-home.box-1", order(x, "door", ""))
	}
	if heard := x.hub.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, `"command"`) {
		t.Errorf("who was removed commands: %s", heard)
	}
	x.call("device.report", values{"device": "lamp", "values": values{"on": true}, "version": 77})
	for who, w := range pages {
		send, last := `{"event":"pusher:ping","data":{}}`, "pusher:pong"
		if strings.Contains(who, "Ably") {
			send, last = `{"action":0,"id":"last"}`, `"id":"last"`
		}
		if heard := w.heardBy(last, send); strings.Contains(heard, `"version\":77`) || strings.Contains(heard, `"version":77`) {
			t.Errorf("%s, who was removed, hears %s", who, heard)
		}
	}
}

// browser returns one that shows what the hub proves itself with.
func (x *box) browser() *browser {
	b := x.h.browse("barun.test", "198.51.100.200")
	b.bearer = x.shown
	return b
}

// events publishes as a backend does in the Pusher protocol.
func (h *house) events(body string) reply {
	h.t.Helper()
	sum := md5.Sum([]byte(body)) // the protocol's
	query := "auth_key=key1&auth_timestamp=" + strconv.FormatInt(time.Now().Unix(), 10) + "&auth_version=1.0&body_md5=" + hex.EncodeToString(sum[:])
	m := hmac.New(sha256.New, []byte(appSecret))
	m.Write([]byte("POST\n/apps/app1/events\n" + query))
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, "http://"+h.addr+"/apps/app1/events?"+query+"&auth_signature="+hex.EncodeToString(m.Sum(nil)), strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	a, err := send(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}
