package laraveltest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The answers of Laravel's redis broadcaster to laravel-echo-server's question, to which Madang's has to be alike.
func TestAuth(t *testing.T) {
	base := New(t).Serve()
	for _, x := range []struct {
		user, channel string
		status        int
		body          string
	}{
		{"1", "private-chat.7", 200, "true"},
		{"3", "private-chat.7", 403, "{\n    \"message\": \"\""},
		{"1", "private-App.Models.User.1", 200, "true"},
		{"2", "private-App.Models.User.1", 403, "{\n    \"message\": \"\""},
		{"1", "presence-presence", 200, `{"channel_data":{"user_id":1,"user_info":{"id":1,"name":"\ud558\ub298"}}}`},
		{"2", "presence-room.7", 200, `{"channel_data":{"user_id":2,"user_info":{"id":2,"name":"\ubc14\ub2e4"}}}`},
		{"3", "presence-room.7", 403, "{\n    \"message\": \"\""},
		{"9", "presence-presence", 403, "{\n    \"message\": \"\""},
		{"1", "private-unheard.of", 403, "{\n    \"message\": \"\""},
		{"1", "news", 403, "{\n    \"message\": \"\""},
	} {
		form := strings.NewReader(url.Values{"channel_name": {x.channel}}.Encode())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/broadcasting/auth", form)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Requested-With", "XMLHttpRequest")
		if x.channel == "private-chat.7" {
			r.Header.Set("Cookie", "token=token-of-"+x.user)
		} else {
			r.Header.Set("Authorization", "Bearer token-of-"+x.user)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != x.status || !strings.HasPrefix(string(body), x.body) {
			t.Errorf("%s, %s: %s %.200s", x.user, x.channel, answer.Status, body)
		}
	}
}
