package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/account/guards"
	"madang/account/live"
	"madang/account/signin"
	"madang/dialect/ably"
	"madang/dialect/ably/token"
	"madang/dialect/pusher"
	"madang/dialect/pusher/authorize"
	"madang/dialect/socketio"
	"madang/internal/memnet"
	"madang/madangtest"
)

const (
	cookieName = "madang_session"
	origin     = "http://talk" // the host that the test's clients ask for
)

// A house is a town whose nodes speak all dialects, to people who are signed in by cookies.
type house struct {
	*town
	tenants   *madang.Apps
	authority *token.Authority
	muxes     []*http.ServeMux
	listeners []*memnet.Listener
	servers   []*http.Server
	talkers   []madangtest.Peer
}

func newHouse(t *testing.T, nodes int) *house {
	t.Helper()
	h := &house{tenants: madang.NewApps(madang.App{ID: app, Keys: []madang.Key{{Name: "key", Secret: "secret"}}})}
	keys, err := token.FromApps(h.tenants, nil)
	ok(t, err)
	h.authority = token.New(token.Config{Keys: keys})
	var web *guards.Web
	session := madang.GuardFunc(func(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
		return web.Authenticate(ctx, c)
	})
	h.town = newTown(t, nodes, func(_ *live.Config, c *madang.Config) {
		c.Guards = map[string]madang.Guard{
			"api": &guards.API{Web: session}, "web": session, pusher.GuardName: pusher.NewGuard(h.tenants), ably.GuardName: ably.NewGuard(h.authority),
		}
		c.Policies = []madang.Policy{pusher.NewPolicy(h.tenants), ably.NewPolicy(), madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Principal.User == "" {
				return nil, nil
			}
			return &madang.Grant{}, nil
		})}
	})
	web, err = guards.NewWeb(guards.WebConfig{Cookie: cookieName}, h.members, slog.New(slog.DiscardHandler))
	ok(t, err)
	for _, hub := range h.hubs {
		h.serve(hub)
	}
	return h
}

// serve answers clients of all dialects at a node.
func (h *house) serve(hub *madang.Hub) {
	h.t.Helper()
	mux := http.NewServeMux()
	sc := socketio.Defaults()
	sc.App, sc.Namespaces = app, map[string]socketio.NamespaceConfig{"/chat": {Guard: "api", Mode: socketio.Reject}}
	io, err := socketio.New(hub, sc, socketio.Options{})
	ok(h.t, err)
	io.Of("/chat")
	mux.Handle(io.Path(), io)
	p, err := pusher.New(hub, pusher.Defaults(), pusher.Options{Apps: h.tenants})
	ok(h.t, err)
	a, err := ably.New(hub, ably.Defaults(), ably.Options{Apps: h.tenants, Authority: h.authority})
	ok(h.t, err)
	for _, routes := range []map[string]http.Handler{p.Routes(), a.Routes(), authorize.New(hub, h.tenants, app, slog.New(slog.DiscardHandler)).Routes()} {
		for pattern, f := range routes {
			mux.Handle(pattern, f)
		}
	}
	l, s := memnet.Listen(0), &http.Server{Handler: mux}
	go func() { _ = s.Serve(l) }() // it always ends with an error: that it was closed
	h.muxes, h.listeners, h.servers = append(h.muxes, mux), append(h.listeners, l), append(h.servers, s)
}

func (h *house) close() {
	for _, c := range h.talkers {
		_ = c.Close() // it may have ended
	}
	for _, s := range h.servers {
		ok(h.t, s.Close())
	}
	h.town.close()
}

// A talker is a client of some dialect.
type talker struct {
	madangtest.Peer
	t *testing.T
}

// dial opens a WebSocket to a node.
func (h *house) dial(t *testing.T, node int, target string, header http.Header) *talker {
	t.Helper()
	d := madangtest.WebSocket{Target: func(s string) string { return s }, Header: header}
	p, err := d.Open(t.Context(), func(ctx context.Context) (net.Conn, error) { return h.listeners[node].Dial(ctx) }, target)
	ok(t, err)
	h.talkers = append(h.talkers, p)
	return &talker{p, t}
}

// say sends lines, and returns what has come by then.
func (c *talker) say(lines ...string) string {
	c.t.Helper()
	for _, line := range lines {
		ok(c.t, c.Send(line))
	}
	time.Sleep(50 * time.Millisecond)
	return strings.Join(c.Received(), "\n")
}

// by are the headers of a page's request by a session.
func by(e signin.Entry, page string) http.Header {
	return http.Header{"Cookie": {cookieName + "=" + e.Secret}, "Origin": {page}}
}

// overSocketIO connects to the chat's namespace with a session.
func (h *house) overSocketIO(t *testing.T, node int, e signin.Entry, page string) (*talker, string) {
	t.Helper()
	c := h.dial(t, node, "/socket.io/?EIO=4&transport=websocket", by(e, page))
	return c, c.say("40/chat,")
}

