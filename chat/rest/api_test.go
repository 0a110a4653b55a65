package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"madang"
	"madang/chat"
	"madang/chat/rest"
	"madang/store/memory"
)

var update = flag.Bool("update", false, "rewrite docs/openapi.json")

// guard takes tokens that are user ids; "old" has expired and "broken" makes the guard fail.
func guard(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
	switch c.Token {
	case "":
		return nil, &madang.Refusal{Code: "token_missing", Text: "없음 " + c.Locale, Err: madang.ErrUnauthenticated}
	case "bad":
		return nil, fmt.Errorf("no such token: %w", madang.ErrUnauthenticated)
	case "old":
		return nil, &madang.Refusal{Code: "token_expired", Text: "만료", Err: madang.ErrUnauthenticated}
	case "broken":
		return nil, errors.New("the keys are away: secret detail")
	case "nobody":
		return &madang.Principal{App: c.App}, nil
	}
	return &madang.Principal{App: c.App, User: c.Token, Name: "Name of " + c.Token}, nil
}

// A server is the interface on a hub of its own.
type server struct {
	api  *rest.API
	chat *chat.Feature
	hub  *madang.Hub
}

func newServer(t testing.TB) *server {
	t.Helper()
	seen := &madang.Observer{}
	s := &server{hub: madang.New(madang.Config{
		Guards: map[string]madang.Guard{"api": madang.GuardFunc(guard)}, Observers: []*madang.Observer{seen},
	})}
	strict := chat.Defaults()
	strict.UnknownUsers, strict.ChooseIDs = false, true
	var err error
	if s.chat, err = chat.Open(s.hub, memory.NewChat(), strict); err != nil {
		t.Fatal(err)
	}
	*seen = *s.chat.Observer()
	c := rest.Defaults()
	c.App, c.MaxBody = "app1", 32<<10
	if s.api, err = rest.New(s.hub, s.chat, nil, c, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.hub.Start(t.Context()), s.chat.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.chat.Close(), s.hub.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// do makes a request. Headers are given as "Key: value".
func (s *server) do(token, method, path, body string, headers ...string) *http.Response {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w.Result()
}

// get makes a request that must answer with a status, and reads the answer.
func get[T any](t *testing.T, s *server, status int, token, method, path, body string, headers ...string) T {
	t.Helper()
	res := s.do(token, method, path, body, headers...)
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s, %v", method, path, res.StatusCode, status, b, err)
	}
	var v T
	if status == http.StatusNoContent {
		return v
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, b, err)
	}
	return v
}

