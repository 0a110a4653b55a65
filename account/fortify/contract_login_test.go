package fortify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/signin"
)

// wrongWord tries a password that is wrong.
func wrongWord(_ *house, c *client) {
	c.do("POST", "/login", fields{"email": kim, "password": otherWord})
}

func formThrottle(_ *signin.Config, c *Config, _ *Parts) { c.FormThrottle = true }

func loginRows() []row {
	good := fields{"email": kim, "password": secretWord}
	failed := texts{"email": "These credentials do not match our records."}
	refused := want{status: 422, errors: failed, header: map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4"}}
	back := want{status: 302, to: "/login", errors: failed}
	return []row{
		{route: "sanctum.csrf-cookie", what: "anybody", script: want{status: 204, json: "-"}, page: want{status: 204, json: "-"}, after: func(h *house, c *client) {
			if k := c.last.set["XSRF-TOKEN"]; k == nil || k.HttpOnly || k.MaxAge != 7200 || k.Path != "/" {
				h.tb.Errorf("cookie %v", k)
			}
		}},
		{route: "login", what: "a guest", script: want{status: 200, page: "Auth/Login"}, page: want{status: 200, page: "Auth/Login"}, after: func(h *house, c *client) {
			p := c.last.page(h.tb).Props
			if p["canResetPassword"] != true || p["canRegister"] != true || p["status"] != nil || p["user"] != nil || p["product"] != "Madang" || p["locale"] != "en" || p["site"] != "" {
				h.tb.Errorf("props %v", p)
			}
		}},
		{route: "login.store", what: "right", send: good,
			script: want{status: 200, json: `{"two_factor":false}`, header: map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "Retry-After": ""}},
			page:   want{status: 302, to: "/"}, after: in(true)},
		{route: "login.store", what: "in capitals", send: fields{"email": " KIM@Example.com ", "password": secretWord},
			script: want{status: 200, json: `{"two_factor":false}`}, page: want{status: 302, to: "/"}, after: in(true)},
		{route: "login.store", what: "not remembered", send: good, script: want{status: 200}, page: want{status: 302, to: "/"}, after: lasting(false)},
		{route: "login.store", what: "remembered", send: fields{"email": kim, "password": secretWord, "remember": true}, script: want{status: 200}, page: want{status: 302, to: "/"}, after: lasting(true)},
		{route: "login.store", what: "with a second factor", send: good, before: func(h *house, _ *client) { h.script().open(kim, h.confirmed).factor() },
			script: want{status: 200, json: `{"two_factor":true}`}, page: want{status: 302, to: "/two-factor-challenge"}, after: in(false)},
		{route: "login.store", what: "to where they were going", send: good, before: func(_ *house, c *client) { c.do("GET", "/user/api-tokens?a=b", nil) },
			script: want{status: 200}, page: want{status: 302, to: "/user/api-tokens?a=b"}},
		{route: "login.store", what: "wrong password", send: fields{"email": kim, "password": otherWord}, script: refused, page: back, after: in(false)},
		{route: "login.store", what: "unknown", send: fields{"email": "lee@example.com", "password": secretWord}, script: refused, page: back, after: in(false)},
		{route: "login.store", what: "disabled", send: fields{"email": "lee@example.com", "password": secretWord},
			before: func(h *house, _ *client) {
				h.add("lee@example.com", func(p *account.Person) { p.DisabledAt = h.now() })
			}, script: refused, page: back, after: in(false)},
		{route: "login.store", what: "of another provider", send: fields{"email": "lee@example.com", "password": secretWord},
			before: func(h *house, _ *client) { h.add("lee@example.com", func(p *account.Person) { p.Provider = "users" }) }, script: refused, page: back, after: in(false)},
		{route: "login.store", what: "nothing", send: fields{},
			script: want{status: 422, errors: texts{"email": "The email field is required.", "password": "The password field is required."}},
			page:   want{status: 302, to: "/login", errors: texts{"email": "The email field is required.", "password": "The password field is required."}}},
		{route: "login.store", what: "no body", script: want{status: 422, errors: texts{"email": "The email field is required.", "password": "The password field is required."}}},
		{route: "login.store", what: "a list", send: fields{"email": []string{kim}, "password": secretWord},
			script: want{status: 422, errors: texts{"email": "The email «field »must be a string."}},
			page:   want{status: 302, to: "/login", errors: texts{"email": "The email «field »must be a string."}}},
		{route: "login.store", what: "a number", send: fields{"email": kim, "password": 12345678}, script: want{status: 422, errors: texts{"password": "The password «field »must be a string."}}},
		{route: "login.store", what: "too often", send: good, before: times(5, wrongWord),
			script: want{status: 429, json: tooMany, header: throttled("5")}, page: want{status: 429, page: "Error", header: throttled("5")}, after: in(false)},
		{route: "login.store", what: "too often, without a limiter of routes", send: good, option: formThrottle, before: times(5, wrongWord),
			script: want{status: 429, errors: texts{"email": "Too many login attempts. Please try again in 60 seconds."}, header: map[string]string{"Retry-After": "", "X-RateLimit-Limit": ""}},
			page:   want{status: 302, to: "/login", errors: texts{"email": "Too many login attempts. Please try again in 60 seconds."}}, after: in(false)},
		{route: "login.store", what: "without a limiter of routes", send: good, option: formThrottle, script: want{status: 200, header: map[string]string{"X-RateLimit-Limit": ""}}},
		{route: "logout", what: "a member", as: member, script: want{status: 204, json: "-"}, page: want{status: 302, to: "/"}, after: func(h *house, c *client) {
			in(false)(h, c)
			if k, ok := c.cookies["madang_session"]; ok {
				h.tb.Errorf("the cookie says %s", k)
			}
		}},
	}
}

