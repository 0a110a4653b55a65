package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"madang"
	"madang/chat/rest"
)

// closed closes procedures, by name.
type closed map[string]bool

func (c closed) AdmitCall(_ context.Context, p *madang.Principal, name string) error {
	if c[name] && p.User != "boss" {
		return fmt.Errorf("%s is not for %s: %w", name, p.User, madang.ErrForbidden)
	}
	return nil
}

// What somebody may not call on a connection they may not do by a request.
func TestClosedCalls(t *testing.T) {
	s := newServer(t)
	c := rest.Defaults()
	c.App = "app1"
	var err error
	if s.api, err = rest.New(s.hub, s.chat, closed{"createRoom": true, "sendMessage": true}, c, nil); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		who, method, path, body string
		want                    int
	}{
		{"minji", "POST", "/v1/rooms", `{"id":"yard","name":"Yard","type":"public"}`, http.StatusForbidden},
		{"boss", "POST", "/v1/rooms", `{"id":"yard","name":"Yard","type":"public"}`, http.StatusCreated},
		{"minji", "POST", "/v1/rooms/yard/join", "", http.StatusOK},
		{"minji", "POST", "/v1/rooms/yard/messages", `{"text":"hello"}`, http.StatusForbidden},
		{"minji", "POST", "/rooms/yard/message", `{"message":"hello"}`, http.StatusForbidden},
		{"boss", "POST", "/rooms/yard/message", `{"message":"hello"}`, http.StatusCreated},
		{"minji", "GET", "/v1/rooms/yard/messages", "", http.StatusOK},
	} {
		if a := s.do(x.who, x.method, x.path, x.body); a.StatusCode != x.want {
			t.Errorf("%s %s %s: %d, want %d", x.who, x.method, x.path, a.StatusCode, x.want)
		}
	}
}
