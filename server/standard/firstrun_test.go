//go:build unix

package standard_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madang/chat"
)

// TestFirstRun starts the server in an empty folder and does what its welcome says.
func TestFirstRun(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	if a := get(t, p.url+"/"); a.status != http.StatusOK || !strings.Contains(a.body, "<title>") {
		t.Errorf("page: %d %s", a.status, a.body)
	}
	if a := get(t, p.url+"/readyz"); a.status != http.StatusOK || !strings.Contains(a.body, `"status":"ok"`) {
		t.Errorf("/readyz: %d %s", a.status, a.body)
	}
	status, out, errs := command(t, dir, nil, "token", "--user", "alice", "--name", "앨리스")
	if status != 0 || errs != "" {
		t.Fatalf("token beside the running server: %d %s", status, errs)
	}
	alice := person{"alice", strings.TrimSpace(out)}
	s := alice.join(t, p.url)
	s.must(t, "sendMessage", map[string]any{"message": "hello"}, nil)
	hear(t, s, "message.created", func(m chat.MessageView) bool { return m.Text == "hello" && m.SenderName == "앨리스" })

	banner := p.stop(t)
	for _, want := range []string{"환영합니다", "Welcome", p.url, "data/development.yaml", "madang token --user alice", "madang config doc", "Ctrl+C"} {
		if !strings.Contains(banner, want) {
			t.Errorf("the welcome has no %q:\n%s", want, banner)
		}
	}
	var dev person
	if found := regexp.MustCompile(`token\s+(eyJ\S+)`).FindStringSubmatch(banner); found != nil {
		dev = person{"dev", found[1]}
	}
	for _, name := range []string{"development.yaml", "madang.db"} {
		if info, err := os.Stat(filepath.Join(dir, "data", name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v, want it for its owner only", name, info, err)
		}
	}

	p = serve(t, dir, nil)
	dev.join(t, p.url) // the token of the welcome is still good: the secret has been kept
	if all := alice.history(t, p.url, "lobby", 0); len(all) != 1 || all[0].Text != "hello" {
		t.Errorf("after a restart there is %+v", all)
	}
}

// TestDevelopmentSignIn checks that people of this machine sign in without a password, and nobody else does.
func TestDevelopmentSignIn(t *testing.T) {
	p := serve(t, t.TempDir(), nil)
	var list struct {
		Users []struct{ ID, Name, Token string }
	}
	a := get(t, p.url+"/dev/session")
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != http.StatusOK || len(list.Users) < 2 {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	for _, u := range list.Users {
		var me chat.Person
		if (person{u.ID, u.Token}).ask(t, p.url, http.MethodGet, "/v1/me", nil, &me); me.ID != u.ID || me.Name != u.Name {
			t.Errorf("%+v signed in as %+v", u, me)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another page":        func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") },
		"another name":        func(r *http.Request) { r.Host = "evil.example.com" },
		"a page of this site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
	} {
		if a := request(t, p.url+"/dev/session", change); a.status != http.StatusForbidden || strings.Contains(a.body, "eyJ") {
			t.Errorf("%s is answered with %d %s", name, a.status, a.body)
		}
	}
	configured := t.TempDir()
	configure(t, configured, "")
	p = serve(t, configured, nil)
	if a := get(t, p.url+"/dev/session"); strings.Contains(a.body, "eyJ") || a.status == http.StatusOK {
		t.Errorf("a configured server offers the sign-in: %d %s", a.status, a.body)
	}
}

// TestTwoServers checks what the second one says.
func TestTwoServers(t *testing.T) {
	dir := t.TempDir()
	first := serve(t, dir, nil)
	status, out, errs := command(t, dir, nil, "serve", "--listen", "127.0.0.1:0")
	if status != 1 || out != "" || !strings.Contains(errs, "in use by another server") || !strings.Contains(errs, "another data folder") {
		t.Errorf("in the same data directory: %d %q %q", status, out, errs)
	}
	other := t.TempDir()
	status, out, errs = command(t, other, nil, "serve", "--listen", strings.TrimPrefix(first.url, "http://"))
	if status != 1 || out != "" || !strings.Contains(errs, "another program has this port") || !strings.Contains(errs, "--set listen=") {
		t.Errorf("at the same address: %d %q %q", status, out, errs)
	}
	if left, err := os.ReadDir(other); err != nil || len(left) > 0 {
		t.Errorf("a server that could not start has written %v, %v", left, err)
	}
	if a := get(t, first.url+"/readyz"); a.status != http.StatusOK {
		t.Errorf("the first one is not ready any more: %d %s", a.status, a.body)
	}
}

// TestWhatElseIsServed looks at the files and documents that come with the server.
func TestWhatElseIsServed(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "socketio: {cors: {origins: [https://app.example.com], credentials: true}}")
	p := serve(t, dir, nil)
	if a := get(t, p.url+"/socket.io/socket.io.js"); a.status != http.StatusOK || !strings.Contains(a.body, "Socket.IO") ||
		!strings.Contains(a.header.Get("Content-Type"), "javascript") {
		t.Errorf("socket.io.js: %d %s, %d bytes", a.status, a.header.Get("Content-Type"), len(a.body))
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	a := get(t, p.url+"/v1/openapi.json")
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || doc.OpenAPI != "3.1.0" || doc.Paths["/v1/rooms"] == nil {
		t.Errorf("openapi.json: %d %v %.80s", a.status, err, a.body)
	}
	for _, origin := range []string{"https://app.example.com", "https://evil.example.com"} {
		a := request(t, p.url+"/socket.io/?EIO=4&transport=polling", func(r *http.Request) { r.Header.Set("Origin", origin) })
		// Like the original, it names its one origin to everybody: the browser compares.
		if got := a.header.Get("Access-Control-Allow-Origin"); got != "https://app.example.com" {
			t.Errorf("%s is told that %q is allowed", origin, got)
		}
	}
}
