//go:build unix

// Roles on channels, tenants, and requests of the REST interface that a browser was made to send: holes between the gate, the
// dialects and the guards.

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// staffOnly closes some channels to everybody but administrators.
const staffOnly = "\n  gate: {channels: [{channels: ['private-staff.*', 'presence-staff.*'], guard: web, roles: [admin]}]}\n"

// authorize asks for a Pusher subscription as a page does, and subscribes with the answer.
func (b *browser) authorize(w *wire, id, channel string) bool {
	b.h.t.Helper()
	a := b.ask(http.MethodPost, "/broadcasting/auth", values{"socket_id": id, "channel_name": channel})
	if a.status != http.StatusOK {
		return false
	}
	data := values{"auth": a.text("auth")}
	if text := a.text("channel_data"); text != "" {
		data["channel_data"] = text
	}
	return w.subscribe(channel, data)
}

// TestRolesOnChannels asks for channels of administrators as everybody else, by every way in, and takes the role away from
// somebody who is in one.
func TestRolesOnChannels(t *testing.T) {
	h := open(t, staffOnly)
	boss := h.browse("barun.test", "192.0.2.1").register("boss@example.com")
	h.assign("boss@example.com", "admin")
	plain := h.browse("barun.test", "192.0.2.2").register("kim@example.com")
	app := h.user("app@example.com")
	w, id, err := boss.pusher(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{"private-staff.1", "presence-staff.1"} {
		if !boss.authorize(w, id, channel) {
			t.Fatalf("an administrator may not be in %s", channel)
		}
	}
	for name, who := range map[string]*browser{"a member": plain, "a user": app, "a guest": h.browse("barun.test", "192.0.2.3")} {
		w, own, err := who.pusher(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, channel := range []string{"private-staff.1", "presence-staff.1"} {
			if who.authorize(w, own, channel) {
				t.Errorf("%s is in %s", name, channel)
			}
			a := boss.ask(http.MethodPost, "/broadcasting/auth", values{"socket_id": id, "channel_name": channel})
			stolen := values{"auth": a.text("auth"), "channel_data": a.text("channel_data")}
			if stolen["channel_data"] == "" {
				delete(stolen, "channel_data")
			}
			if w.subscribe(channel, stolen) {
				t.Errorf("%s is in %s by what was signed for another socket", name, channel)
			}
			if w.subscribe(channel, values{}) || w.subscribe(channel, values{"auth": "key1:" + strings.Repeat("0", 64)}) {
				t.Errorf("%s is in %s by nothing", name, channel)
			}
		}
		a := who.ask(http.MethodPost, "/broadcasting/auth", values{"socket_id": own, "channel_name": "private-staff.1:presence-x"})
		if a.status == http.StatusOK && w.subscribe("private-staff.1", values{"auth": a.text("auth")}) {
			t.Errorf("%s is in a channel by the signature of another name: %s", name, a.body)
		}
		_ = w.conn.Close() // all was seen
	}
	gone := make(chan string, 1)
	go func() {
		text, err := w.until("private-staff.1")
		gone <- fmt.Sprint(text, err)
	}()
	h.assign("boss@example.com", "partner")
	eventually(t, "nobody is in the channel", func() bool {
		again, own, err := boss.pusher(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = again.conn.Close() }() // all was seen
		return !boss.authorize(again, own, "private-staff.1")
	})
	if text := <-gone; !strings.Contains(text, "error") && !strings.Contains(text, "closed") {
		t.Errorf("who lost the role is told: %s", text)
	}
}

// TestTenants shows what signs people of one app in at another.
func TestTenants(t *testing.T) {
	h := open(t, staffOnly, func(s string) string {
		return strings.Replace(s, "echo_key: "+echoKey+"}", "echo_key: "+echoKey+"}, {id: app2, keys: [{name: key2, secret: "+appSecret+"-2}]}", 1)
	})
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	h.assign("kim@example.com", "admin")
	for key, want := range map[string]bool{"key1": true, "key2": false} {
		w, err := b.dialWire("/app/"+key+"?protocol=7&client=js&version=8.4.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := w.until("socket_id")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(text, `socket_id\":\"`)
		id, _, _ := strings.Cut(rest, `\"`)
		if got := b.authorize(w, id, "private-staff.1"); got != want {
			t.Errorf("an administrator of one app, with %s: %v", key, got)
		}
	}
}

// TestForgedREST sends the chat's requests with a member's cookie from pages elsewhere.
func TestForgedREST(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	body := `{"name":"forged","type":"private"}`
	own := http.Header{"Origin": {"https://barun.test"}}
	if a := b.forgery(http.MethodPost, "/v1/rooms", "application/json", body, own); a.status >= 300 {
		t.Fatalf("a page of the same host: %d %s", a.status, a.body)
	}
	for name, header := range map[string]http.Header{
		"another site": {"Origin": {"https://evil.example"}}, "a sandbox": {"Origin": {"null"}}, "a sibling": {"Origin": {"https://x.barun.test"}},
		"fetch, cross-site": {"Sec-Fetch-Site": {"cross-site"}, "Referer": {}}, "fetch, same-site": {"Sec-Fetch-Site": {"same-site"}, "Referer": {}},
		"nothing": {"Referer": {}}, "a referer elsewhere": {"Referer": {"https://evil.example/https://barun.test/"}},
	} {
		for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", ""} {
			if a := b.forgery(http.MethodPost, "/v1/rooms", kind, body, header); a.status < 300 {
				t.Errorf("%s, %q: %d %s", name, kind, a.status, a.body)
			}
		}
		a := b.forgery(http.MethodGet, "/v1/rooms", "", "", header)
		if a.status < 300 {
			t.Errorf("%s reads: %d %s", name, a.status, a.body)
		}
		if a.header.Get("Access-Control-Allow-Credentials") == "true" && a.header.Get("Access-Control-Allow-Origin") != "https://barun.test" {
			t.Errorf("%s may read answers to cookies: %v", name, a.header)
		}
	}
}