func TestConversation(t *testing.T) {
	s := newServer(t)
	kim := get[chat.Person](t, s, 200, "kim", "GET", "/v1/me", "")
	if kim != (chat.Person{ID: "kim", Name: "Name of kim"}) {
		t.Errorf("me %+v", kim)
	}
	get[chat.Person](t, s, 200, "lee", "GET", "/v1/me", "")
	r := get[chat.RoomView](t, s, 201, "kim", "POST", "/v1/rooms", `{"name":"마당","type":"public","x":1}`)
	if r.ID == "" || r.Name != "마당" || r.Type != "public" || r.Role != "owner" || r.MemberCount != 1 {
		t.Errorf("room %+v", r)
	}
	public := get[rest.RoomList](t, s, 200, "lee", "GET", "/v1/rooms?scope=public", "")
	if len(public.Rooms) != 1 || public.Rooms[0].ID != r.ID || public.Rooms[0].Role != "" {
		t.Errorf("public rooms %+v", public)
	}
	at := "/v1/rooms/" + r.ID
	if joined := get[chat.RoomView](t, s, 200, "lee", "POST", at+"/join", ""); joined.MemberCount != 2 || joined.Role != "member" {
		t.Errorf("joined %+v", joined)
	}
	sent := get[chat.Sent](t, s, 201, "kim", "POST", at+"/messages", `{"text":"하나","sender":"lee"}`, "Idempotency-Key: k1")
	if sent.Seq != 1 || sent.Sender != "kim" || sent.SenderName != "Name of kim" || sent.Nonce != "k1" || sent.Duplicate {
		t.Errorf("sent %+v", sent)
	}
	if again := get[chat.Sent](t, s, 201, "kim", "POST", at+"/messages", `{"text":"하나","nonce":"k1"}`); !again.Duplicate ||
		again.MessageView != sent.MessageView {
		t.Errorf("sent again %+v", again)
	}
	alias := get[rest.AliasSent](t, s, 201, "lee", "POST", "/rooms/"+r.ID+"/message", `{"message":"둘"}`)
	if alias.Seq != 2 || alias.Message != "둘" || alias.UserID != "lee" || alias.RoomID != r.ID {
		t.Errorf("sent by the alias: %+v", alias)
	}
	for i := 3; i <= 10; i++ {
		get[chat.Sent](t, s, 201, "kim", "POST", at+"/messages", fmt.Sprintf(`{"text":"%d"}`, i))
	}
	for _, c := range []struct {
		path        string
		first, last int64
		more        bool
	}{
		{at + "/messages", 1, 10, false},
		{at + "/messages?limit=3", 8, 10, true},
		{at + "/messages?limit=3&before=4", 1, 3, false},
		{at + "/messages?limit=3&after=0", 1, 3, true},
		{at + "/messages?limit=3&after=8", 9, 10, false},
		{at + "/messages?limit=4&around=5", 3, 6, true},
		{at + "/messages?limit=1&around=5", 5, 5, true},
		{at + "/messages?limit=200&around=5", 1, 10, false},
		{at + "/messages?limit=1000000", 1, 10, false},
		{"/rooms/" + r.ID + "/message", 1, 10, false},
		{"/rooms/" + r.ID + "/messages?limit=1", 10, 10, true},
	} {
		p := get[chat.PageView](t, s, 200, "lee", "GET", c.path, "")
		if n := len(p.Messages); n == 0 || p.Messages[0].Seq != c.first || p.Messages[n-1].Seq != c.last || p.HasMore != c.more {
			t.Errorf("%s: %+v", c.path, p)
		}
	}
	if m := get[chat.MessageView](t, s, 200, "lee", "GET", at+"/messages/1", ""); m != sent.MessageView {
		t.Errorf("message %+v", m)
	}
	if u := get[chat.UnreadState](t, s, 200, "lee", "GET", "/v1/unread", ""); u.Total != 8 || u.Rooms[r.ID] != 8 {
		t.Errorf("unread %+v", u)
	}
	if c := get[chat.ReadState](t, s, 200, "lee", "PUT", at+"/read", `{"seq":5}`); c != (chat.ReadState{ReadSeq: 5, Unread: 5}) {
		t.Errorf("read %+v", c)
	}
	members := get[rest.MemberList](t, s, 200, "kim", "GET", at+"/members", "").Members
	if len(members) != 2 || members[1].User != "lee" || members[1].ReadSeq != 5 || members[1].LastSeen == nil || members[1].Name != "Name of lee" {
		t.Errorf("members %+v", members)
	}
	d := get[chat.RoomView](t, s, 200, "kim", "POST", "/v1/dms", `{"user":"lee"}`)
	if d.Type != "direct" || d.Peer == nil || d.Peer.ID != "lee" {
		t.Errorf("direct room %+v", d)
	}
	get[struct{}](t, s, 204, "lee", "POST", at+"/leave", "")
	if m := get[chat.MemberView](t, s, 200, "kim", "PUT", at+"/members/lee?hide_history=true", ""); m.User != "lee" || m.Role != "member" {
		t.Errorf("member %+v", m)
	}
	if p := get[chat.PageView](t, s, 200, "lee", "GET", at+"/messages", ""); len(p.Messages) != 0 || p.Messages == nil {
		t.Errorf("hidden history: %+v", p)
	}
	get[struct{}](t, s, 204, "kim", "DELETE", at+"/members/lee", "")
	if l := get[rest.RoomList](t, s, 200, "lee", "GET", "/v1/rooms", ""); len(l.Rooms) != 1 || l.Rooms[0].ID != d.ID {
		t.Errorf("rooms %+v", l)
	}
	if v := get[chat.RoomView](t, s, 200, "kim", "GET", at, ""); v.LastMessage == nil || v.LastMessage.Seq != 10 {
		t.Errorf("room %+v", v)
	}
}

