//go:build unix

// Sockets and accounts: cross-site WebSocket hijacking, second factors that are owed, rights that end, and what each kind of
// token opens. CVE-2025-55070 (Mattermost: no second factor on WebSocket) and CVE-2024-21635 taught the last ones.
//
// Here a cookie counts on a socket only if the page that opens it is of the same host, and every socket is in the list of what
// somebody is signed in by. Parts: account/guards, account/live.

package attack

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"madang/account"
)

// TestHijackedSocket opens sockets with a member's cookies from pages elsewhere.
func TestHijackedSocket(t *testing.T) {
	h := open(t, withHosts)
	b := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	h.assign("kim@example.com", "partner")
	if w, err := b.chat("", nil); err != nil {
		t.Errorf("a page of the same host: %v", err)
	} else if a, err := w.call(1, "unread", nil); err != nil || strings.Contains(a, "error") {
		t.Errorf("%s %v", a, err)
	}
	for name, header := range map[string]http.Header{
		"another site":         {"Origin": {"https://evil.example"}},
		"a sibling host":       {"Origin": {"https://admin.barun.test"}},
		"the base host":        {"Origin": {"https://barun.test"}},
		"a sandbox":            {"Origin": {"null"}},
		"another port":         {"Origin": {"https://partner.barun.test:8443"}},
		"without TLS":          {"Origin": {"http://partner.barun.test"}},
		"a name that begins":   {"Origin": {"https://partner.barun.test.evil.example"}},
		"another user":         {"Origin": {"https://partner.barun.test@evil.example"}},
		"no origin":            {"Origin": {}, "Referer": {}},
		"an empty one":         {"Origin": {""}, "Referer": {"https://evil.example/"}},
		"two of them":          {"Origin": {"https://evil.example", "https://partner.barun.test"}},
		"what proxies say":     {"Origin": {"https://evil.example"}, "X-Forwarded-Host": {"evil.example"}, "Forwarded": {"host=evil.example"}},
		"fetch says something": {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"same-origin"}},
	} {
		if w, err := b.chat("", header); err == nil {
			a, err := w.call(1, "unread", nil)
			t.Errorf("%s: Socket.IO lets the cookie's owner in: %s %v", name, a, err)
		}
		if w, id, err := b.pusher(header); err == nil {
			r := b.request(http.MethodPost, "/broadcasting/auth", values{"socket_id": id, "channel_name": "private-x"})
			maps.Copy(r.Header, header)
			r.Header.Del("X-Xsrf-Token")
			if a, err := send(r); err != nil || a.status < 300 {
				t.Errorf("%s: /broadcasting/auth answers a page elsewhere: %d %s %v", name, a.status, a.body, err)
			}
			_ = w.conn.Close() // all was seen
		}
	}
}

// TestPollingIsGuardedToo does the same without WebSockets.
func TestPollingIsGuardedToo(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	for origin, want := range map[string]bool{"https://evil.example": false, "null": false, "https://barun.test": true} {
		ask := func(method, query, body string) string {
			a := b.forgery(method, "/socket.io/?EIO=4&transport=polling"+query, "text/plain;charset=UTF-8", body, http.Header{"Origin": {origin}})
			return a.body
		}
		_, rest, _ := strings.Cut(ask(http.MethodGet, "", ""), `"sid":"`)
		sid, _, _ := strings.Cut(rest, `"`)
		if sid == "" {
			if want {
				t.Errorf("%s: no session", origin)
			}
			continue
		}
		ask(http.MethodPost, "&sid="+sid, "40/chat,")
		if answer := ask(http.MethodGet, "&sid="+sid, ""); strings.Contains(answer, "40/chat") != want {
			t.Errorf("%s: %s", origin, answer)
		}
	}
}

