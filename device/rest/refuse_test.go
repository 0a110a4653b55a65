package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"madang"
	"madang/device/problem"
	"madang/device/rest"
)

func TestProblems(t *testing.T) {
	s := newServer(t)
	hub := s.box()
	token := s.pair(hub).Token
	other := s.register("SN-2")
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		token, method, path, body string
		status                    int
		code                      string
	}{
		{"", "GET", "/v1/places", "", 401, "token_missing"},
		{"bad", "GET", "/v1/places", "", 401, "token_invalid"},
		{"SN-1:wrong", "GET", "/v1/hubs/SN-1/pending", "", 401, "token_invalid"},
		{"jti.none", "GET", "/v1/hubs/SN-1", "", 401, "token_invalid"},
		{"broken", "GET", "/v1/places", "", 500, "internal"},
		{"nobody", "GET", "/v1/places", "", 403, "forbidden"},
		{"reader", "POST", "/v1/places", `{"name":"x"}`, 403, "forbidden"},
		{"kim", "GET", "/v1/hubs/SN-1/nothing", "", 404, "not_found"},
		{"kim", "PUT", "/v1/places", "", 404, "not_found"},
		{"kim", "POST", "/v1/places", "", 400, "invalid"},
		{"kim", "POST", "/v1/places", `{`, 400, "invalid"},
		{"kim", "POST", "/v1/places", `[]`, 422, "invalid"},
		{"kim", "POST", "/v1/places", `{}`, 422, "invalid"},
		{"kim", "POST", "/v1/places", `{"name":" "}`, 422, "invalid"},
		{"kim", "POST", "/v1/places", "{\"name\":\"\xff\"}", 400, "invalid"},
		{"kim", "POST", "/v1/places", `{"name":"` + strings.Repeat("a", 2<<20) + `"}`, 413, "too_large"},
		{"kim", "GET", "/v1/places/" + long, "", 422, "invalid"},
		{"kim", "GET", "/v1/places/none/audit", "", 404, "not_found"},
		{"kim", "GET", "/v1/places/none/audit?limit=-1", "", 422, "invalid"},
		{"kim", "GET", "/v1/hubs/SN-9", "", 404, "not_found"},
		{"lee", "GET", "/v1/hubs/SN-1", "", 404, "not_found"},
		{"lee", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true}}`, 404, "not_found"},
		{"kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{}`, 422, "invalid"},
		{"kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"level":101}}`, 422, "invalid"},
		{"kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":{}}}`, 422, "invalid"},
		{"kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands?wait=61", `{"set":{"on":true}}`, 422, "invalid"},
		{"kim", "POST", "/v1/hubs/SN-9/code", "", 503, "no_display"},
		{"lee", "POST", "/v1/hubs/SN-1/pair", `{"code":"000000"}`, 410, "code_expired"},

		// A pairing's token is good for its hub and for nothing else.
		{token, "GET", "/v1/places", "", 403, "forbidden"},
		{token, "POST", "/v1/places", `{"name":"x"}`, 403, "forbidden"},
		{token, "POST", "/v1/invitations/accept", `{"secret":"x"}`, 403, "forbidden"},
		{token, "POST", "/v1/hubs/SN-1/code", "", 403, "forbidden"},
		{token, "POST", "/v1/hubs/SN-1/hello", `{"devices":[]}`, 403, "forbidden"},
		{token, "GET", "/v1/hubs/SN-1/pending", "", 403, "forbidden"},
		{token, "GET", "/v1/hubs/SN-2", "", 404, "not_found"},
		{token, "POST", "/v1/hubs/SN-2/ably-token", "", 404, "not_found"},

		// A hub does what is a hub's, and its own.
		{hub, "GET", "/v1/places", "", 403, "forbidden"},
		{hub, "GET", "/v1/hubs/SN-1", "", 403, "forbidden"},
		{hub, "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true}}`, 403, "forbidden"},
		{other, "GET", "/v1/hubs/SN-1/pending", "", 404, "not_found"},
		{other, "POST", "/v1/hubs/SN-1/hello", `{"devices":[]}`, 404, "not_found"},
		{other, "POST", "/v1/hubs/SN-1/report", `{"device":"lamp","values":{"on":true},"version":9}`, 404, "not_found"},
		{other, "POST", "/v1/hubs/SN-1/answer", `{"command":"x","done":true}`, 404, "not_found"},
		{other, "POST", "/v1/hubs/SN-1/press", "", 404, "not_found"},
		{other, "POST", "/v1/hubs/SN-1/withdraw", "", 404, "not_found"},
		{other, "POST", "/v1/hubs/SN-1/ably-token", "", 404, "not_found"},
		{"kim", "POST", "/v1/hubs/SN-1/ably-token", "", 403, "forbidden"},
		{"kim", "POST", "/v1/hubs/SN-1/answer", `{"command":"x","done":true}`, 403, "forbidden"},
	} {
		for _, lang := range []string{"ko-KR,ko;q=0.9", "en"} {
			res := s.do(c.token, c.method, c.path, c.body, "Accept-Language: "+lang)
			var p problem.Problem
			b, err := io.ReadAll(res.Body)
			if err == nil {
				err = json.Unmarshal(b, &p)
			}
			if err != nil || res.StatusCode != c.status || p.Code != c.code || p.Status != c.status || p.Detail == "" ||
				res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%.9s %s %s %.60s: status %d, %s, %v; want %d %s", c.token, c.method, c.path, c.body, res.StatusCode, b, err, c.status, c.code)
			}
			if strings.Contains(string(b), "secret detail") {
				t.Errorf("%s %s says too much: %s", c.method, c.path, b)
			}
			if (c.status == 401) != strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s %s: WWW-Authenticate %q", c.method, c.path, res.Header.Get("WWW-Authenticate"))
			}
			hangul := strings.ContainsFunc(p.Detail, func(r rune) bool { return r >= '가' && r <= '힣' })
			if hangul != strings.HasPrefix(lang, "ko") {
				t.Errorf("%s %s in %s: %q", c.method, c.path, lang, p.Detail)
			}
		}
	}
}