// lasting looks at how long the session's cookie lasts.
func lasting(yes bool) func(*house, *client) {
	return func(h *house, c *client) {
		if k := c.last.set["madang_session"]; k == nil || !k.HttpOnly || k.Secure || yes != (k.MaxAge > 0) {
			h.tb.Errorf("cookie %v", k)
		}
	}
}

func challengeRows() []row {
	code := texts{"code": "The provided two factor authentication code was invalid."}
	recovery := texts{"recovery_code": "The provided two factor recovery code was invalid."}
	return []row{
		{route: "two-factor.login", what: "who waits", as: challenged, script: want{status: 200, page: "Auth/TwoFactorChallenge"}, page: want{status: 200, page: "Auth/TwoFactorChallenge"}},
		{route: "two-factor.login", what: "nobody waits", script: want{status: 302, to: "/login"}, page: want{status: 302, to: "/login"}},
		{route: "two-factor.login.store", what: "a code", as: challenged, send: fields{"code": "{code}"}, script: want{status: 204, json: "-"}, page: want{status: 302, to: "/"}, after: in(true)},
		{route: "two-factor.login.store", what: "a recovery code", as: challenged, send: fields{"recovery_code": "{recovery}"}, script: want{status: 204, json: "-"}, page: want{status: 302, to: "/"}, after: in(true)},
		{route: "two-factor.login.store", what: "a wrong code", as: challenged, send: fields{"code": "000000"},
			script: want{status: 422, errors: code, header: map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4"}},
			page:   want{status: 302, to: "/two-factor-challenge", errors: code}, after: in(false)},
		{route: "two-factor.login.store", what: "a wrong recovery code", as: challenged, send: fields{"recovery_code": "x-y"},
			script: want{status: 422, errors: recovery}, page: want{status: 302, to: "/two-factor-challenge", errors: recovery}, after: in(false)},
		{route: "two-factor.login.store", what: "nothing", as: challenged, send: fields{}, script: want{status: 422, errors: code}, page: want{status: 302, to: "/two-factor-challenge", errors: code}},
		{route: "two-factor.login.store", what: "a number", as: challenged, send: fields{"code": 123456}, script: want{status: 422, errors: texts{"code": "The code «field »must be a string."}}},
		{route: "two-factor.login.store", what: "without a login before", send: fields{"code": "123456"}, script: want{status: 422, errors: code}, page: want{status: 302, to: "/two-factor-challenge", errors: code}},
		{route: "two-factor.login.store", what: "too late", as: challenged, send: fields{"code": "{code}"}, before: func(h *house, _ *client) { h.pass(11 * time.Minute) },
			script: want{status: 422, errors: code}, page: want{status: 302, to: "/two-factor-challenge", errors: code}, after: in(false)},
		{route: "two-factor.login.store", what: "too often", as: challenged, send: fields{"code": "{code}"},
			before: times(5, func(_ *house, c *client) { c.do("POST", "/two-factor-challenge", fields{"code": "000000"}) }),
			script: want{status: 429, json: tooMany, header: map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "Retry-After": "60"}},
			page:   want{status: 429, page: "Error"}, after: in(false)},
	}
}

// TestRecoveryCodeIsReplaced uses one and looks at the list.
func TestRecoveryCodeIsReplaced(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script().open(kim, h.confirmed)
	c.factor()
	before := c.codes()
	c.do("POST", "/logout", nil)
	c.login()
	if a := c.do("POST", "/two-factor-challenge", fields{"recovery_code": before[3]}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	after := c.confirm().codes()
	if len(after) != 8 || slices.Contains(after, before[3]) || len(after[3]) != 21 || strings.Count(after[3], "-") != 1 {
		t.Errorf("codes %v, before %v", after, before)
	}
	same := 0
	for _, code := range after {
		if slices.Contains(before, code) {
			same++
		}
	}
	if same != 7 {
		t.Errorf("%d codes stayed", same)
	}
}
