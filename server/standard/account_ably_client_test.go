//go:build unix

package standard_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestAblySignInTalks goes the way of a page that speaks the Ably protocol: one token for both servers, the next one by nothing but
// the cookie, and the end of the sign-in, from which neither the connection nor its token comes back.
func TestAblySignInTalks(t *testing.T) {
	p := serve(t, t.TempDir(), nil)
	page := newBrowser(t, p.url)
	form := url.Values{"email": {"kim@barun.test"}, "password": {password}}
	first := field(t, page.must(http.StatusCreated, http.MethodPost, "/auth/register", form), "token")
	page.must(http.StatusConflict, http.MethodPost, "/auth/register", form)
	if a := page.must(http.StatusOK, http.MethodGet, "/api/user", nil, "Authorization", "Bearer "+first); field(t, a, "email") != "kim@barun.test" {
		t.Errorf("the token is of %s", a.body)
	}
	live := ablyDial(t, p.url, "access_token="+first)
	live.attach("room-1")
	live.send(`{"action":14,"channel":"room-1","presence":[{"action":2,"data":"here"}]}`)
	for range 2 { // the acknowledgement and what the room hears, in any order
		if f := live.any(); f.Action != 1 && (f.Action != 14 || len(f.Presence) != 1 || f.Presence[0].ClientID != "kim@barun.test") {
			t.Errorf("in the room is %+v", f)
		}
	}
	live.send(`{"action":10,"channel":"private-orders.7"}`)
	if f := live.next(9); f.Error.Code != 40160 {
		t.Errorf("somebody's private channel: %+v", f)
	}

	renewed := page.must(http.StatusOK, http.MethodGet, "/auth/re-create?clientId=lee%40barun.test", nil)
	next := field(t, renewed, "token")
	if field(t, renewed, "clientId") != "kim@barun.test" || next == first {
		t.Errorf("renewed: %s", renewed.body)
	}
	live.send(`{"action":17,"auth":{"accessToken":%q}}`, next)
	live.next(4)

	page.must(http.StatusNoContent, http.MethodPost, "/auth/logout", url.Values{})
	if f := live.next(6); f.Error.Code != 40141 {
		t.Errorf("after the sign-in has ended: %+v", f)
	}
	for _, token := range []string{first, next} {
		if a := ablyAsk(t, http.MethodGet, p.url+"/channels/room-1/messages", token, ""); a.code() != 40141 {
			t.Errorf("a token after the sign-in has ended: %d %s", a.status, a.body)
		}
	}
	page.must(http.StatusForbidden, http.MethodGet, "/auth/re-create", nil)
}

// TestAblySignInInRooms has people with accounts listen to a room of the chat by the Ably protocol: its members, whom the room knows
// by their ids and not by what their connections are called.
func TestAblySignInInRooms(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, ablyApps+`
chat: {ably: {enabled: true}}
account:
  enabled: true
  url: http://127.0.0.1
  key: `+accountKey+`
  ably: {enabled: true, capability: '{"*":["subscribe","publish"]}'}
  gate: {calls: [{calls: [sendMessage], guard: api, roles: [writer]}], roles: [{guard: api, name: writer}]}
  web: {features: {reset_passwords: false, email_verification: false}}
  api: {features: {reset_passwords: false, email_verification: false}}
`)
	p := serve(t, dir, nil)
	page := newBrowser(t, p.url)
	users := map[string]person{}
	for _, name := range []string{"kim", "lee"} {
		a := page.must(http.StatusCreated, http.MethodPost, "/auth/register", url.Values{"email": {name + "@barun.test"}, "password": {password}})
		users[name] = person{name, field(t, a, "token")}
	}
	id := room(t, p.url, users["kim"])
	kim, lee := ablyDial(t, p.url, "access_token="+users["kim"].token), ablyDial(t, p.url, "access_token="+users["lee"].token)
	kim.attach(id)
	lee.send(`{"action":10,"channel":%q}`, id)
	if f := lee.next(9); f.Error.Code != 40160 {
		t.Errorf("a stranger: %+v", f)
	}
	publish := func(serial int) {
		kim.send(`{"action":15,"channel":%q,"msgSerial":%d,"messages":[{"name":"kim@barun.test","data":"by Ably"}]}`, id, serial)
	}
	publish(0)
	if f := kim.next(2); f.Error.Code != 40160 {
		t.Errorf("somebody who may not send: %+v", f)
	}
	operate[map[string]any](t, dir, "", "user", "assign", "kim@barun.test", "--role", "writer")
	publish(1)
	heard := map[int]ablyFrame{}
	for range 2 { // the acknowledgement and the message, whichever is first
		f := kim.any()
		heard[f.Action] = f
	}
	if own := heard[15].Messages; len(heard) != 2 || heard[1].Action != 1 || len(own) != 1 || own[0].Name == "" || own[0].Name == "kim@barun.test" {
		t.Errorf("of a message of one's own came %+v", heard)
	}
	users["kim"].ask(t, p.url, http.MethodPost, "/rooms/"+id+"/message", map[string]string{"message": "안녕하세요"}, nil)
	if f := kim.next(15); len(f.Messages) != 1 || string(f.Messages[0].Data) != `"안녕하세요"` {
		t.Errorf("the member hears %+v", f)
	}
}