func TestProblems(t *testing.T) {
	s := newServer(t)
	for _, u := range []string{"kim", "lee"} {
		get[chat.Person](t, s, 200, u, "GET", "/v1/me", "")
	}
	get[chat.RoomView](t, s, 201, "kim", "POST", "/v1/rooms", `{"id":"r","name":"x","type":"private"}`)
	get[chat.RoomView](t, s, 201, "kim", "POST", "/v1/rooms", `{"id":"p","name":"x","type":"public"}`)
	for _, c := range []struct {
		token, method, path, body string
		status                    int
		code                      string
	}{
		{"", "GET", "/v1/me", "", 401, "token_missing"},
		{"bad", "GET", "/v1/me", "", 401, "token_invalid"},
		{"old", "GET", "/v1/me", "", 401, "token_expired"},
		{"broken", "GET", "/v1/me", "", 500, "internal"},
		{"nobody", "GET", "/v1/me", "", 403, "forbidden"},
		{"kim", "GET", "/v1/nothing", "", 404, "not_found"},
		{"kim", "PATCH", "/v1/rooms", "", 404, "not_found"},
		{"kim", "POST", "/v1/rooms", "", 400, "invalid"},
		{"kim", "POST", "/v1/rooms", `{`, 400, "invalid"},
		{"kim", "POST", "/v1/rooms", `[]`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms", `{"name":"x","type":"direct"}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms", `{"type":"public"}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms", `{"name":" ","type":"public"}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms", `{"name":7,"type":"public"}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms", `{"id":"p","name":"x","type":"public"}`, 409, "conflict"},
		{"kim", "POST", "/v1/rooms", `{"name":"x","type":"public","members":["ghost"]}`, 404, "user_not_found"},
		{"kim", "POST", "/v1/dms", `{"user":"ghost"}`, 404, "user_not_found"},
		{"kim", "POST", "/v1/dms", `{"user":"kim"}`, 422, "invalid"},
		{"lee", "GET", "/v1/rooms/r", "", 403, "forbidden"},
		{"lee", "POST", "/v1/rooms/r/join", "", 403, "forbidden"},
		{"lee", "POST", "/v1/rooms/none/join", "", 404, "not_found"},
		{"lee", "GET", "/v1/rooms/r/messages", "", 403, "forbidden"},
		{"lee", "POST", "/v1/rooms/p/messages", `{"text":"x"}`, 403, "forbidden"},
		{"lee", "DELETE", "/v1/rooms/p/members/kim", "", 403, "forbidden"},
		{"kim", "PUT", "/v1/rooms/p/members/ghost", "", 404, "user_not_found"},
		{"kim", "GET", "/v1/rooms/p/messages?before=-1", "", 422, "invalid"},
		{"kim", "GET", "/v1/rooms/p/messages?limit=-1", "", 422, "invalid"},
		{"kim", "GET", "/v1/rooms/p/messages?limit=99999999999999999999", "", 422, "invalid"},
		{"kim", "GET", "/v1/rooms/p/messages?limit=x", "", 422, "invalid"},
		{"kim", "GET", "/v1/rooms/p/messages?before=1&after=1", "", 422, "invalid"},
		{"kim", "GET", "/v1/rooms/p/messages/1", "", 404, "not_found"},
		{"kim", "GET", "/v1/rooms/p/messages/0", "", 422, "invalid"},
		{"kim", "PUT", "/v1/rooms/p/read", `{"seq":-1}`, 422, "invalid"},
		{"kim", "PUT", "/v1/rooms/p/read", `{"seq":1.5}`, 422, "invalid"},
		{"kim", "PUT", "/v1/rooms/p/read", `{"seq":1e30}`, 422, "invalid"},
		{"kim", "PUT", "/v1/rooms/p/read", `{"seq":"1"}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms/p/messages", `{}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms/p/messages", `{"text":"  "}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms/p/messages", `{"text":null}`, 422, "invalid"},
		{"kim", "POST", "/v1/rooms/p/messages", "{\"text\":\"\xff\"}", 400, "invalid"},
		{"kim", "POST", "/v1/rooms/p/messages", `{"text":"` + strings.Repeat("a", 5001) + `"}`, 413, "too_large"},
		{"kim", "POST", "/v1/rooms/p/messages", `{"text":"` + strings.Repeat("a", 40<<10) + `"}`, 413, "too_large"},
		{"kim", "POST", "/v1/rooms/p/messages", `{"text":"x","nonce":"` + strings.Repeat("n", 129) + `"}`, 422, "invalid"},
		{"kim", "GET", "/v1/rooms/" + strings.Repeat("r", 65), "", 422, "invalid"},
		{"kim", "GET", "/v1/rooms/%2e%2e", "", 404, "not_found"},
	} {
		for _, lang := range []string{"ko-KR,ko;q=0.9", "en"} {
			res := s.do(c.token, c.method, c.path, c.body, "Accept-Language: "+lang)
			var p rest.Problem
			b, err := io.ReadAll(res.Body)
			if err == nil {
				err = json.Unmarshal(b, &p)
			}
			if err != nil || res.StatusCode != c.status || p.Code != c.code || p.Status != c.status || p.Detail == "" ||
				res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s %.60s: status %d, %s, %v; want %d %s", c.method, c.path, c.body, res.StatusCode, b, err, c.status, c.code)
			}
			if strings.Contains(string(b), "secret detail") {
				t.Errorf("%s %s says too much: %s", c.method, c.path, b)
			}
			if (c.status == 401) != strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s %s: WWW-Authenticate %q", c.method, c.path, res.Header.Get("WWW-Authenticate"))
			}
			hangul := strings.ContainsFunc(p.Detail, func(r rune) bool { return r >= '가' && r <= '힣' })
			if fixed := c.code == "token_missing" || c.code == "token_expired"; !fixed && hangul != strings.HasPrefix(lang, "ko") {
				t.Errorf("%s %s in %s: %q", c.method, c.path, lang, p.Detail)
			}
		}
	}
	res := s.do("kim", "POST", "/v1/rooms/p/messages", "text=x", "Content-Type: application/x-www-form-urlencoded")
	if res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form: status %d", res.StatusCode)
	}
}

