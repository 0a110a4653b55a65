package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/device/oauth"
	"madang/device/relay"
	"madang/store/memory"
)

// A site is a world behind HTTP.
type site struct {
	*world
	mux *http.ServeMux
}

func newSite(t testing.TB) *site { return newSiteWith(t, config()) }

func newSiteWith(t testing.TB, c oauth.Config) *site {
	t.Helper()
	s := &site{newWorldWith(t, memory.NewDevices(), c), http.NewServeMux()}
	hub := madang.New(madang.Config{Guards: map[string]madang.Guard{"home": madang.GuardFunc(s.guard)}})
	s.ok(hub.Start(t.Context()))
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	for pattern, h := range oauth.New(s.Flow, hub).Routes() {
		s.mux.Handle(pattern, h)
	}
	return s
}

// guard takes tokens that are people's ids, tokens of pairings that begin with "jti.", and a hub's.
func (s *site) guard(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	id, paired := strings.CutPrefix(c.Token, "jti.")
	switch {
	case c.Token == "":
		return nil, madang.ErrUnauthenticated
	case c.Token == "broken":
		return nil, errors.New("the keys are away: secret detail")
	case c.Token == "hub":
		return relay.HubPrincipal(c.App, "SN-1"), nil
	case c.Token == "reader":
		return &madang.Principal{App: c.App, User: "kim", Claims: []byte(`{"abilities":["read"]}`)}, nil
	case paired:
		return &madang.Principal{App: c.App, Guard: relay.GuardToken, User: "token:" + id, Claims: []byte(`{"jti":"` + id + `"}`)}, nil
	}
	return &madang.Principal{App: c.App, User: c.Token, Name: "Name of " + c.Token}, nil
}

// do makes a request and returns the answer with its body.
func (s *site) do(method, path, body string, headers ...string) (*http.Response, map[string]any) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:1234"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	res := w.Result()
	b, err := io.ReadAll(res.Body)
	s.ok(err)
	var v map[string]any
	if len(b) > 0 {
		if err := json.Unmarshal(b, &v); err != nil {
			s.t.Fatalf("%s %s: %s: %v", method, path, b, err)
		}
	}
	return res, v
}

// decides answers the page.
func (s *site) decides(who, body string) (*http.Response, map[string]any) {
	s.t.Helper()
	return s.do("POST", oauth.PathDecide, body, "Authorization: Bearer "+who, "Content-Type: application/json")
}

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func TestOverHTTP(t *testing.T) {
	s := newSite(t)
	_, secret := s.box("SN-1:a")
	res, a := s.do("POST", oauth.PathAuthorize, form("client_id", "SN-1:a", "client_secret", secret, "scope", "devices"))
	code, _ := a["user_code"].(string)
	if res.StatusCode != 200 || a["verification_uri"] != "https://home.example/device" || a["expires_in"] != 600.0 || a["interval"] != 5.0 ||
		a["verification_uri_complete"] != "https://home.example/device?user_code="+code || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", res.StatusCode, a)
	}
	ask := form("grant_type", oauth.GrantType, "device_code", a["device_code"].(string))
	basic := http.Header{}
	r := http.Request{Header: basic}
	r.SetBasicAuth(url.QueryEscape("SN-1:a"), url.QueryEscape(secret))
	by := "Authorization: " + basic.Get("Authorization")
	if res, e := s.do("POST", oauth.PathToken, ask, by); res.StatusCode != 400 || e["error"] != "authorization_pending" {
		t.Errorf("%d %v", res.StatusCode, e)
	}
	if res, e := s.do("POST", oauth.PathToken, ask, by); res.StatusCode != 400 || e["error"] != "slow_down" {
		t.Errorf("%d %v", res.StatusCode, e)
	}
	p, err := s.rules.MakePlace(t.Context(), someone("kim"), "집")
	s.ok(err)
	res, v := s.do("GET", oauth.PathDecide+"?user_code="+strings.ToLower(code), "", "Authorization: Bearer kim")
	places, _ := v["places"].([]any)
	if res.StatusCode != 200 || v["user_code"] != code || v["address"] != "192.0.2.7" || fmt.Sprint(v["hub"]) != "map[name:현관 serial:SN-1:a]" ||
		v["place"] != nil || len(places) != 1 || v["expires_in"] != 600.0 {
		t.Fatalf("%d %v", res.StatusCode, v)
	}
	decision, err := json.Marshal(oauth.Decision{Request: v["request"].(string), Hub: "SN-1:a", Approve: true, Place: p.ID})
	s.ok(err)
	if res, v := s.decides("kim", string(decision)); res.StatusCode != 200 || v["approved"] != true {
		t.Errorf("%d %v", res.StatusCode, v)
	}
	if res, v := s.decides("kim", string(decision)); res.StatusCode != 404 || v["code"] != "not_found" {
		t.Errorf("again: %d %v", res.StatusCode, v)
	}
	res, token := s.do("POST", oauth.PathToken, ask, by)
	if res.StatusCode != 200 || token["token_type"] != "Bearer" || token["expires_in"] != (30*time.Hour).Seconds() || token["scope"] != "devices" {
		t.Fatalf("%d %v", res.StatusCode, token)
	}
	if res, e := s.do("POST", oauth.PathToken, ask, by); res.StatusCode != 400 || e["error"] != "invalid_grant" {
		t.Errorf("again: %d %v", res.StatusCode, e)
	}
	if res, v := s.do("GET", oauth.PathDecide+"?user_code="+code, "", "Authorization: Bearer "+token["access_token"].(string)); res.StatusCode != 403 {
		t.Errorf("the token is somebody who decides: %d %v", res.StatusCode, v)
	}
	// The hub has a place by now: there is nothing to choose.
	s.pass(time.Minute)
	_, a = s.do("POST", oauth.PathAuthorize, "", by)
	_, v = s.do("GET", oauth.PathDecide+"?user_code="+a["user_code"].(string), "", "Authorization: Bearer kim")
	if places, _ := v["places"].([]any); len(places) != 0 || fmt.Sprint(v["place"]) != "map[id:"+p.ID+" name:집]" {
		t.Errorf("%v", v)
	}
}