// overPusher subscribes to a private channel with what /broadcasting/auth signs for a session; over a node of its own.
func (h *house) overPusher(t *testing.T, node int, e signin.Entry) (*talker, string) {
	t.Helper()
	c := h.dial(t, node, "/app/key?protocol=7", nil)
	var first struct{ Data string }
	ok(t, json.Unmarshal([]byte(c.say()), &first))
	var data struct {
		SocketID string `json:"socket_id"`
	}
	ok(t, json.Unmarshal([]byte(first.Data), &data))
	r := httptest.NewRequest(http.MethodPost, origin+"/broadcasting/auth",
		strings.NewReader(url.Values{"socket_id": {data.SocketID}, "channel_name": {"private-orders"}}.Encode()))
	r.Header = by(e, origin)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.muxes[0].ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return c, fmt.Sprint(w.Code)
	}
	reply := map[string]string{}
	ok(t, json.Unmarshal(w.Body.Bytes(), &reply))
	reply["channel"] = "private-orders"
	text, err := json.Marshal(map[string]any{"event": "pusher:subscribe", "data": reply})
	ok(t, err)
	return c, c.say(string(text))
}

// overAbly connects with a token that was made for a sign-in.
func (h *house) overAbly(t *testing.T, node int, signIn string) (*talker, string) {
	t.Helper()
	d, err := h.authority.Sign(app+".key", token.JWT{ClientID: "minji@example.com", Capability: `{"*":["*"]}`, TTL: time.Hour, RevocationKey: ably.SignInPrefix + signIn})
	ok(t, err)
	c := h.dial(t, node, "/?v=2&format=json&accessToken="+url.QueryEscape(d.Token), nil)
	return c, c.say()
}

// The end of a sign-in reaches the clients of all dialects on another node within a second, in words by which they sign in again.
func TestEndInAllDialects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 2)
		defer h.close()
		p := h.person(h.members, "minji")
		e := h.enter(p)
		signIn := bySession(e.SignedIn).Claim("sign_in").(string)
		io, hello := h.overSocketIO(t, 1, e, origin)
		if !strings.Contains(hello, `40/chat,{"sid"`) {
			t.Fatalf("Socket.IO: %s", hello)
		}
		push, hello := h.overPusher(t, 1, e)
		if !strings.Contains(hello, "subscription_succeeded") {
			t.Fatalf("Pusher: %s", hello)
		}
		ab, hello := h.overAbly(t, 1, signIn)
		if !strings.Contains(hello, `"action":4`) {
			t.Fatalf("Ably: %s", hello)
		}
		time.Sleep(second)
		all, err := h.lives[0].Connections(t.Context(), app, p.ID)
		ok(t, err)
		dialects := map[string]string{}
		for _, c := range all {
			dialects[c.Dialect] = c.SignIn
		}
		if len(all) != 3 || dialects["socketio"] != signIn || dialects["pusher"] != signIn || dialects["ably"] != signIn {
			t.Errorf("listed: %+v", all)
		}
		ok(t, h.members.Logout(t.Context(), here(), e.SignedIn))
		time.Sleep(second - time.Millisecond)
		for name, x := range map[string]struct {
			c    *talker
			want string
		}{"Socket.IO": {io, "41/chat,"}, "Pusher": {push, "end 4009"}, "Ably": {ab, `"code":40141`}} {
			if got := strings.Join(x.c.Received(), "\n"); !strings.Contains(got, x.want) {
				t.Errorf("%s was told %q, want %q", name, got, x.want)
			}
		}
		// And it stays so: none of them comes back.
		if _, hello := h.overSocketIO(t, 0, e, origin); !strings.Contains(hello, "44/chat,") {
			t.Errorf("Socket.IO came back: %s", hello)
		}
		if _, hello := h.overPusher(t, 0, e); hello != "401" {
			t.Errorf("Pusher came back: %s", hello)
		}
		c, _ := h.overAbly(t, 0, signIn) // whose token is good for itself
		time.Sleep(second)
		if got := strings.Join(c.Received(), "\n"); !strings.Contains(got, `"code":40141`) {
			t.Errorf("Ably came back: %s", got)
		}
	})
}

