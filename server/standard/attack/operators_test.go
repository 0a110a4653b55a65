//go:build unix

// What operators have: the socket of commands, the link for the first administrator, and development mode, which shows mails
// and signs people in without a password.

package attack

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"madang/account/operator"
	"madang/server"
	"madang/server/standard"
)

// TestCommandsAreForTheOwner looks at the socket of commands, and disables somebody by it who is connected.
func TestCommandsAreForTheOwner(t *testing.T) {
	h := open(t, "")
	for _, name := range []string{"operator.sock", "first-administrator"} {
		if info, err := os.Stat(filepath.Join(h.data, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if info, err := os.Stat(h.data); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	for _, path := range []string{"/web/people", "/audit", "/web/roles"} { // its routes are not the server's
		if a := h.browse("barun.test", "192.0.2.1").ask(http.MethodGet, path, nil); a.status < 400 && !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	w, err := b.chat("", nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := w.over()
	c, err := operator.Dial(t.Context(), h.data)
	if err != nil || c == nil {
		t.Fatalf("%v, %v", c, err)
	}
	if err := c.As("attack").Do(t.Context(), http.MethodDelete, "/web/people/kim@example.com/enabled", nil, nil); err != nil {
		t.Fatal(err)
	}
	within(t, "the socket of somebody who was disabled ends", gone)
	if b.in() {
		t.Error("somebody who was disabled is in")
	}
	if _, err := b.chat("", nil); err == nil {
		t.Error("somebody who was disabled opens a socket")
	}
}

// TestFirstAdministratorOnce uses the link for the first administrator many times at once, and guesses it.
func TestFirstAdministratorOnce(t *testing.T) {
	h := open(t, "")
	text, err := os.ReadFile(filepath.Join(h.data, "first-administrator"))
	if err != nil {
		t.Fatal(err)
	}
	_, path, ok := strings.Cut(strings.TrimSpace(string(text)), "https://barun.test")
	if !ok || len(path) < len(operator.SetupPath)+20 {
		t.Fatalf("%q", text)
	}
	h.secret(strings.TrimPrefix(path, operator.SetupPath), password)
	guest := h.browse("barun.test", "192.0.2.1")
	for _, wrong := range []string{"", "x", path[len(operator.SetupPath):] + "x", strings.ToLower(path[len(operator.SetupPath):]), "../setup/x"} {
		if a := guest.do(guest.request(http.MethodGet, operator.SetupPath+wrong, nil)); a.status != http.StatusNotFound && a.status != http.StatusMovedPermanently && a.status != http.StatusTemporaryRedirect {
			t.Errorf("%q: %d %.100s", wrong, a.status, a.body)
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[int]int{}
	for i := range 5 {
		form := forms(values{"name": "Boss", "email": fmt.Sprintf("boss%d@example.com", i), "password": password, "password_confirmation": password})
		wg.Go(func() {
			a := guest.forgery(http.MethodPost, path, "application/x-www-form-urlencoded", form, http.Header{"Sec-Fetch-Site": {"same-origin"}})
			mu.Lock()
			defer mu.Unlock()
			made[a.status]++
		})
	}
	wg.Wait()
	admins := 0
	for i := range 5 {
		p, err := h.store.PersonByEmail(t.Context(), "app1", "members", fmt.Sprintf("boss%d@example.com", i))
		if err != nil {
			continue
		}
		if r, err := h.store.Rights(t.Context(), "app1", p.ID, "web"); err == nil && r.Has("admin") {
			admins++
		}
	}
	if admins != 1 {
		t.Errorf("%d administrators were made: %v", admins, made)
	}
	if a := guest.do(guest.request(http.MethodGet, path, nil)); a.status == http.StatusOK {
		t.Errorf("the link works again: %d", a.status)
	}
}

// TestDevelopmentIsForThisMachine asks a server in development mode for mails and sign-ins from elsewhere, by name and by page.
func TestDevelopmentIsForThisMachine(t *testing.T) {
	h := &house{t: t, log: &record{}, mails: newSink(t), data: filepath.Join(t.TempDir(), "data")}
	a := standard.Assembly()
	set, err := a.Load(server.Source{Flags: []server.Flag{{Name: "--data-dir", Key: "data_dir", Value: h.data}, {Name: "--listen", Key: "listen", Value: "127.0.0.1:0"}}})
	if err != nil || !set.Dev {
		t.Fatalf("%v, %v", set, err)
	}
	h.serve(a, set)
	for _, path := range []string{"/dev/mail", "/dev/mail.json", "/dev/session"} {
		for name, change := range map[string]func(*http.Request){
			"by another name":         func(r *http.Request) { r.Host = "evil.example" },
			"by a name of one's own":  func(r *http.Request) { r.Host = "127.0.0.1.evil.example:8080" },
			"from a page elsewhere":   func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			"from a page, it is said": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"through a proxy":         func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.1") },
		} {
			b := h.browse(h.addr, "127.0.0.1")
			r := b.request(http.MethodGet, path, nil)
			r.Header.Del("X-Forwarded-For")
			r.Header.Del("Referer")
			change(r)
			if a := b.do(r); a.status < 400 {
				t.Errorf("%s %s: %d %.200s", path, name, a.status, a.body)
			}
		}
	}
	for _, path := range []string{"/dev/mail.json", "/dev/session"} {
		b := h.browse(h.addr, "127.0.0.1")
		r := b.request(http.MethodGet, path, nil)
		r.Header.Del("X-Forwarded-For")
		r.Header.Del("Referer")
		if a := b.do(r); a.status != http.StatusOK {
			t.Errorf("%s, this machine itself: %d %.200s", path, a.status, a.body)
		}
	}
}