func TestFaults(t *testing.T) {
	s := newSite(t)
	_, secret := s.box("SN-1")
	s.box("SN-taken")
	_, err := s.rules.Grant(t.Context(), someone("lee"), "SN-taken", "")
	s.ok(err)
	good := []string{"client_id", "SN-1", "client_secret", secret}
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth("SN-1", "wrong")
	wrong := "Authorization: " + r.Header.Get("Authorization")
	r.SetBasicAuth("SN-1", secret)
	right := "Authorization: " + r.Header.Get("Authorization")
	with := func(more ...string) string { return form(append(more, good...)...) }
	for _, c := range []struct {
		path, body string
		headers    []string
		status     int
		code       string
	}{
		{oauth.PathAuthorize, "", nil, 401, "invalid_client"},
		{oauth.PathAuthorize, form("client_id", "SN-1"), nil, 401, "invalid_client"},
		{oauth.PathAuthorize, form("client_id", "SN-1", "client_secret", "wrong"), nil, 401, "invalid_client"},
		{oauth.PathAuthorize, form("client_id", "SN-9", "client_secret", secret), nil, 401, "invalid_client"},
		{oauth.PathAuthorize, form("client_id", "../x", "client_secret", secret), nil, 401, "invalid_client"},
		{oauth.PathAuthorize, "", []string{wrong}, 401, "invalid_client"},
		{oauth.PathAuthorize, with(), []string{"Authorization: Bearer kim"}, 401, "invalid_client"},
		{oauth.PathAuthorize, with(), []string{right}, 400, "invalid_request"},
		{oauth.PathAuthorize, form("client_id", "SN-2"), []string{right}, 400, "invalid_request"},
		{oauth.PathAuthorize, with("scope", "devices admin"), nil, 400, "invalid_scope"},
		{oauth.PathAuthorize, with("x", "1", "x", "2"), nil, 400, "invalid_request"},
		{oauth.PathAuthorize, "%zz", nil, 400, "invalid_request"},
		{oauth.PathAuthorize, `{}`, []string{"Content-Type: application/json"}, 400, "invalid_request"},
		{oauth.PathAuthorize, with("x", strings.Repeat("x", 9<<10)), nil, 413, "invalid_request"},
		{oauth.PathToken, with(), nil, 400, "invalid_request"},
		{oauth.PathToken, with("grant_type", "password"), nil, 400, "unsupported_grant_type"},
		{oauth.PathToken, with("grant_type", oauth.GrantType), nil, 400, "invalid_request"},
		{oauth.PathToken, with("grant_type", oauth.GrantType, "device_code", "x"), nil, 400, "invalid_grant"},
		{oauth.PathAuthorize, with(), nil, 200, ""},
		{oauth.PathAuthorize, with(), nil, 429, "slow_down"},
	} {
		res, e := s.do("POST", c.path, c.body, c.headers...)
		code, _ := e["error"].(string)
		if res.StatusCode != c.status || code != c.code || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %.60s %v: %d %v, want %d %s", c.path, c.body, c.headers, res.StatusCode, e, c.status, c.code)
		}
		if basic := c.code == "invalid_client" && c.headers != nil; basic != strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Basic") {
			t.Errorf("%s %v: WWW-Authenticate %q", c.path, c.headers, res.Header.Get("WWW-Authenticate"))
		}
		if (c.status == 429) != (res.Header.Get("Retry-After") == "5") {
			t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
		}
	}
	if res, _ := s.do("GET", oauth.PathToken, ""); res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
		t.Errorf("%d", res.StatusCode)
	}
	for _, c := range []struct {
		method, who, query, body string
		status                   int
		code                     string
	}{
		{"GET", "", "?user_code=x", "", 401, "token_missing"},
		{"GET", "hub", "?user_code=x", "", 403, "forbidden"},
		{"GET", "broken", "?user_code=x", "", 500, "internal"},
		{"GET", "kim", "", "", 404, "not_found"},
		{"GET", "kim", "?user_code=BBBB-BBBB", "", 404, "not_found"},
		{"POST", "reader", "", `{"request":"x","hub":"SN-1","approve":true}`, 403, "forbidden"},
		{"POST", "kim", "", `{"request":"x","hub":"SN-1","approve":true}`, 404, "not_found"},
		{"POST", "kim", "", `{"request":"x","hub":"SN-9","approve":true}`, 404, "not_found"},     // no hub
		{"POST", "kim", "", `{"request":"x","hub":"SN-taken","approve":true}`, 404, "not_found"}, // somebody else's
		{"POST", "kim", "", `{"request":"","hub":"SN-1"}`, 422, "invalid"},
		{"POST", "kim", "", `{"request":"x","hub":"../"}`, 422, "invalid"},
		{"POST", "kim", "", `{`, 422, "invalid"},
		{"POST", "kim", "", `{"request":"` + strings.Repeat("x", 5<<10) + `"}`, 422, "invalid"},
	} {
		headers := []string{"Content-Type: application/json", "Accept-Language: en"}
		if c.who != "" {
			headers = append(headers, "Authorization: Bearer "+c.who)
		}
		res, p := s.do(c.method, oauth.PathDecide+c.query, c.body, headers...)
		if res.StatusCode != c.status || p["code"] != c.code || p["detail"] == "" || strings.Contains(fmt.Sprint(p), "secret detail") {
			t.Errorf("%s %s %s %.60s: %d %v, want %d %s", c.method, c.who, c.query, c.body, res.StatusCode, p, c.status, c.code)
		}
	}
	if res, _ := s.do("PUT", oauth.PathDecide, "", "Authorization: Bearer kim"); res.StatusCode != 405 {
		t.Errorf("%d", res.StatusCode)
	}
}

