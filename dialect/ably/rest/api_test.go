package rest_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang/dialect/ably/rest"
	"madang/dialect/ably/token"
)

func TestTimeAndNetwork(t *testing.T) {
	w := build(t, nil)
	for _, msgpack := range []bool{false, true} {
		var now []int64
		r := w.do("GET", "/time", request{msgpack: msgpack}).ok(200)
		if r.into(&now); len(now) != 1 || time.Since(time.UnixMilli(now[0])).Abs() > time.Minute {
			t.Errorf("%v", now)
		}
		if want := map[bool]string{false: "application/json", true: "application/x-msgpack"}[msgpack]; r.header.Get("Content-Type") != want {
			t.Errorf("the content type is %q", r.header.Get("Content-Type"))
		}
	}
	if r := w.do("GET", "/is-the-internet-up.txt", request{}).ok(200); string(r.raw) != "yes" {
		t.Errorf("%s", r.raw)
	}
	if r := w.do("HEAD", "/time", request{}).ok(200); len(r.raw) != 0 {
		t.Errorf("%s", r.raw)
	}
}

func TestFormOfAnswers(t *testing.T) {
	w := build(t, nil)
	for _, c := range []struct{ accept, query, want string }{
		{"", "", "application/json"}, {"", "?format=msgpack", "application/x-msgpack"}, {"application/json", "?format=msgpack", "application/json"},
		{"application/x-msgpack,application/json", "", "application/x-msgpack"}, {"text/html, application/json;q=0.9", "?format=msgpack", "application/json"},
		{"*/*", "?format=json", "application/json"}, {"application/x-msgpack", "?format=json", "application/x-msgpack"},
	} {
		h := map[string]string{"Accept": c.accept}
		if r := w.do("GET", "/time"+c.query, request{header: h}); r.header.Get("Content-Type") != c.want {
			t.Errorf("%+v: %s", c, r.header.Get("Content-Type"))
		}
		if r := w.do("GET", "/nothing"+c.query, request{header: h}); r.header.Get("Content-Type") != c.want || r.status != 404 {
			t.Errorf("%+v: %d %s", c, r.status, r.header.Get("Content-Type"))
		}
	}
}