// A token of Ably's protocol is for the caller's own channel, and no longer good than what it rests on.
func TestAblyToken(t *testing.T) {
	s := newServer(t)
	hub := s.box()
	paired := s.pair(hub)
	type details struct {
		Token      string
		Capability map[string][]string
		Seconds    float64
	}
	for token, channel := range map[string]string{hub: "private-hub.SN-1", paired.Token: "private-home.SN-1"} {
		d := get[details](s, 200, token, "POST", "/v1/hubs/SN-1/ably-token", "")
		if len(d.Capability) != 1 || fmt.Sprint(d.Capability[channel]) != "[publish subscribe]" || d.Seconds != 3600 {
			t.Errorf("%+v", d)
		}
	}
}

// Scripts of every site may ask, with a token.
func TestCORS(t *testing.T) {
	s := newServer(t)
	res := s.do("", "OPTIONS", "/v1/hubs/SN-1/devices/lamp/commands", "", "Origin: https://other.example",
		"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,idempotency-key,if-match")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Access-Control-Allow-Credentials") != "" ||
		!strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if h := s.do("kim", "GET", "/v1/places", "").Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", h)
	}
}

// closed closes procedures, by name.
type closed map[string]bool

func (c closed) AdmitCall(_ context.Context, p *madang.Principal, name string) error {
	if c[name] && p.User != "boss" {
		return fmt.Errorf("%s is not for %s: %w", name, p.User, madang.ErrForbidden)
	}
	return nil
}

// What somebody may not call on a connection they may not do by a request. Roles are people's: hubs and tokens have none.
func TestClosedCalls(t *testing.T) {
	s := newServerWith(t, rest.Defaults(), closed{"device.make_place": true, "device.command": true})
	hub := s.box()
	token := s.pair(hub).Token
	const order, path = `{"set":{"on":true}}`, "/v1/hubs/SN-1/devices/lamp/commands"
	for _, x := range []struct {
		who, path, body string
		want            int
	}{
		{"kim", "/v1/places", `{"name":"x"}`, http.StatusForbidden},
		{"boss", "/v1/places", `{"name":"x"}`, http.StatusCreated},
		{"kim", path, order, http.StatusForbidden},
		{token, path, order, http.StatusAccepted},
	} {
		if a := s.do(x.who, "POST", x.path, x.body); a.StatusCode != x.want {
			t.Errorf("%.5s POST %s: %d, want %d", x.who, x.path, a.StatusCode, x.want)
		}
	}
}
