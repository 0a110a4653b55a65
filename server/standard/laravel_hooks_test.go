//go:build unix

package standard_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"madang/internal/convention"
	"madang/internal/laraveltest"
	"madang/internal/redistest"
)

// A toldBackend takes webhooks that are signed, and keeps the events in them as JSON.
type toldBackend struct {
	url    string
	events chan string
}

// backendOf starts a backend that knows an app's key. A request that is not signed as Pusher's are fails the test.
func backendOf(t *testing.T, key, secret string) *toldBackend {
	t.Helper()
	b := &toldBackend{events: make(chan string, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var batch struct {
			TimeMS int64 `json:"time_ms"`
			Events []json.RawMessage
		}
		if err != nil || r.Header.Get("X-Pusher-Key") != key || !convention.Verify(secret, string(body), r.Header.Get("X-Pusher-Signature")) ||
			r.Header.Get("Content-Type") != "application/json" || json.Unmarshal(body, &batch) != nil || batch.TimeMS == 0 {
			t.Errorf("a request that is no webhook: %v %s %v", r.Header, body, err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		for _, e := range batch.Events {
			b.events <- string(e)
		}
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// take waits for some events and returns them in the order of their texts.
func (b *toldBackend) take(t *testing.T, n int) (events []string) {
	t.Helper()
	end := time.After(patience)
	for len(events) < n {
		select {
		case e := <-b.events:
			events = append(events, e)
		case <-end:
			t.Fatalf("only %q came", events)
		}
	}
	slices.Sort(events)
	return events
}

// TestWebhooksOfTheProgram has pages of both kinds come, speak and go, of which the app's backend is told.
func TestWebhooksOfTheProgram(t *testing.T) {
	backend := backendOf(t, "page-key", "page-secret")
	dir := t.TempDir()
	configure(t, dir, fmt.Sprintf("apps: [{id: app1, keys: [{name: page-key, secret: page-secret}], webhooks: [{url: %q, prefix: presence-}]}]\n"+
		"webhooks: {window: 10ms, delay: 50ms}\n", backend.url))
	p := serve(t, dir, nil)
	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	id := room(t, p.url, ann, bob)
	channel := "presence-chat." + id
	expect := func(what string, want ...string) {
		t.Helper()
		if got := backend.take(t, len(want)); !slices.Equal(got, want) {
			t.Errorf("%s: told\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	one := pusherPage(t, p.url, ann.token, "page-key")
	one.enter(id)
	expect("the first one comes", `{"name":"channel_occupied","channel":"`+channel+`"}`, `{"name":"member_added","channel":"`+channel+`","user_id":"ann"}`)
	two := echoPage(t, p.url, bob.token, 4)
	two.enter(id)
	expect("another one comes", `{"name":"member_added","channel":"`+channel+`","user_id":"bob"}`)

	one.whisper(channel, "client-typing", `{"n": 1}`)
	two.await(channel, "client-typing")
	expect("a client event", `{"name":"client_event","channel":"`+channel+`","user_id":"ann","event":"client-typing","data":"{\"n\":1}","socket_id":"`+one.id+`"}`)
	two.whisper(channel, "client-typing", `"안녕"`)
	one.await(channel, "client-typing")
	expect("a whisper", `{"name":"client_event","channel":"`+channel+`","user_id":"bob","event":"client-typing","data":"\"안녕\"","socket_id":"`+two.id+`"}`)

	one.close()
	expect("one goes", `{"name":"member_removed","channel":"`+channel+`","user_id":"ann"}`)
	two.close()
	expect("the last one goes", `{"name":"channel_vacated","channel":"`+channel+`"}`, `{"name":"member_removed","channel":"`+channel+`","user_id":"bob"}`)
	p.stop(t)
}

// TestDoctorLaravel listens beside a Laravel app whose name, and so its prefix, is another one than the file says.
func TestDoctorLaravel(t *testing.T) {
	redis := redistest.Start(t)
	app := laraveltest.New(t, fmt.Sprintf("REDIS_PORT=%d", redis.Port), "APP_NAME=My Shop")
	dir := echoFolder(t, laravelFile(t, "http://127.0.0.1:1", fmt.Sprintf(`"host": "127.0.0.1", "port": %d`, redis.Port)))
	c := exec.Command(program(), "doctor", "laravel", "--echo-config", "laravel-echo-server.json", "--for", "1h")
	c.Dir, c.Env = dir, environment()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(patience, func() { _ = c.Process.Kill() }) // the status tells
	defer stop.Stop()
	var page strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		page.WriteString(lines.Text() + "\n")
		switch {
		case strings.Contains(lines.Text(), "Make Laravel broadcast something now"):
			app.Broadcast("public", "hello")
		case strings.Contains(lines.Text(), "ignored"):
			if err := c.Process.Signal(syscall.SIGTERM); err != nil { // then it reports
				t.Error(err)
			}
		}
	}
	if err := c.Wait(); err != nil {
		t.Errorf("%v", err)
	}
	for _, want := range []string{
		`ignored    my_shop_database_public: the prefix "my_shop_database_" is not configured`,
		`laravel.prefixes: ["my_shop_database_"]`, `keyPrefix`, `1 have another prefix`,
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in\n%s", want, page.String())
		}
	}
}
