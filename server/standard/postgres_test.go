//go:build unix

package standard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"madang/chat"
	"madang/internal/postgrestest"
)

// TestOnPostgres has the whole server keep its data in PostgreSQL: people sign in, talk, and have hubs; a server that is killed
// has lost nothing; and a second one on the same database knows it all.
func TestOnPostgres(t *testing.T) {
	db := postgrestest.StartFor(t)
	url := db.Database(t, "")
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		configure(t, d, accountsOn+"device: {enabled: true}\nstore: {url: '"+url+"'}\n")
	}
	if status, out, err := command(t, dir, nil, "migrate", "status"); status != 0 || strings.Contains(out, "applied") || !strings.Contains(out, "pending 0001_chat.sql") {
		t.Errorf("migrate status: %d, %s%s", status, out, err)
	}
	member(t, dir, "kim@barun.test")
	p := serve(t, dir, nil)
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	kim.connect()

	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	a, b := ann.join(t, p.url), bob.join(t, p.url)
	id := room(t, p.url, ann, bob)
	var sent chat.Sent
	a.must(t, "sendMessage", map[string]any{"room": id, "message": "안녕하세요 😀", "nonce": "1"}, &sent)
	if m := hear(t, b, "message.created", func(m chat.MessageView) bool { return m.Room == id }); m.Seq != 1 || m.Text != "안녕하세요 😀" {
		t.Errorf("heard %+v", m)
	}
	shown := hub(t, dir, "SN-1")
	p.home(t, map[string]any{"token": shown}).must(t, "device.hello", lamp(), nil)

	p.kill(t)
	p = serve(t, dir, nil)
	second := serve(t, other, nil)
	for _, node := range []*process{p, second} {
		if all := bob.history(t, node.url, id, 0); len(all) != 1 || all[0].Text != "안녕하세요 😀" || all[0].Nonce != "1" {
			t.Errorf("the history is %+v", all)
		}
		back := newBrowser(t, node.url)
		back.client.Jar = kim.client.Jar // cookies are of a host, whatever its port
		back.must(http.StatusOK, http.MethodGet, "/api/user", nil, "Accept", "application/json")
		back.connect()
		node.home(t, map[string]any{"token": shown}).must(t, "device.hello", lamp(), nil)
	}
	var again chat.Sent
	c := ann.join(t, second.url)
	c.must(t, "sendMessage", map[string]any{"room": id, "message": "again", "nonce": "1"}, &again)
	if again.Seq != sent.Seq {
		t.Errorf("a message that was sent again is %+v, was %+v", again, sent)
	}
	c.must(t, "sendMessage", map[string]any{"room": id, "message": "next"}, &again)
	if all := bob.history(t, p.url, id, 0); again.Seq != 2 || len(all) != 2 {
		t.Errorf("%+v, %+v", again, all)
	}
	if status, out, err := command(t, dir, nil, "migrate", "up"); status != 0 || !strings.Contains(out, "up to date") {
		t.Errorf("migrate up: %d, %s%s", status, out, err)
	}
}

// Several nodes need a store that they can share, and a server that cannot reach its store says so without its password.
func TestStoreRefused(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ more, says string }{
		{"redis: {url: 'redis://127.0.0.1:1'}", "SQLite is a file of one of them"},
		{"store: {url: 'postgres://madang:hush@127.0.0.1:1/madang?sslmode=disable'}", "cannot be reached"},
		{"store: {url: 'postgres://madang:hush@127.0.0.1:1/madang?sslmode=no'}", "sslmode is invalid"},
		{"store: {url: 'mysql://x'}", "must begin with one of [postgres: sqlite:]"},
	} {
		configure(t, dir, c.more)
		status, out, errs := command(t, dir, nil, "serve", "--listen", "127.0.0.1:0")
		if status == 0 || !strings.Contains(errs, c.says) || strings.Contains(out+errs, "hush") {
			t.Errorf("%s: %d, %s%s", c.more, status, out, errs)
		}
	}
}