// Where somebody has guessed too often the page learns when to go on.
func TestTooManyGuesses(t *testing.T) {
	s := newSite(t)
	for range 10 {
		s.do("GET", oauth.PathDecide+"?user_code=x", "", "Authorization: Bearer kim")
	}
	res, p := s.do("GET", oauth.PathDecide+"?user_code=x", "", "Authorization: Bearer kim")
	if res.StatusCode != 429 || p["code"] != "too_many" || res.Header.Get("Retry-After") != "3600" {
		t.Errorf("%d %v %v", res.StatusCode, p, res.Header)
	}
}

func TestMetadata(t *testing.T) {
	s := newSite(t)
	res, m := s.do("GET", oauth.PathMetadata, "")
	if res.StatusCode != 200 || m["issuer"] != "https://home.example" || m["token_endpoint"] != "https://home.example/oauth/token" ||
		m["device_authorization_endpoint"] != "https://home.example/oauth/device_authorization" ||
		fmt.Sprint(m["grant_types_supported"]) != "["+oauth.GrantType+"]" || fmt.Sprint(m["response_types_supported"]) != "[]" {
		t.Errorf("%d %v", res.StatusCode, m)
	}
	if res, _ := s.do("POST", oauth.PathMetadata, ""); res.StatusCode != 405 {
		t.Errorf("%d", res.StatusCode)
	}
}