// TestHalfInHasNoSocket knows the password and not the code, and opens sockets.
func TestHalfInHasNoSocket(t *testing.T) {
	h := open(t, "")
	h.browse("barun.test", "192.0.2.1").register("kim@example.com").factor(password)
	half := h.browse("barun.test", "192.0.2.2")
	if a := half.login("kim@example.com", password); a.json("two_factor") != true {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if _, err := half.chat("", nil); err == nil {
		t.Error("Socket.IO lets somebody in who owes a code")
	}
	_, value := half.session()
	if _, err := half.chat(value, nil); err == nil {
		t.Error("Socket.IO takes a session's secret as a token")
	}
	if w, id, err := half.pusher(nil); err == nil {
		if a := half.ask(http.MethodPost, "/broadcasting/auth", values{"socket_id": id, "channel_name": "private-x"}); a.status < 300 {
			t.Errorf("%d %s", a.status, a.body)
		}
		_ = w.conn.Close() // all was seen
	}
}

// TestSocketsEndWithTheirSignIn opens a socket by each kind of sign-in and ends that: the socket ends within a second or so, and
// does not come back.
func TestSocketsEndWithTheirSignIn(t *testing.T) {
	h := open(t, "")
	for i, c := range []struct {
		name string
		do   func(b *browser, email string)
	}{
		{"logout", func(b *browser, _ string) { b.must(http.StatusNoContent, http.MethodPost, "/logout", nil) }},
		{"password reset", func(_ *browser, email string) {
			b := h.browse("barun.test", "203.0.113.1")
			b.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": email})
			b.must(http.StatusOK, http.MethodPost, "/reset-password", values{"token": h.resetToken(email), "email": email, "password": other, "password_confirmation": other})
		}},
		{"deleted", func(b *browser, _ string) { b.ask(http.MethodDelete, "/user", values{"password": password}) }},
	} {
		email := fmt.Sprintf("kim%d@example.com", i)
		b := h.browse("barun.test", "192.0.2.1").register(email)
		shown := b.apiToken("robot", "create", "read", "update", "delete")
		w, err := b.chat("", nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		robot, err := h.browse("barun.test", "192.0.2.2").chat(shown, nil)
		if err != nil {
			t.Fatalf("%s: the program: %v", c.name, err)
		}
		old := b.clone()
		gone := w.over()
		begin := time.Now()
		c.do(b, email)
		within(t, c.name+": the socket ends", gone)
		t.Logf("%s: the socket ended within %v", c.name, time.Since(begin))
		if _, err := old.chat("", nil); err == nil {
			t.Errorf("%s: the old cookie opens another socket", c.name)
		}
		if c.name != "logout" {
			within(t, c.name+": the program's socket ends", robot.over())
			if _, err := h.browse("barun.test", "192.0.2.2").chat(shown, nil); err == nil {
				t.Errorf("%s: the program's token opens another socket", c.name)
			}
		}
	}
	h.user("app@example.com")
	access := h.tokens("app@example.com")["access_token"]
	w, err := h.browse("barun.test", "192.0.2.3").chat(access, nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := w.over()
	b := h.browse("barun.test", "192.0.2.3")
	b.bearer = access
	b.must(http.StatusOK, http.MethodPost, "/api/auth/logout", nil)
	within(t, "an app's socket ends when it signs out", gone)
	if _, err := h.browse("barun.test", "192.0.2.3").chat(access, nil); err == nil {
		t.Error("a token that was signed out opens another socket")
	}
}

// TestDisabledLoseSockets disables somebody behind the back of the server, as another node would: no new socket is opened.
func TestDisabledLoseSockets(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	w, err := b.chat("", nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := w.over()
	p := h.find("members", "kim@example.com")
	if _, err := h.store.EndAll(t.Context(), "app1", p.ID, account.Except{}); err != nil { // nobody tells the server: it has to look
		t.Fatal(err)
	}
	p.DisabledAt = p0()
	if _, err := h.store.SavePerson(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if _, err := b.chat("", nil); err == nil {
		t.Error("somebody who is disabled opens a socket")
	}
	select {
	case <-gone:
	case <-time.After(time.Millisecond): // within the next look, which TestLook of account/live holds
	}
}

// TestReadOnlyTokens lets a program with a token that may only read write.
func TestReadOnlyTokens(t *testing.T) {
	h := open(t, "")
	m := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	shown := m.apiToken("reader", "read")
	all := m.apiToken("writer", "create", "read", "update", "delete")
	robot, writer := h.browse("barun.test", "192.0.2.2"), h.browse("barun.test", "192.0.2.2")
	robot.bearer, writer.bearer = shown, all
	a := writer.ask(http.MethodPost, "/v1/rooms", values{"name": "방", "type": "private"})
	if a.status >= 300 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	room := a.text("id")
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/v1/rooms/" + room + "/messages", values{"text": "x"}}, {http.MethodPost, "/v1/rooms", values{"name": "x", "type": "private"}},
		{http.MethodDelete, "/v1/rooms/" + room, nil}, {http.MethodPatch, "/v1/rooms/" + room, values{"name": "x"}},
	} {
		if a := robot.ask(c.method, c.path, c.body); a.status < 300 {
			t.Errorf("%s %s with a token that may only read: %d %s", c.method, c.path, a.status, a.body)
		}
	}
	w, err := h.browse("barun.test", "192.0.2.2").chat(shown, nil)
	if err != nil {
		return // it may be that such tokens have no sockets
	}
	if a, err := w.call(1, "sendMessage", values{"room": room, "message": "x"}); err == nil && strings.Contains(a, `"seq"`) {
		t.Errorf("sendMessage with a token that may only read: %s", a)
	}
}
