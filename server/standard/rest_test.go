//go:build unix

package standard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"madang/account/token"
	"madang/chat"
)

// web has connections of its own, because servers come and go.
func web() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
}

// A reply is an HTTP answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// request gets url and fails the test if there is no answer.
func request(t *testing.T, url string, change func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	a, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, url string) reply {
	t.Helper()
	return request(t, url, nil)
}

func do(r *http.Request) (reply, error) {
	res, err := web().Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

// A person is a user with a token, and what they ask by HTTP.
type person struct{ id, token string }

// someone makes a person that configured servers accept.
func someone(t *testing.T, id string, good time.Duration) person {
	t.Helper()
	c := token.Defaults()
	c.Secret = secret
	s, err := token.Sign(c, token.Claims{User: id, Name: "사람 " + id, TTL: good})
	if err != nil {
		t.Fatal(err)
	}
	return person{id, s}
}

// refusedError is a refusal by HTTP.
type refusedError struct {
	status int
	body   string
}

func (e *refusedError) Error() string { return fmt.Sprintf("%d %s", e.status, e.body) }

// try asks for something and puts the answer into out, unless that is nil.
func (p person) try(ctx context.Context, url, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, url+path, &body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Content-Type", "application/json")
	a, err := do(r)
	if err != nil {
		return err
	}
	if a.status >= 300 {
		return &refusedError{a.status, a.body}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal([]byte(a.body), out)
}

// ask is try for what must work.
func (p person) ask(t *testing.T, url, method, path string, in, out any) {
	t.Helper()
	if err := p.try(t.Context(), url, method, path, in, out); err != nil {
		t.Fatalf("%s: %s %s: %v", p.id, method, path, err)
	}
}

// history returns all messages of a room behind the one numbered after.
func (p person) history(t *testing.T, url, room string, after int64) []chat.MessageView {
	t.Helper()
	var all []chat.MessageView
	for {
		var page chat.PageView
		p.ask(t, url, http.MethodGet, fmt.Sprintf("/v1/rooms/%s/messages?limit=200&after=%d", room, after), nil, &page)
		all = append(all, page.Messages...)
		if !page.HasNewer {
			return all
		}
		after = all[len(all)-1].Seq
	}
}

// room makes a private room of people, of whom the first is its owner.
func room(t *testing.T, url string, people ...person) string {
	t.Helper()
	var others []string
	for _, p := range people[1:] {
		others = append(others, p.id)
	}
	var made chat.RoomView
	people[0].ask(t, url, http.MethodPost, "/v1/rooms", map[string]any{"name": "방", "type": "private", "members": others}, &made)
	return made.ID
}
