package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/chat"
	"madang/dialect/socketio"
	"madang/dialect/socketio/gateway"
	"madang/store/memory"
)

// A poller is a Socket.IO client over HTTP alone.
type poller struct {
	t    *testing.T
	http *http.Client
	url  string
	had  []string
}

func (p *poller) do(method, body string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		p.t.Error(err)
	}
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %s, %v", method, res.StatusCode, b, err)
	}
	return string(b)
}

// until polls until a packet begins with some text, and returns the rest of it.
func (p *poller) until(prefix string) string {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		for i, packet := range p.had {
			if rest, ok := strings.CutPrefix(packet, prefix); ok {
				p.had = p.had[i+1:]
				return rest
			}
		}
		p.had = nil
		for packet := range strings.SplitSeq(p.do("GET", ""), "\x1e") {
			if packet == "2" {
				p.do("POST", "3")
				continue
			}
			p.had = append(p.had, packet)
		}
	}
	p.t.Fatalf("waited in vain for %s", prefix)
	return ""
}

// TestGateway is a conversation of two browsers by the Socket.IO namespace /chat.
func TestGateway(t *testing.T) {
	guard := madang.GuardFunc(func(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
		if c.Token == "" {
			return nil, &madang.Refusal{Code: "token_missing", Text: "인증 토큰이 누락되었습니다.", Err: madang.ErrUnauthenticated}
		}
		return &madang.Principal{App: c.App, User: c.Token, Name: "Name of " + c.Token}, nil
	})
	seen := &madang.Observer{}
	hub := madang.New(madang.Config{
		Guards: map[string]madang.Guard{"api": guard}, Policies: []madang.Policy{chat.Policy()}, Observers: []*madang.Observer{seen},
	})
	strict := chat.Defaults()
	strict.UnknownUsers, strict.ChooseIDs = false, true
	f, err := chat.Open(hub, memory.NewChat(), strict)
	if err != nil {
		t.Fatal(err)
	}
	*seen = *f.Observer()
	cfg := socketio.Defaults()
	cfg.App = "app1"
	sio, err := socketio.New(hub, cfg, socketio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ns := sio.Of("/chat")
	ns.Guard(socketio.NamespaceConfig{Guard: "api"})
	if err := gateway.Bind(ns, hub, gateway.Options{Welcome: f.Welcome}); err != nil {
		t.Fatal(err)
	}
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(sio)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
		web.Close()
	})
	open := func(auth string) *poller {
		p := &poller{t: t, http: web.Client(), url: web.URL + "/socket.io/?EIO=4&transport=polling"}
		var hs struct{ SID string }
		if err := json.Unmarshal([]byte(p.do("GET", "")[1:]), &hs); err != nil {
			t.Fatal(err)
		}
		p.url += "&sid=" + hs.SID
		p.do("POST", "40/chat,"+auth)
		return p
	}
	if got := open("").until("44/chat,"); !strings.Contains(got, "token_missing") || !strings.Contains(got, "인증 토큰이 누락되었습니다.") &&
		!strings.Contains(got, `\uc778`) {
		t.Errorf("without a token: %s", got)
	}
	kim, lee := open(`{"token":"kim"}`), open(`{"token":"lee"}`)
	kim.until("40/chat,")
	lee.until("40/chat,")
	lee.do("POST", `42/chat,1["rooms"]`)
	if got := lee.until("43/chat,1"); !strings.HasPrefix(got, `[{"rooms":[{"id":"lobby"`) {
		t.Errorf("rooms: %s", got)
	}
	kim.do("POST", `42/chat,1["sendMessage",{"message":"안녕하세요","sender":"lee"}]`)
	var sent []chat.Sent
	if err := json.Unmarshal([]byte(kim.until("43/chat,1")), &sent); err != nil || len(sent) != 1 || sent[0].Seq != 1 || sent[0].Sender != "kim" {
		t.Fatalf("acknowledged %+v, %v", sent, err)
	}
	want, err := json.Marshal(sent[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := lee.until(`42/chat,["message.created",`); got != string(want)+"]" {
		t.Errorf("heard %s, want %s", got, want)
	}
	lee.do("POST", `42/chat,2["read",{"room":"lobby","seq":1}]`)
	if got := lee.until("43/chat,2"); got != `[{"read_seq":1,"unread":0}]` {
		t.Errorf("read: %s", got)
	}
	if got := kim.until(`42/chat,["read",{"room":"lobby","user":"lee"`); got != `,"seq":1}]` {
		t.Errorf("heard of a cursor: %s", got)
	}
	kim.do("POST", `42/chat,2["sendMessage",{"room":"none","message":"x"}]`)
	if got := kim.until("43/chat,2"); !strings.HasPrefix(got, `[{"error":{"code":"not_found"`) {
		t.Errorf("a message to nowhere: %s", got)
	}
	kim.do("POST", fmt.Sprintf(`42/chat,3["dm",{"user":%q}]`, "ghost"))
	if got := kim.until("43/chat,3"); !strings.Contains(got, "user_not_found") {
		t.Errorf("a room with nobody: %s", got)
	}
	lee.do("POST", "41/chat,")
	if got := kim.until(`42/chat,["presence",{"user":"lee","online":false,"last_seen":"`); got == "" {
		t.Error("lee's going is not told")
	}
}

// FuzzProcedures calls every procedure with any argument: the answer is JSON or one of the core's errors.
func FuzzProcedures(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `"x"`, `{"message":"a","nonce":"n"}`, `{"room":"r","text":"\ud800"}`, `{"room":"lobby","seq":-1}`,
		`{"room":"lobby","around":9223372036854775807,"limit":3}`, `{"room":"lobby","after":-9223372036854775808}`,
		`{"room":"r","user":"lee","hide_history":true}`, `{"name":"a","type":"public","members":["lee","lee"]}`,
		"{\"message\":\"\xff\"}", `{"message":"` + strings.Repeat("가", 5001) + `"}`, `{"scope":"public","limit":-5}`,
	} {
		for i := range 13 {
			f.Add(i, []byte(seed))
		}
	}
	hub := madang.New(madang.Config{Policies: []madang.Policy{chat.Policy()}})
	feature, err := chat.Open(hub, memory.NewChat(), chat.Defaults())
	if err == nil {
		err = hub.Start(context.Background())
	}
	if err != nil {
		f.Fatal(err)
	}
	names := hub.Procedures()
	n := &node{world: &world{t: f}, hub: hub, chat: feature}
	kim := n.connect("kim")
	n.connect("lee")
	f.Fuzz(func(t *testing.T, i int, arg []byte) {
		name := names[uint(i)%uint(len(names))]
		reply, err := kim.Call(t.Context(), name, arg)
		if err == nil && !json.Valid(reply) {
			t.Errorf("%s %q: reply %q", name, arg, reply)
		}
		if err != nil && !errors.Is(err, madang.ErrNotFound) && !errors.Is(err, madang.ErrForbidden) && !errors.Is(err, madang.ErrInvalid) {
			t.Errorf("%s %q: %v", name, arg, err)
		}
	})
}
