//go:build unix

package standard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/broker/redis"
	"madang/dialect/ably/token"
	"madang/internal/convention"
	"madang/internal/postgrestest"
	"madang/internal/redistest"
)

// joined is what the nodes of TestNodesRemember are configured with.
const joined = `account:
  enabled: true
  url: http://127.0.0.1
  key: ` + accountKey + `
  web: {features: {reset_passwords: true, email_verification: false}, limits: {login: {max: 5, window: 1h}}}
  api: {features: {reset_passwords: false, email_verification: false}}
mail: {host: 127.0.0.1, port: 1, encryption: none, from: no-reply@barun.test}
store: {url: '%s'}
redis: {url: '%s', partitions: 4, heartbeat: 100ms, retry_max: 200ms}
` + ablyApps

// TestNodesRemember has two servers on one Redis and one PostgreSQL refuse together what one would refuse alone, and end on
// both what has ended.
//
//nolint:tparallel // in this order
func TestNodesRemember(t *testing.T) {
	t.Parallel()
	remembered := redistest.Start(t)
	config := fmt.Sprintf(joined, postgrestest.StartFor(t).Database(t, ""), remembered.URL())
	desk := t.TempDir() // of commands, beside which no server runs
	configure(t, desk, config)
	for _, who := range []string{"kim@barun.test", "lee@barun.test"} {
		member(t, desk, who)
	}
	var nodes []*process
	for range 2 {
		dir := t.TempDir()
		configure(t, dir, config)
		nodes = append(nodes, serve(t, dir, []string{ablyRights}))
	}
	t.Run("Limits", func(t *testing.T) { limitedTogether(t, nodes) })
	t.Run("TokenRequests", func(t *testing.T) { usedOnce(t, nodes) })
	t.Run("Publishes", func(t *testing.T) { publishedOnce(t, nodes) })
	t.Run("Revocations", func(t *testing.T) { revokedEverywhere(t, nodes) })
	t.Run("Terminated", func(t *testing.T) { terminatedEverywhere(t, nodes) })
	t.Run("Disabled", func(t *testing.T) { disabledEverywhere(t, nodes, desk, remembered) })
	t.Run("Away", func(t *testing.T) { limitedAlone(t, nodes, remembered) })
}

// wrong tries to sign in as somebody whom there is not, and returns the status.
func wrong(t *testing.T, node *process) int {
	t.Helper()
	form := url.Values{"email": {"nobody@barun.test"}, "password": {"wrong"}}
	return newBrowser(t, node.url).ask(http.MethodPost, "/login", form).status
}

// limitedTogether makes more attempts over both nodes than one alone would allow.
func limitedTogether(t *testing.T, nodes []*process) {
	for i := range 5 {
		if status := wrong(t, nodes[i%2]); status != http.StatusUnprocessableEntity {
			t.Errorf("attempt %d: %d", i+1, status)
		}
	}
	for _, node := range nodes {
		if status := wrong(t, node); status != http.StatusTooManyRequests {
			t.Errorf("one too many: %d", status)
		}
	}
}

// limitedAlone has Redis go: people can try to sign in all the same, each node counts by itself, and requests for tokens are
// refused as long as nobody knows which have been used.
func limitedAlone(t *testing.T, nodes []*process, remembered *redistest.Server) {
	remembered.Kill()
	for _, node := range nodes {
		awaitReady(t, node.url, http.StatusServiceUnavailable)
		for i := range 5 {
			if status := wrong(t, node); status != http.StatusUnprocessableEntity {
				t.Errorf("without Redis, attempt %d: %d", i+1, status)
			}
		}
		if status := wrong(t, node); status != http.StatusTooManyRequests {
			t.Errorf("without Redis, one too many: %d", status)
		}
		a := ablyAsk(t, http.MethodPost, node.url+"/keys/app1.root/requestToken", "", tokenRequest(t, "a nonce of an outage"))
		if a.status != http.StatusServiceUnavailable || a.code() != token.CodeUnavailable {
			t.Errorf("without Redis, a token request: %d %s", a.status, a.body)
		}
	}
	remembered.Restart()
	for _, node := range nodes {
		awaitReady(t, node.url, http.StatusOK)
		a := ablyAsk(t, http.MethodPost, node.url+"/keys/app1.root/requestToken", "", tokenRequest(t, "a nonce after it at "+node.url))
		if a.status != http.StatusCreated {
			t.Errorf("with Redis again: %d %s", a.status, a.body)
		}
	}
}

