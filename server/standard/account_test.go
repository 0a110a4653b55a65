//go:build unix

package standard_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang/chat"
)

// ends waits until a connection has ended, and fails the test if it does not.
func ends(t *testing.T, what string, gone <-chan struct{}) {
	t.Helper()
	begin := time.Now()
	select {
	case <-gone:
		t.Logf("%s ended after %v", what, time.Since(begin).Round(time.Millisecond))
	case <-time.After(patience):
		t.Errorf("%s is still there", what)
	}
}

// TestMembersAndUsersChat has a member with a session and a user with a token talk, and ends both sign-ins.
func TestMembersAndUsersChat(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test")
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	if a := kim.must(http.StatusOK, http.MethodGet, "/api/user", nil); field(t, a, "name") != "member kim" {
		t.Errorf("kim is %s", a.body)
	}
	app := newBrowser(t, p.url)
	registered := app.must(http.StatusCreated, http.MethodPost, "/api/auth/register", url.Values{
		"name": {"사용자 이"}, "email": {"lee@barun.test"}, "password": {password}, "password_confirmation": {password},
	})
	lee := person{"lee", field(t, registered, "access_token")}

	one, two := kim.connect(), lee.join(t, p.url)
	one.must(t, "sendMessage", map[string]any{"message": "안녕하세요"}, nil)
	hear(t, two, "message.created", func(m chat.MessageView) bool { return m.Text == "안녕하세요" && m.SenderName == "member kim" })
	two.must(t, "sendMessage", map[string]any{"message": "네, 안녕하세요"}, nil)
	hear(t, one, "message.created", func(m chat.MessageView) bool {
		return m.Text == "네, 안녕하세요" && m.SenderName == "사용자 이"
	})

	if a := kim.must(http.StatusOK, http.MethodGet, "/user/profile", nil, "Accept", "text/html"); !strings.Contains(a.body, `"connections":1`) {
		t.Errorf("the profile does not list the connection: %s", a.body)
	}
	operate[map[string]any](t, dir, "", "member", "sign-out", "kim@barun.test")
	ends(t, "the connection of the session", one.told)
	kim.must(http.StatusUnauthorized, http.MethodGet, "/api/user", nil)
	if s, err := enter(t.Context(), p.url, "", kim.cookies(p.url)...); err == nil {
		s.leave(t)
		t.Error("the session that has ended opens another connection")
	}
	app.must(http.StatusOK, http.MethodPost, "/api/auth/logout", url.Values{}, "Authorization", "Bearer "+lee.token)
	ends(t, "the connection of the token", two.told)
	if s, err := enter(t.Context(), p.url, lee.token); err == nil {
		s.leave(t)
		t.Error("the token that has ended opens another connection")
	}
}

// TestSessionOfAnotherPage checks that a page of another origin cannot connect as its visitor.
func TestSessionOfAnotherPage(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test")
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	if s, err := enter(t.Context(), p.url, "", kim.cookies("https://evil.test")...); err == nil {
		s.leave(t)
		t.Error("a page of https://evil.test has connected as its visitor")
	}
	kim.connect()
}

