//go:build unix

package standard_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madang/dialect/socketio/client"
)

// A guest is a client of the namespace /home, or of another one.
type guest struct {
	*client.Conn
	heard chan heard
}

// A heard is an event that a guest has heard.
type heard struct {
	name string
	data json.RawMessage
}

// deviceEvents are all that clients hear about devices.
func deviceEvents() []string {
	return []string{"code", "pairing.shown", "pairing.cleared", "pairing.alarm", "command", "place.changed", "hub.changed", "device.changed", "command.changed"}
}

// visit connects to a namespace.
func visit(t *testing.T, url string, auth map[string]any, header http.Header) (*guest, error) {
	t.Helper()
	g := &guest{heard: make(chan heard, 100)}
	on := map[string]func(*client.Event){}
	for _, name := range deviceEvents() {
		on[name] = func(e *client.Event) { g.heard <- heard{e.Name, json.RawMessage(e.Raw(0))} }
	}
	c := client.Config{URL: url, Header: header, Events: on}
	if auth != nil {
		c.Auth = auth
	}
	var err error
	g.Conn, err = client.Dial(t.Context(), c)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = g.Close() }) // it may have ended
	return g, nil
}

// home visits /home and fails the test if that does not work.
func (p *process) home(t *testing.T, auth map[string]any) *guest {
	t.Helper()
	g, err := visit(t, p.url+"/home", auth, nil)
	if err != nil {
		t.Fatalf("%v: %v", auth, err)
	}
	return g
}

// refused checks that somebody is not let into a namespace, with the code of why not.
func refused(t *testing.T, url string, auth map[string]any, header http.Header, code string) {
	t.Helper()
	_, err := visit(t, url, auth, header)
	r, ok := errors.AsType[*client.RefusedError](err)
	if !ok || !strings.Contains(string(r.Data), code) {
		t.Errorf("%s with %v: %v, want %s", url, auth, err, code)
	}
}

// hear waits for an event of a name, and passes over others.
func (g *guest) hear(t *testing.T, name string) json.RawMessage {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case h := <-g.heard:
			if h.name == name {
				return h.data
			}
		case <-g.Done():
			t.Fatalf("%s is awaited, and the connection has ended: %v", name, g.Err())
		case <-late:
			t.Fatalf("%s does not come", name)
		}
	}
}

// code waits for a code on a display.
func (g *guest) code(t *testing.T) (code string) {
	t.Helper()
	if err := json.Unmarshal(g.hear(t, "code"), &code); err != nil || len(code) != 6 {
		t.Fatalf("the code is %q: %v", code, err)
	}
	return code
}

// must calls a procedure that succeeds.
func (g *guest) must(t *testing.T, name string, arg, out any) {
	t.Helper()
	if code := g.ask(t, name, arg, out); code != "" {
		t.Fatalf("%s: %s", name, code)
	}
}

// ask calls a procedure, and returns the code of its refusal.
func (g *guest) ask(t *testing.T, name string, arg, out any) string {
	t.Helper()
	answer, err := g.Call(t.Context(), name, arg)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var failed struct{ Error struct{ Code string } }
	if json.Unmarshal(answer.Raw(0), &failed) == nil && failed.Error.Code != "" {
		return failed.Error.Code
	}
	if out != nil {
		if err := json.Unmarshal(answer.Raw(0), out); err != nil {
			t.Fatalf("%s: %s: %v", name, answer.Raw(0), err)
		}
	}
	return ""
}

// hub makes a hub known and returns what it shows.
func hub(t *testing.T, dir, serial string) (shown string) {
	t.Helper()
	row := operate[map[string]any](t, dir, "", "hub", "add", serial)
	secret, _ := row["secret"].(string)
	if row["serial"] != serial || len(secret) < 26 {
		t.Fatalf("hub add answers %v", row)
	}
	return serial + ":" + secret
}

// user registers somebody who signs in with apps, and returns their token.
func user(t *testing.T, p *process, name string) string {
	t.Helper()
	b := newBrowser(t, p.url)
	return field(t, b.must(http.StatusCreated, http.MethodPost, "/api/auth/register", url.Values{
		"name": {name}, "email": {name + "@barun.test"}, "password": {password}, "password_confirmation": {password},
	}), "access_token")
}

// pair asks for a code, reads it from a display and shows it, as somebody with a token.
func pair(t *testing.T, p *process, display *guest, header ...string) (token string) {
	t.Helper()
	b := newBrowser(t, p.url)
	if a := b.must(http.StatusOK, http.MethodGet, "/code", nil, header...); a.body != `{"success":true}` {
		t.Errorf("GET /code: %s", a.body)
	}
	return field(t, b.must(http.StatusCreated, http.MethodPost, "/codecheck", nil, append([]string{"code", display.code(t)}, header...)...), "token")
}

// payload reads a token without verifying it.
func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	var all map[string]any
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	return all
}

// decode reads what an event brought.
func decode(t *testing.T, data json.RawMessage, out any) {
	t.Helper()
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// atHome configures a server in a box, with more of its section.
func atHome(t *testing.T, dir, more string) {
	t.Helper()
	text := "device:\n  enabled: true\n  mode: home\n  serial: box-1\n"
	if more != "" {
		text += "  " + more + "\n"
	}
	text += "drain: {grace: 0s, spread: 0s, timeout: 20s}\n"
	if err := os.WriteFile(filepath.Join(dir, "madang.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