// tokenRequest is one that a backend has signed.
func tokenRequest(t *testing.T, nonce string) string {
	t.Helper()
	name, secret, _ := strings.Cut(ablyRoot, ":")
	q := &token.Request{KeyName: name, ClientID: "kim", Timestamp: fmt.Sprint(time.Now().UnixMilli()), Nonce: nonce}
	q.Sign(secret)
	return fmt.Sprintf(`{"keyName":%q,"clientId":%q,"timestamp":%s,"nonce":%q,"mac":%q}`, q.KeyName, q.ClientID, q.Timestamp, q.Nonce, q.MAC)
}

// usedOnce has somebody repeat a token request at the other node.
func usedOnce(t *testing.T, nodes []*process) {
	q := tokenRequest(t, "a nonce that is used once")
	for i, node := range []*process{nodes[0], nodes[1], nodes[0]} {
		a := ablyAsk(t, http.MethodPost, node.url+"/keys/app1.root/requestToken", "", q)
		if i == 0 && a.status != 201 || i > 0 && a.code() != token.CodeNonce {
			t.Errorf("request %d: %d %s", i, a.status, a.body)
		}
	}
}

// publishedOnce repeats a publish with an id of its client's at the other node, over HTTP and on a connection.
func publishedOnce(t *testing.T, nodes []*process) {
	ear := ablyDial(t, nodes[1].url, "key="+ablyRoot)
	ear.attach("news")
	var serials []string
	for _, node := range []*process{nodes[0], nodes[1]} {
		a := ablyAsk(t, http.MethodPost, node.url+"/channels/news/messages", ablyRoot, `{"id":"order-7:0","name":"order","data":"7"}`)
		if a.status != 201 {
			t.Fatalf("publish: %d %s", a.status, a.body)
		}
		serials = append(serials, a.body)
	}
	if serials[0] != serials[1] {
		t.Errorf("the first answer %s, the second %s", serials[0], serials[1])
	}
	talker := ablyDial(t, nodes[0].url, "key="+ablyRoot)
	talker.send(`{"action":15,"channel":"news","msgSerial":0,"messages":[{"id":"order-7:0","name":"order","data":"7"}]}`)
	talker.next(1)
	talker.send(`{"action":15,"channel":"news","msgSerial":1,"messages":[{"name":"order","data":"8"}]}`)
	talker.next(1)
	var heard []string
	for len(heard) < 2 { // they may share a frame
		for _, m := range ear.next(15).Messages {
			heard = append(heard, string(m.Data))
		}
	}
	if want := []string{`"7"`, `"8"`}; !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
}

// revokedEverywhere revokes a token at one node.
func revokedEverywhere(t *testing.T, nodes []*process) {
	a := ablyAsk(t, http.MethodPost, nodes[0].url+"/keys/app1.fickle/requestToken", ablyFickle, `{"keyName":"app1.fickle","clientId":"kim"}`)
	var issued struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &issued); a.status != 201 || err != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var clients []*ablyClient
	for _, node := range nodes {
		clients = append(clients, ablyDial(t, node.url, "access_token="+url.QueryEscape(issued.Token)))
	}
	before := time.Now().UnixMilli()
	for time.Now().UnixMilli() <= before { // what is issued in the same instant is not older
		time.Sleep(time.Millisecond)
	}
	if a := ablyAsk(t, http.MethodPost, nodes[1].url+"/keys/app1.fickle/revokeTokens", ablyFickle, `{"targets":["clientId:kim"]}`); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for i, c := range clients {
		if f := c.any(); f.Action != 6 && f.Action != 9 || f.Error.Code != token.CodeRevoked {
			t.Errorf("node %d said %+v", i, f)
		}
	}
	for _, node := range nodes {
		if a := ablyAsk(t, http.MethodGet, node.url+"/channels/news/messages", issued.Token, ""); a.code() != token.CodeRevoked {
			t.Errorf("the token again: %d %s", a.status, a.body)
		}
	}
}

