//go:build unix

package standard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"madang/internal/laraveltest"
	"madang/internal/redistest"
)

// laravelFile is a laravel-echo-server.json for a Laravel app, with what it says of Redis.
func laravelFile(t *testing.T, backend, redis string) string {
	t.Helper()
	return fmt.Sprintf(`{"authHost": %q, "authEndpoint": "/broadcasting/auth", "host": "127.0.0.1", "port": %d,
		"clients": [{"appId": "shop", "key": "shop-key"}], "databaseConfig": {"redis": {%s, "keyPrefix": "laravel_database_"}}}`,
		backend, unusedPort(t), redis)
}

// laravelApp returns a running app that publishes in a Redis. Its address is what publishes on request.
func laravelApp(t *testing.T, r *redistest.Server, env ...string) string {
	t.Helper()
	return laraveltest.New(t, append([]string{fmt.Sprintf("REDIS_PORT=%d", r.Port)}, env...)...).Serve()
}

// publishPublic has Laravel broadcast PublicMessageSent.
func publishPublic(app, text string) error {
	client := http.Client{Timeout: patience}
	a, err := client.PostForm(app+"/public", url.Values{"text": {text}})
	if err != nil {
		return err
	}
	_ = a.Body.Close() // there is nothing in it that is needed
	if a.StatusCode != http.StatusNoContent {
		return &refusedError{a.StatusCode, "Laravel could not broadcast"}
	}
	return nil
}

// awaitReady waits until /readyz answers with a status, and returns what it says.
func awaitReady(t *testing.T, server string, status int) string {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		a := get(t, server+"/readyz")
		if a.status == status {
			return a.body
		}
		if time.Now().After(end) {
			t.Fatalf("/readyz still says %d %s, not %d", a.status, a.body, status)
		}
	}
}

// hearPublic takes what comes in the channel public until a text has come, and returns all texts that begin with prefix.
func (c *pageClient) hearPublic(prefix, last string) (texts []string) {
	c.t.Helper()
	for {
		s := c.next()
		var data struct{ Text string }
		if err := json.Unmarshal(s.data, &data); err != nil || s.channel != "public" {
			c.t.Fatalf("heard %s: %v", s, err)
		}
		if strings.HasPrefix(data.Text, prefix) {
			texts = append(texts, data.Text)
		}
		if data.Text == last {
			return texts
		}
	}
}