func TestCredentials(t *testing.T) {
	w := build(t, nil)
	var out token.Issued
	w.do("POST", "/keys/main.root/requestToken", request{key: rootKey, body: `{"keyName":"main.root"}`, header: map[string]string{"X-Ably-ClientId": "?"}}).ok(201).into(&out)
	const path = "/channels/c/messages"
	for name, header := range map[string]string{
		"basic": "Basic " + base64.StdEncoding.EncodeToString([]byte(rootKey)), "bearer": "Bearer " + out.Token,
		"bearer in base64": "Bearer " + base64.StdEncoding.EncodeToString([]byte(out.Token)),
	} {
		if r := w.do("GET", path, request{header: map[string]string{"Authorization": header}}); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	for name, query := range map[string]string{"key": rootKey, "access_token": out.Token, "accessToken": out.Token} {
		if r := w.do("GET", path+"?"+name+"="+url.QueryEscape(query), request{}); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	w.do("GET", path, request{header: map[string]string{"Authorization": "Digest x"}}).refused(40101)
	w.shift.Store(2 * 3600_000)
	w.do("GET", path, request{token: out.Token}).refused(40142)
}

func TestTokens(t *testing.T) {
	w := build(t, nil)
	signed := func(nonce string) map[string]any {
		r := token.Request{KeyName: "main.root", Timestamp: "1", Nonce: nonce, ClientID: "kim", TTL: "60000", Capability: `{"a":["publish"]}`}
		var now []int64
		w.do("GET", "/time", request{}).into(&now)
		r.Timestamp = itoa(now[0])
		r.Sign("main-secret")
		return map[string]any{
			"keyName": r.KeyName, "timestamp": now[0], "nonce": nonce, "clientId": "kim", "ttl": 60000, "capability": r.Capability, "mac": r.MAC,
		}
	}
	for i, msgpack := range []bool{false, true} {
		q := request{body: signed("0123456789abcdef" + itoa(int64(i))), msgpack: msgpack}
		var out token.Issued
		w.do("POST", "/keys/main.root/requestToken", q).ok(201).into(&out)
		if out.Token == "" || out.ClientID != "kim" || out.Capability != `{"a":["publish"]}` || out.Expires-out.Issued != 60000 {
			t.Errorf("%+v", out)
		}
		w.do("POST", "/keys/main.root/requestToken", q).refused(40105) // once is enough
		w.do("POST", "/channels/a/messages", request{token: out.Token, body: `{}`}).ok(201)
		w.do("GET", "/channels/a/messages", request{token: out.Token}).refused(40160)
	}
	forged := signed("0123456789abcdefx")
	forged["clientId"] = "lee"
	w.do("POST", "/keys/main.root/requestToken", request{body: forged}).refused(40101)
	w.do("POST", "/keys/main.none/requestToken", request{body: signed("0123456789abcdefy")}).refused(40400)
	w.do("POST", "/keys/main.root/requestToken", request{body: `{`}).refused(40001)
	w.do("POST", "/keys/main.root/requestToken", request{body: `{"keyName":"main.root"}`}).refused(40101)
	w.do("POST", "/keys/main.root/requestToken", request{key: rootKey + "x", body: `{"keyName":"main.root"}`}).refused(40101)
	w.do("POST", "/keys/main.root/requestToken", request{body: "\xc1", msgpack: true}).refused(40001)
}

// TestNobodyIsToldToRenewForEver is about clients that go on showing a token that has expired.
func TestNobodyIsToldToRenewForEver(t *testing.T) {
	w := build(t, nil)
	var out token.Issued
	w.do("POST", "/keys/main.root/requestToken", request{key: rootKey, body: `{"keyName":"main.root"}`}).ok(201).into(&out)
	w.shift.Store(2 * 3600_000)
	for range 8 {
		w.do("GET", "/channels/a/messages", request{token: out.Token}).refused(40142)
	}
	w.do("GET", "/channels/a/messages", request{token: out.Token}).refused(40101)
	w.shift.Add(11_000)
	w.do("GET", "/channels/a/messages", request{token: out.Token}).refused(40142)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestRevocation(t *testing.T) {
	w := build(t, nil)
	const key = "main.revocable:revocable-secret"
	var out token.Issued
	w.do("POST", "/keys/main.revocable/requestToken", request{key: key, body: `{"keyName":"main.revocable","clientId":"kim"}`}).ok(201).into(&out)
	w.do("GET", "/channels/a/messages", request{token: out.Token}).ok(200)
	w.shift.Store(1000) // what is issued in the same instant is not older
	var tally struct {
		SuccessCount, FailureCount int
		Results                    []struct {
			Target string
			Error  *struct{ StatusCode int }
		}
	}
	body := map[string]any{"targets": []string{"clientId:kim", "what:x"}}
	w.deaf.Store(true) // who asked has to know, and asks again
	w.do("POST", "/keys/main.revocable/revokeTokens", request{key: key, body: body}).refused(50003)
	w.deaf.Store(false)
	w.do("POST", "/keys/main.revocable/revokeTokens", request{key: key, body: body, msgpack: true}).ok(201).into(&tally)
	if tally.SuccessCount != 1 || tally.FailureCount != 1 || tally.Results[1].Error.StatusCode != 400 || w.revoked.Load() != 2 {
		t.Errorf("%+v, %d told", tally, w.revoked.Load())
	}
	w.do("GET", "/channels/a/messages", request{token: out.Token}).refused(40141)
	w.do("POST", "/keys/main.root/revokeTokens", request{key: rootKey, body: body}).refused(40163)
	w.do("POST", "/keys/main.revocable/revokeTokens", request{body: body}).refused(40101)
	w.do("POST", "/keys/main.revocable/revokeTokens", request{key: key, body: `[]`}).refused(40001)
}

func TestWhatIsNotThere(t *testing.T) {
	w := build(t, nil)
	for _, c := range []struct {
		method, path string
		code         int
	}{
		{"GET", "/nothing", 40400}, {"GET", "/keys/main.root/requestToken", 40400}, {"DELETE", "/channels/a/messages", 40400},
		{"GET", "/channels/a/b/c", 40400}, {"GET", "/keys/x", 40400}, {"POST", "/time", 40400},
		{"PATCH", "/channels/a/messages/11@x:0/versions", 40400}, {"GET", "/channels/a/messages/11@x:0/client-summary", 40400},
	} {
		w.do(c.method, c.path, request{key: rootKey}).refused(c.code)
		w.do(c.method, c.path, request{}).refused(c.code)
	}
}

// Who asks for what this server does not offer learns first whether the credentials are any good.
func TestWhatIsNotOffered(t *testing.T) {
	w := build(t, nil)
	for _, path := range []string{"/push/deviceRegistrations", "/push/publish", "/stats"} {
		w.do("GET", path, request{key: rootKey}).refused(40400)
		w.do("GET", path, request{}).refused(40101)
		w.do("GET", path, request{key: "main.root:wrong"}).refused(40101)
	}
}

func TestBrowsers(t *testing.T) {
	w := build(t, nil)
	r := w.do("OPTIONS", "/channels/a/messages", request{header: map[string]string{
		"Origin": "https://page.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-ably-version",
	}})
	h := r.ok(204).header
	if h.Get("Access-Control-Allow-Origin") != "https://page.example" || h.Get("Access-Control-Allow-Credentials") != "true" ||
		h.Get("Access-Control-Allow-Headers") != "authorization,x-ably-version" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("%v", h)
	}
	for _, path := range []string{"/time", "/nothing", "/channels/a/messages"} {
		h := w.do("GET", path, request{header: map[string]string{"Origin": "https://page.example"}}).header
		if h.Get("Access-Control-Allow-Origin") != "https://page.example" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Link, X-Ably-Errorcode, X-Ably-Errormessage") {
			t.Errorf("%s: %v", path, h)
		}
	}
	if h := w.do("GET", "/time", request{}).header; h.Get("Access-Control-Allow-Origin") != "" || h.Get("Vary") != "Origin" {
		t.Errorf("%v", h)
	}
	for origin, code := range map[string]int{"https://good.example": 0, "": 0, "https://bad.example": 40300} {
		r := w.do("GET", "/channels/a/messages", request{key: pageKey, header: map[string]string{"Origin": origin}})
		if code == 0 {
			r.ok(200)
		} else {
			r.refused(code)
		}
	}
}

func TestClaims(t *testing.T) {
	w := build(t, nil)
	for path, want := range map[string]bool{"/": false, "/index.html": false, "/time": true, "/channels/x": true, "/timeless": false, "/keys/a/requestToken": true} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if w.api.Claims(r) != want {
			t.Errorf("%s is claimed: %v", path, !want)
		}
		if r.Header.Set("X-Ably-Version", "2"); !w.api.Claims(r) {
			t.Errorf("%s of a library is not claimed", path)
		}
	}
	r := httptest.NewRequest(http.MethodOptions, "/invalid", nil)
	if r.Header.Set("Access-Control-Request-Headers", "X-Ably-Version"); !w.api.Claims(r) {
		t.Error("the preflight of a library is not claimed")
	}
}

func TestConfig(t *testing.T) {
	if err := rest.Defaults().Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*rest.Config){
		"max_message": func(c *rest.Config) { c.MaxMessage = 1 }, "max_body": func(c *rest.Config) { c.MaxBody = 2000 },
		"max_batch": func(c *rest.Config) { c.MaxBatch = 0 }, "max_page": func(c *rest.Config) { c.MaxPage = 0 },
	} {
		cfg := rest.Defaults()
		change(&cfg)
		if _, err := rest.New(nil, cfg, rest.Options{Authority: token.New(token.Config{})}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := rest.New(nil, rest.Defaults(), rest.Options{}); err == nil {
		t.Error("there is an API without an authority")
	}
	w := build(t, func(c *rest.Config) { c.MaxPage = 3 })
	w.fill("room", 5)
	if all, _ := w.history("/channels/room/messages", request{key: rootKey}); len(all) != 3 {
		t.Errorf("a page holds %d", len(all))
	}
}