// When the session goes on under another id, its clients are told to come back, and do with the new cookie, but not with the old.
func TestComesBackInAllDialects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 2)
		defer h.close()
		e := h.enter(h.person(h.members, "minji"))
		io, _ := h.overSocketIO(t, 1, e, origin)
		push, _ := h.overPusher(t, 1, e)
		ab, _ := h.overAbly(t, 1, bySession(e.SignedIn).Claim("sign_in").(string))
		next, err := h.members.ConfirmPassword(t.Context(), here(), e.SignedIn, secretWord)
		ok(t, err)
		// The answer with the new cookie goes out first.
		if got := io.say() + push.say() + ab.say(); got != "" {
			t.Errorf("told before the answer can have arrived: %s", got)
		}
		time.Sleep(second - 150*time.Millisecond - time.Millisecond)
		if got := strings.Join(io.Received(), "\n"); strings.Contains(got, "41") || !strings.Contains(got, "end") {
			t.Errorf("Socket.IO was told %q, and would stay away", got)
		}
		if got := strings.Join(push.Received(), "\n"); !strings.Contains(got, "end 4200") {
			t.Errorf("Pusher was told %q", got)
		}
		if got := strings.Join(ab.Received(), "\n"); !strings.Contains(got, `"action":6`) {
			t.Errorf("Ably was told %q", got)
		}
		if _, hello := h.overSocketIO(t, 0, next, origin); !strings.Contains(hello, `40/chat,{"sid"`) {
			t.Errorf("Socket.IO with the new cookie: %s", hello)
		}
		if _, hello := h.overPusher(t, 0, next); !strings.Contains(hello, "subscription_succeeded") {
			t.Errorf("Pusher with the new cookie: %s", hello)
		}
		if _, hello := h.overSocketIO(t, 0, e, origin); !strings.Contains(hello, "44/chat,") {
			t.Errorf("Socket.IO with the old cookie: %s", hello)
		}
	})
}

// CVE-2023-0957, CVE-2024-26135: a page of somebody else's opens a socket with its visitor's cookie.
func TestAnotherPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 1)
		defer h.close()
		e := h.enter(h.person(h.members, "minji"))
		for _, page := range []string{"http://evil.example", "null", "http://talk.evil.example", "http://talk:81"} {
			if _, hello := h.overSocketIO(t, 0, e, page); !strings.Contains(hello, "44/chat,") {
				t.Errorf("from %s: %s", page, hello)
			}
		}
	})
}

// A signature that was made before the sign-in ended is shown after it.
func TestOldSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 2)
		defer h.close()
		e := h.enter(h.person(h.members, "minji"))
		c := h.dial(t, 1, "/app/key?protocol=7", nil)
		var first struct{ Data string }
		ok(t, json.Unmarshal([]byte(c.say()), &first))
		var data struct {
			SocketID string `json:"socket_id"`
		}
		ok(t, json.Unmarshal([]byte(first.Data), &data))
		r := httptest.NewRequest(http.MethodPost, origin+"/broadcasting/user-auth", strings.NewReader("socket_id="+data.SocketID))
		r.Header = by(e, origin)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.muxes[0].ServeHTTP(w, r)
		ok(t, h.members.Logout(t.Context(), here(), e.SignedIn))
		time.Sleep(time.Minute)
		got := c.say(`{"event":"pusher:signin","data":` + w.Body.String() + `}`)
		time.Sleep(second)
		if got += strings.Join(c.Received(), "\n"); !strings.Contains(got, "end 4009") {
			t.Errorf("signed in by what has ended: %s", got)
		}
	})
}

// poll connects to the chat by long polling, as a page that says of itself what is in the headers, and returns the answer.
func (h *house) poll(t *testing.T, header http.Header) string {
	t.Helper()
	ask := func(method, target, body string) string {
		r := httptest.NewRequestWithContext(t.Context(), method, origin+"/socket.io/?EIO=4&transport=polling"+target, strings.NewReader(body))
		r.Header = header.Clone()
		w := httptest.NewRecorder()
		h.muxes[0].ServeHTTP(w, r)
		return w.Body.String()
	}
	var open struct{ SID string }
	ok(t, json.Unmarshal([]byte(strings.TrimPrefix(ask(http.MethodGet, "", ""), "0")), &open))
	ask(http.MethodPost, "&sid="+open.SID, "40/chat,")
	return ask(http.MethodGet, "&sid="+open.SID, "")
}

// A session of long polling begins with a GET, which has no Origin: the page is known by what else browsers say.
func TestAnotherPagePolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, 1)
		defer h.close()
		e := h.enter(h.person(h.members, "minji"))
		for name, x := range map[string]struct {
			header http.Header
			want   string
		}{
			"the own page":          {http.Header{"Sec-Fetch-Site": {"same-origin"}}, "40/chat,"},
			"the own page, by http": {http.Header{"Referer": {origin + "/chat"}}, "40/chat,"},
			"another page":          {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Referer": {"http://evil.example/"}}, "44/chat,"},
			"a sibling":             {http.Header{"Sec-Fetch-Site": {"same-site"}}, "44/chat,"},
			"a page that hides":     {http.Header{}, "44/chat,"},
		} {
			x.header.Set("Cookie", cookieName+"="+e.Secret)
			if got := h.poll(t, x.header); !strings.HasPrefix(got, x.want) {
				t.Errorf("%s: %s, want %s", name, got, x.want)
			}
		}
	})
}
