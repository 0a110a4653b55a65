//go:build unix

package standard_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"madang/internal/redistest"
)

// TestEchoOrigins asks laravel-echo-server 1.6.3 and this server for sessions from pages that may and may not connect.
// (http://shop.test, of port 80, may connect to the original only: it looks for the beginning of :8080.)
func TestEchoOrigins(t *testing.T) {
	redis := redistest.Start(t)
	const file = `{"socketio": {"origins": "https://app.test:443 http://shop.test:8080"}, "database": "redis",
		"databaseConfig": {"redis": {"host": "127.0.0.1"}}, "devMode": false}`
	their, stopTheirs := startEcho(t, echoOriginal(t), file, redis.Port, "http://127.0.0.1:1")
	defer stopTheirs()
	our, stopOurs := startEcho(t, echoNamed(t), file, redis.Port, "http://127.0.0.1:1")
	defer stopOurs()
	for origin, allowed := range map[string]bool{
		"https://app.test": true, "https://app.test:443": true, "http://shop.test:8080": true,
		"http://app.test": false, "https://app.test:8443": false, "http://shop.test:81": false, "https://x.app.test": false, "null": false,
		"https://app.test.evil.test": false,
	} {
		for _, carrier := range []string{"polling", "websocket"} {
			theirs, ours := handshake(t, their, carrier, origin), handshake(t, our, carrier, origin)
			if allowed != (theirs.status < 300) || allowed != (ours.status < 300) {
				t.Errorf("%s from %s, want allowed %t: %d %s, laravel-echo-server %d %s", carrier, origin, allowed, ours.status, ours.body,
					theirs.status, theirs.body)
			}
			if carrier == "polling" && !allowed && (ours.status != theirs.status || ours.body != theirs.body) {
				t.Errorf("%s from %s: %d %s, laravel-echo-server %d %s", carrier, origin, ours.status, ours.body, theirs.status, theirs.body)
			}
		}
	}
}

// TestOriginsOfAnApp holds for Socket.IO what the app's rules say, unless socketio.origins says it.
func TestOriginsOfAnApp(t *testing.T) {
	for more, want := range map[string]map[string]int{
		"apps: [{id: shop, origins: ['*.app.test']}]":                                   {"https://a.app.test": 200, "https://page.test": 403, "": 200},
		"apps: [{id: shop, origins: ['*.app.test']}]\nsocketio: {origins: [page.test]}": {"https://a.app.test": 403, "https://page.test": 200},
	} {
		dir := t.TempDir()
		configure(t, dir, more)
		p := serve(t, dir, nil)
		for origin, status := range want {
			if a := handshake(t, p.url, "polling", origin); a.status != status {
				t.Errorf("%s: from %q: %d %s", more, origin, a.status, a.body)
			}
		}
		p.stop(t)
	}
}

// handshake asks for a session as a page does.
func handshake(t *testing.T, server, carrier, origin string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/socket.io/?EIO=3&transport="+carrier, nil)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if carrier == "websocket" {
		for k, v := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			r.Header.Set(k, v)
		}
	}
	answer, err := web().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusSwitchingProtocols { // it goes on
		return reply{status: answer.StatusCode}
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, strings.TrimSpace(string(b))}
}
