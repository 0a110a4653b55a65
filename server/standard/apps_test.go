//go:build unix

package standard_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"madang/madangtest"
)

// With several apps, what speaks for the first one speaks for no other: neither a token that names no app nor the backend
// that is asked about channels.
func TestAppsAreStrangers(t *testing.T) {
	var asked atomic.Int32
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, "true")
	}))
	defer backend.Close()
	dir := t.TempDir()
	configure(t, dir, `
apps:
  - {id: a, keys: [{name: akey, secret: a-secret-of-a}]}
  - {id: b, keys: [{name: bkey, secret: a-secret-of-b}]}
`)
	p := serve(t, dir, []string{"MADANG_AUTH_LARAVEL_AUTH_HOST=" + backend.URL})
	eve := someone(t, "eve", time.Hour)
	sign := func(key string) int {
		t.Helper()
		form := url.Values{"socket_id": {"1.2"}, "app_key": {key}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/broadcasting/user-auth", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+eve.token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if got := sign("akey"); got != http.StatusOK {
		t.Errorf("in her own app eve gets %d", got)
	}
	if got := sign("bkey"); got != http.StatusUnauthorized {
		t.Errorf("in another app eve gets %d", got)
	}
	for key, want := range map[string]bool{"akey": true, "bkey": false} {
		before := asked.Load()
		said := subscribeAs(t, p.url, key, eve.token)
		if let := strings.Contains(said, "pusher_internal:subscription_succeeded"); let != want || (asked.Load() > before) != want {
			t.Errorf("%s: %s, and the backend was asked %d times", key, said, asked.Load()-before)
		}
	}
}

// subscribeAs asks for a private channel without a signature, with a token in the handshake as programs send it, and returns
// the answer.
func subscribeAs(t *testing.T, server, key, token string) string {
	t.Helper()
	dialer := madangtest.WebSocket{
		Target: func(key string) string { return "/app/" + key + "?protocol=7&client=js&version=8.6.0" },
		Header: http.Header{"Authorization": {"Bearer " + token}},
	}
	peer, err := dialer.Open(t.Context(), func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(server, "http://"))
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	if err := peer.Send(`{"event":"pusher:subscribe","data":{"channel":"private-orders"}}`); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, line := range peer.Received() {
			if strings.Contains(line, "private-orders") {
				return line
			}
		}
	}
	t.Fatal("no answer")
	return ""
}