// TestPusherOfMembers subscribes a client of Pusher's protocol by a member's session, and ends that.
func TestPusherOfMembers(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, accountsOn+"apps: [{id: app1, keys: [{name: key1, secret: the-secret-of-key1}]}]\n")
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test")
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	w, err := dialWire(t.Context(), p.url, "/app/key1?protocol=7&client=js&version=8.4.0")
	if err != nil {
		t.Fatal(err)
	}
	stop := context.AfterFunc(t.Context(), func() { _ = w.conn.Close() })
	defer stop()
	hello, err := w.next()
	id := regexp.MustCompile(`[0-9]+\.[0-9]+`).FindString(hello)
	if err != nil || id == "" {
		t.Fatalf("%s %v", hello, err)
	}
	ask := url.Values{"socket_id": {id}, "channel_name": {"private-chat.lobby"}}
	newBrowser(t, p.url).must(http.StatusUnauthorized, http.MethodPost, "/broadcasting/auth", ask)
	signed := kim.must(http.StatusOK, http.MethodPost, "/broadcasting/auth", ask)
	subscribe, err := json.Marshal(map[string]any{"event": "pusher:subscribe", "data": map[string]string{
		"channel": "private-chat.lobby", "auth": field(t, signed, "auth"), "channel_data": field(t, signed, "channel_data"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.send(string(subscribe)); err != nil {
		t.Fatal(err)
	}
	for text := ""; !strings.Contains(text, "subscription_succeeded"); {
		if text, err = w.next(); err != nil || strings.Contains(text, "subscription_error") {
			t.Fatalf("%s %v", text, err)
		}
	}
	kim.must(http.StatusNoContent, http.MethodPost, "/logout", url.Values{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, err := w.next(); err != nil {
				return
			}
		}
	}()
	ends(t, "the connection that a session subscribed", gone)
}

// TestAblyOfUsers connects a client of Ably's protocol with a sign-in's token, and ends that.
func TestAblyOfUsers(t *testing.T) {
	p := serve(t, t.TempDir(), nil)
	app := newBrowser(t, p.url)
	form := url.Values{"email": {"lee@barun.test"}, "password": {password}}
	app.must(http.StatusCreated, http.MethodPost, "/auth/register", form)
	app.must(http.StatusConflict, http.MethodPost, "/auth/register", form)
	token := field(t, app.must(http.StatusOK, http.MethodPost, "/auth/login", form), "token")
	c := ablyDial(t, p.url, "accessToken="+token)
	c.attach("news")
	app.must(http.StatusNoContent, http.MethodPost, "/auth/logout", url.Values{}, "Authorization", "Bearer "+token)
	for end := time.Now().Add(patience); ; {
		f := c.any()
		if f.end || f.Action == 6 || f.Action == 9 { // DISCONNECTED, ERROR
			break
		}
		if time.Now().After(end) {
			t.Fatal("the connection is still there")
		}
	}
}

// TestKillKeepsAccounts ends the server as a power cut would: who was signed in still is.
func TestKillKeepsAccounts(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, accountsOn)
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test", "--role", "admin")
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	app := newBrowser(t, p.url)
	token := field(t, app.must(http.StatusCreated, http.MethodPost, "/api/auth/register", url.Values{
		"name": {"Lee"}, "email": {"lee@barun.test"}, "password": {password}, "password_confirmation": {password},
	}), "access_token")
	p.kill(t)

	p = serve(t, dir, nil)
	again := newBrowser(t, p.url)
	again.must(http.StatusOK, http.MethodGet, "/api/user", nil, "Cookie", strings.TrimPrefix(kim.cookies("")[0], "Cookie: "))
	again.must(http.StatusOK, http.MethodGet, "/api/auth/me", nil, "Authorization", "Bearer "+token)
	again.login("kim@barun.test")
}

// barunHosts is a configuration with all kinds of hosts.
const barunHosts = `account:
  enabled: true
  url: http://barun.test
  key: ` + accountKey + `
  web: {features: {reset_passwords: false, email_verification: false}}
  api: {features: {reset_passwords: false, email_verification: false}}
  hosts:
    base: barun.test
    www: www.barun.test
    api: api.barun.test
    internal: [127.0.0.1]
    sites:
      - {name: admin, host: admin.barun.test, role: admin, prefix: Admin}
      - {name: partner, host: partner.barun.test, role: partner, prefix: Partner}
`

// TestMissingPage has browsers told on a page that there is none, also behind a link for the first administrator that is over.
func TestMissingPage(t *testing.T) {
	guest := newBrowser(t, serve(t, t.TempDir(), nil).url)
	for _, path := range []string{"/nowhere", "/setup/ABC"} {
		if a := guest.must(http.StatusNotFound, http.MethodGet, path, nil, "Accept", "text/html"); !strings.Contains(a.body, `"component":"Error"`) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	if a := guest.must(http.StatusNotFound, http.MethodGet, "/nowhere.js", nil, "Accept", "*/*"); strings.Contains(a.body, "<") {
		t.Errorf("a script is told on a page: %s", a.body)
	}
}

// TestHosts asks each host for what it has and for what it has not.
func TestHosts(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, barunHosts)
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test", "--role", "admin")
	member(t, dir, "park@barun.test", "--role", "partner")
	b := newBrowser(t, p.url)
	base, www, api := b.at("http://barun.test"), b.at("http://www.barun.test"), b.at("http://api.barun.test")
	admin, partner := b.at("http://admin.barun.test"), b.at("http://partner.barun.test")

	base.must(http.StatusOK, http.MethodGet, "/", nil)
	base.must(http.StatusNotFound, http.MethodGet, "/login", nil)
	base.must(http.StatusOK, http.MethodGet, "/.well-known/jwks.json", nil)
	if a := www.must(http.StatusMovedPermanently, http.MethodGet, "/a?b=c", nil); a.header.Get("Location") != "http://barun.test/a?b=c" {
		t.Errorf("www leads to %s", a.header.Get("Location"))
	}
	api.must(http.StatusNotFound, http.MethodGet, "/", nil)
	api.must(http.StatusNotFound, http.MethodPost, "/login", url.Values{"email": {"kim@barun.test"}, "password": {password}})
	api.must(http.StatusUnauthorized, http.MethodGet, "/api/user", nil)
	api.must(http.StatusUnauthorized, http.MethodPost, "/api/auth/login", url.Values{"email": {"kim@barun.test"}, "password": {password}}) // a member is no user
	b.at("http://evil.test").must(http.StatusMisdirectedRequest, http.MethodGet, "/", nil)
	b.at("http://evil.test").must(http.StatusOK, http.MethodGet, "/livez", nil) // a load balancer asks by address

	admin.must(http.StatusUnauthorized, http.MethodGet, "/", nil)
	if a := admin.must(http.StatusFound, http.MethodGet, "/", nil, "Accept", "text/html"); a.header.Get("Location") != "/login" {
		t.Errorf("a guest is sent to %s", a.header.Get("Location"))
	}
	partner.login("park@barun.test")
	partner.must(http.StatusOK, http.MethodGet, "/", nil)
	admin.login("park@barun.test") // whoever has no role signs in, and sees nothing
	admin.must(http.StatusForbidden, http.MethodGet, "/", nil)
	admin.must(http.StatusForbidden, http.MethodGet, "/v1/me", nil)
	admin.must(http.StatusForbidden, http.MethodGet, "/socket.io/?EIO=4&transport=polling", nil)
	admin.must(http.StatusNoContent, http.MethodPost, "/logout", url.Values{})
	admin.login("kim@barun.test")
	admin.must(http.StatusOK, http.MethodGet, "/", nil)
	operate[map[string]any](t, dir, "", "member", "assign", "kim@barun.test", "--none")
	admin.must(http.StatusForbidden, http.MethodGet, "/", nil)
}

// TestRolesOpenChannels checks that a rule about a channel holds for who subscribes, and one about the chat's calls for who makes
// a room, on a connection and by a request.
func TestRolesOpenChannels(t *testing.T) {
	dir := t.TempDir()
	rule := "  gate:\n    channels: [{channels: [private-office.*], guard: web, roles: [admin]}]\n    calls: [{calls: [createRoom], roles: [admin]}]\n"
	configure(t, dir, strings.Replace(accountsOn, "mail:", rule+"mail:", 1)+"apps: [{id: app1, keys: [{name: key1, secret: the-secret-of-key1}]}]\n")
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test", "--role", "admin")
	member(t, dir, "park@barun.test", "--role", "partner")
	ask := url.Values{"socket_id": {"1.1"}, "channel_name": {"private-office.7"}}
	kim, park := newBrowser(t, p.url), newBrowser(t, p.url)
	kim.login("kim@barun.test")
	park.login("park@barun.test")
	kim.must(http.StatusOK, http.MethodPost, "/broadcasting/auth", ask)
	park.must(http.StatusForbidden, http.MethodPost, "/broadcasting/auth", ask)

	room := map[string]any{"name": "Office", "type": "public"}
	var made struct{ ID string }
	if err := park.connect().call("createRoom", room, &made); err == nil {
		t.Errorf("somebody without the role made the room %q", made.ID)
	}
	kim.connect().must(t, "createRoom", room, nil)
	for who, status := range map[*browser]int{park: http.StatusForbidden, kim: http.StatusCreated} {
		if a := who.send(http.MethodPost, "/v1/rooms", `{"name":"Office","type":"public"}`, "Content-Type", "application/json", "Origin", p.url); a.status != status {
			t.Errorf("%d %s, want %d", a.status, a.body, status)
		}
	}
}

// mails returns the mails that development mode has kept for somebody, the newest first.
func mails(t *testing.T, url, to string) (texts []string) {
	t.Helper()
	var all struct {
		Mails []struct {
			To   struct{ Address string }
			Text string
		}
	}
	a := get(t, url+"/dev/mail.json")
	if err := json.Unmarshal([]byte(a.body), &all); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	for _, m := range all.Mails {
		if m.To.Address == to {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// TestResetLink asks for a new password as a client that lies about the host, and follows the link of the mail.
func TestResetLink(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test")
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	live := kim.connect()
	evil := kim.at("http://evil.test")
	evil.must(http.StatusOK, http.MethodPost, "/forgot-password", url.Values{"email": {"kim@barun.test"}},
		"X-Forwarded-Host", "evil.test", "Forwarded", "host=evil.test")
	link := ""
	for end := time.Now().Add(patience); link == "" && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, text := range mails(t, p.url, "kim@barun.test") {
			link = regexp.MustCompile(`https?://\S+/reset-password/\S+`).FindString(text)
		}
	}
	if !strings.HasPrefix(link, p.url+"/reset-password/") {
		t.Fatalf("the link is %q, and the server is %s", link, p.url)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	guest := newBrowser(t, p.url)
	guest.must(http.StatusOK, http.MethodGet, u.RequestURI(), nil, "Accept", "text/html")
	form := url.Values{"token": {strings.TrimPrefix(u.Path, "/reset-password/")}, "email": {"kim@barun.test"},
		"password": {"battery staple"}, "password_confirmation": {"battery staple"}}
	guest.must(http.StatusOK, http.MethodPost, "/reset-password", form)
	ends(t, "the connection of who had the old password", live.told)
	kim.must(http.StatusUnauthorized, http.MethodGet, "/api/user", nil)
	guest.must(http.StatusUnprocessableEntity, http.MethodPost, "/reset-password", form)
	guest.must(http.StatusOK, http.MethodPost, "/login", url.Values{"email": {"kim@barun.test"}, "password": {"battery staple"}})
}

// TestSession is what the chat page asks first.
func TestSession(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test")
	kim := newBrowser(t, p.url)
	if a := kim.must(http.StatusOK, http.MethodGet, "/session", nil); !strings.Contains(a.body, `"user":null`) || !strings.Contains(a.body, `"login":"/login"`) {
		t.Errorf("a guest is told %s", a.body)
	}
	kim.login("kim@barun.test")
	if a := kim.must(http.StatusOK, http.MethodGet, "/session", nil); !strings.Contains(a.body, `"name":"member kim"`) || a.header.Get("Cache-Control") == "" {
		t.Errorf("kim is told %s", a.body)
	}
	without := t.TempDir()
	configure(t, without, "")
	if a := get(t, serve(t, without, nil).url+"/session"); a.status != http.StatusNotFound {
		t.Errorf("without accounts there is %d %s", a.status, a.body)
	}
}

// TestStrangers checks that a token of another issuer proves nobody who has an account here.
func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	kim := member(t, dir, "kim@barun.test")
	for user, let := range map[string]bool{strconv.FormatInt(kim.ID, 10): false, "0" + strconv.FormatInt(kim.ID, 10): false, "alice": true} {
		status, out, errs := command(t, dir, nil, "token", "--user", user)
		if status != 0 {
			t.Fatal(errs)
		}
		s, err := enter(t.Context(), p.url, strings.TrimSpace(out))
		if (err == nil) != let {
			t.Errorf("user %s of another issuer: %v", user, err)
		}
		if err == nil {
			s.leave(t)
		}
	}
}
