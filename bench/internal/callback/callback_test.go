package callback

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func post(t *testing.T, address, authorization, channel string) (int, string) {
	t.Helper()
	body := strings.NewReader(url.Values{"channel_name": {channel}}.Encode())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestAnswers(t *testing.T) {
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	admitted := make(chan string, 8)
	s.Tell(func(token string) { admitted <- token })
	for _, c := range []struct {
		path, authorization, channel string
		status                       int
	}{
		{Path, "Bearer user-1", "private-room", 200},
		{Path, "Bearer user-2", "presence-room", 403},
		{Path, "Bearer guest", "private-room", 403},
		{Path, "user-1", "private-room", 403},
		{"/", "Bearer user-1", "private-room", 403},
	} {
		status, body := post(t, s.URL+c.path, c.authorization, c.channel)
		if status != c.status || (status == 200) != (body == "true") {
			t.Errorf("%+v: status %d, %s", c, status, body)
		}
	}
	if token := <-admitted; token != "user-1" || len(admitted) > 0 {
		t.Errorf("admitted %q and %d more", token, len(admitted))
	}
	s.Tell(nil)
	if status, _ := post(t, s.URL+Path, "Bearer user-3", "private-room"); status != 200 || len(admitted) > 0 {
		t.Errorf("status %d, %d more were reported", status, len(admitted))
	}
}