func TestConfig(t *testing.T) {
	s := newServer(t)
	for _, c := range []rest.Config{{}, {MaxBody: 1, Locale: "de"}, {MaxBody: -1, Locale: "ko"}} {
		if _, err := rest.New(s.hub, s.chat, nil, c, nil); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	mux := http.NewServeMux()
	for pattern, h := range s.api.Routes() { // what a mux does not take, it panics about
		mux.Handle(pattern, h)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/v1/openapi.json", nil))
	if !bytes.Equal(w.Body.Bytes(), s.api.OpenAPI()) {
		t.Error("the document that is served is another one")
	}
}

// TestOpenAPI compares the document with the one that is kept for readers and generators.
func TestOpenAPI(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "openapi.json")
	got := newServer(t).api.OpenAPI()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/openapi.json is not what the code says: run go test ./chat/rest -run TestOpenAPI -update and look at the difference")
	}
}

// FuzzRequests sends any bytes to any route: there is always an answer in JSON, never a failure of the server's own.
func FuzzRequests(f *testing.F) {
	for _, seed := range []struct{ method, path, body string }{
		{"POST", "/v1/rooms", `{"name":"a","type":"public"}`},
		{"POST", "/v1/rooms/r/messages", `{"text":"a","nonce":"n"}`},
		{"GET", "/v1/rooms/r/messages?limit=1&before=2", ""},
		{"GET", "/v1/rooms/r/messages?around=9223372036854775807&limit=3", ""},
		{"GET", "/v1/rooms/r/messages?after=9223372036854775807", ""},
		{"PUT", "/v1/rooms/r/read", `{"seq":9223372036854775807}`},
		{"PUT", "/v1/rooms/r/members/lee?hide_history=true", ""},
		{"POST", "/v1/dms", `{"user":"lee"}`},
		{"POST", "/rooms/r/message", `{"message":"\ud800"}`},
	} {
		f.Add(seed.method, seed.path, seed.body)
	}
	s := newServer(f)
	for _, r := range []string{"r", "q"} {
		if _, err := s.chat.CreateRoom(context.Background(), &madang.Principal{App: "app1", User: "kim"},
			chat.RoomSpec{ID: r, Name: r, Kind: chat.RoomPublic}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://127.0.0.1/", strings.NewReader(body))
		if err != nil {
			return
		}
		if r.URL, err = r.URL.Parse(path); err != nil || !strings.HasPrefix(r.URL.Path, "/v1/") {
			return
		}
		r.Header.Set("Authorization", "Bearer kim")
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		moved := w.Code >= 300 && w.Code < 400 // to the path without its dots
		if w.Code >= 500 || w.Code != http.StatusNoContent && !moved && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}

// TestToOthers leaves out the connection that a request names, and takes what is no connection's id for none.
func TestToOthers(t *testing.T) {
	s := newServer(t)
	var mu sync.Mutex
	skips := map[string][]madang.ConnID{}
	for _, name := range []string{"$chat/r", "private-chat.r"} {
		l, err := s.hub.Listen(t.Context(), madang.Channel{App: "app1", Name: name}, func(e *madang.Event) {
			if e.Message != nil && e.Message.Name != "read" && e.Message.Name != "member.joined" {
				mu.Lock()
				defer mu.Unlock()
				skips[name] = append(skips[name], e.Message.Skip)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	get[struct{}](t, s, 201, "kim", "POST", "/v1/rooms", `{"id":"r","name":"R","type":"private"}`)
	for _, id := range []string{"12.34", "/chat#12.34", "undefined", "null", "12", "12.34.56"} {
		get[struct{}](t, s, 201, "kim", "POST", "/v1/rooms/r/messages", `{"text":"x"}`, "X-Socket-ID: "+id)
	}
	get[struct{}](t, s, 201, "kim", "POST", "/rooms/r/message", `{"message":"x"}`, "X-Socket-ID: 5.6")
	get[struct{}](t, s, 201, "kim", "POST", "/rooms/r/message", `{"message":"x"}`)
	s.chat.Drain(t.Context())
	mu.Lock()
	defer mu.Unlock()
	want := fmt.Sprint([]madang.ConnID{"12.34", "/chat#12.34", "", "", "", "", "5.6", ""})
	for name, got := range skips {
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	if len(skips) != 2 {
		t.Errorf("heard in %d channels", len(skips))
	}
}