// terminatedEverywhere has a backend end a user's connections by Pusher's interface, at one node.
func terminatedEverywhere(t *testing.T, nodes []*process) {
	_, secret, _ := strings.Cut(ablyRoot, ":")
	const user = `{"id":"kim"}`
	var clients []*wire
	for _, node := range nodes {
		w, err := dialWire(t.Context(), node.url, "/app/root?protocol=7&client=js&version=8.4.0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.conn.Close() })
		stop := context.AfterFunc(t.Context(), func() { _ = w.conn.Close() })
		t.Cleanup(func() { stop() })
		hello, err := w.next()
		id := regexp.MustCompile(`[0-9]+\.[0-9]+`).FindString(hello)
		if err != nil || id == "" {
			t.Fatalf("%s %v", hello, err)
		}
		auth := "root:" + convention.Sign(secret, convention.UserText(id, user))
		if err := w.send(fmt.Sprintf(`{"event":"pusher:signin","data":{"auth":%q,"user_data":%q}}`, auth, user)); err != nil {
			t.Fatal(err)
		}
		if text, err := w.next(); err != nil || !strings.Contains(text, "signin_success") {
			t.Fatalf("%s %v", text, err)
		}
		clients = append(clients, w)
	}
	const path = "/apps/app1/users/kim/terminate_connections"
	signed := convention.SignQuery("root", secret, http.MethodPost, path, []byte("{}"), time.Now())
	if a := newBrowser(t, nodes[0].url).send(http.MethodPost, path+"?"+signed.Encode(), "{}"); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for i, w := range clients {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for {
				if _, err := w.next(); err != nil {
					return
				}
			}
		}()
		ends(t, fmt.Sprint("Pusher's client on node ", i), gone)
	}
}

// disabledEverywhere disables a member by a command beside which no server runs, and signs another out at one node.
func disabledEverywhere(t *testing.T, nodes []*process, desk string, remembered *redistest.Server) {
	sockets := map[string][]*socket{}
	for _, who := range []string{"kim@barun.test", "lee@barun.test"} {
		there := newBrowser(t, nodes[0].url)
		there.login(who)
		elsewhere := newBrowser(t, nodes[1].url)
		elsewhere.client.Jar = there.client.Jar // cookies are of a host, whatever its port
		for _, b := range []*browser{there, elsewhere} {
			sockets[who] = append(sockets[who], b.connect())
		}
		if who == "lee@barun.test" {
			elsewhere.must(http.StatusNoContent, http.MethodPost, "/logout", url.Values{})
		}
	}
	for _, s := range sockets["lee@barun.test"] {
		ends(t, "a connection of who has signed out", s.told)
	}
	told := overhear(t, remembered.URL())
	operate[map[string]any](t, desk, "", "member", "disable", "kim@barun.test")
	for _, s := range sockets["kim@barun.test"] {
		ends(t, "a connection of who is disabled", s.told)
	}
	// They would have ended anyway when their sign-ins were looked up: what counts is that the nodes were told.
	select {
	case notice := <-told:
		if !strings.Contains(notice, `"sign_ins":["`) {
			t.Errorf("the nodes were told %s", notice)
		}
	case <-time.After(patience):
		t.Error("the nodes were told nothing")
	}
}

// overhear returns what nodes tell each other of sign-ins that have ended.
func overhear(t *testing.T, url string) <-chan string {
	t.Helper()
	c := redis.Defaults()
	c.URL, c.Partitions = url, 4
	b, err := redis.Open(t.Context(), c, redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hub := madang.New(madang.Config{Broker: b, Presence: b})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hub.Close() })
	told := make(chan string, 10)
	_, err = hub.Listen(t.Context(), madang.Channel{Name: "$account/ended"}, func(e *madang.Event) {
		if e.Message != nil {
			told <- string(e.Message.Data)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return told
}
