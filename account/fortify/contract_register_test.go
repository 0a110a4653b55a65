package fortify

import (
	"net/url"
	"strings"
	"time"

	"madang/account/signin"
)

const lee = "lee@example.com"

// newcomer is the form of somebody new, with some fields in place of others.
func newcomer(change ...string) fields {
	f := fields{"name": "Lee", "email": lee, "password": secretWord, "password_confirmation": secretWord, "terms": true}
	for i := 0; i+1 < len(change); i += 2 {
		f[change[i]] = change[i+1]
	}
	return f
}

func registerRows() []row {
	missing := texts{"name": "first: The name field is required.", "email": "The email field is required.", "password": "The password field is required.", "terms": "The terms «field »must be accepted."}
	bad := func(what string, send fields, e texts) row {
		return row{route: "register.store", what: what, send: send, script: want{status: 422, errors: e}, page: want{status: 302, to: "/register", errors: e}, after: in(false)}
	}
	return []row{
		{route: "register", what: "a guest", script: want{status: 200, page: "Auth/Register"}, page: want{status: 200, page: "Auth/Register"}, after: func(h *house, c *client) {
			if c.last.page(h.tb).Props["terms"] != true {
				h.tb.Errorf("%s", c.last.body)
			}
		}},
		{route: "register.store", what: "somebody new", send: newcomer(), script: want{status: 201, json: `""`}, page: want{status: 302, to: "/"}, after: func(h *house, c *client) {
			in(true)(h, c)
			if link := h.mailed(lee); !strings.HasPrefix(link, "https://barun.test/email/verify/") {
				h.tb.Errorf("the mail says %s", link)
			}
		}},
		bad("nothing", fields{}, missing),
		bad("no terms", newcomer("terms", "no"), texts{"terms": "The terms «field »must be accepted."}),
		bad("a taken address", newcomer("email", "KIM@example.com"), texts{"email": "The email has already been taken."}),
		bad("no address", newcomer("email", "lee"), texts{"email": "The email «field »must be a valid email address."}),
		bad("a long name", newcomer("name", strings.Repeat("x", 256)), texts{"name": "The name «field »must not be greater than 255 characters."}),
		bad("a short password", newcomer("password", "short", "password_confirmation", "short"), texts{"password": "The password «field »must be at least 8 characters."}),
		bad("another confirmation", newcomer("password_confirmation", "another"), texts{"password": "The password «field »confirmation does not match."}),
		{route: "register.store", what: "a list", send: fields{"name": []string{"Lee"}, "email": lee, "password": secretWord, "password_confirmation": secretWord, "terms": 1},
			script: want{status: 422, errors: texts{"name": "The name «field »must be a string."}}},
		{route: "register.store", what: "too often", send: newcomer(), before: times(10, func(_ *house, c *client) { c.do("POST", "/register", fields{}) }),
			script: want{status: 429, json: tooMany, header: throttled("10")}, page: want{status: 429, page: "Error"}, after: in(false)},
		{route: "terms.show", what: "anybody", script: want{status: 200, page: "TermsOfService"}, page: want{status: 200, page: "TermsOfService"}, after: paperSays("terms", "<h1>Terms</h1>\n<p>Be kind.</p>\n")},
		{route: "policy.show", what: "anybody", script: want{status: 200, page: "PrivacyPolicy"}, page: want{status: 200, page: "PrivacyPolicy"}, after: paperSays("policy", "<p>Nothing is <em>kept</em>.</p>\n")},
		{route: "terms.show", what: "a member", as: member, script: want{status: 200, page: "TermsOfService"}},
	}
}

func paperSays(name, text string) func(*house, *client) {
	return func(h *house, c *client) {
		if got := c.last.page(h.tb).Props[name]; got != text {
			h.tb.Errorf("%s: %q", name, got)
		}
	}
}

// forgot asks for a link for kim and keeps its token.
func forgot(h *house, c *client) {
	h.tb.Helper()
	if a := c.do("POST", "/forgot-password", fields{"email": kim}); a.status >= 400 {
		h.tb.Fatalf("%d %s", a.status, a.body)
	}
	link, err := url.Parse(h.mailed(kim))
	must(h.tb, err)
	c.vars["token"] = strings.TrimPrefix(link.Path, "/reset-password/")
}

func resetRows() []row {
	send := func(change ...string) fields {
		f := fields{"token": "{token}", "email": kim, "password": otherWord, "password_confirmation": otherWord}
		for i := 0; i+1 < len(change); i += 2 {
			f[change[i]] = change[i+1]
		}
		return f
	}
	bad := func(what string, send fields, e texts) row {
		return row{route: "password.update", what: what, before: forgot, send: send, script: want{status: 422, errors: e}, page: want{status: 302, to: "/forgot-password", errors: e}}
	}
	token := texts{"email": "This password reset token is invalid."}
	email := texts{"email": "The email «field »must be a valid email address."}
	return []row{
		{route: "password.request", what: "a guest", script: want{status: 200, page: "Auth/ForgotPassword"}, page: want{status: 200, page: "Auth/ForgotPassword"}},
		{route: "password.email", what: "somebody", send: fields{"email": kim}, script: want{status: 200, json: `{"message":"We have emailed your password reset link«.»‹!›"}`},
			page: want{status: 302, to: "/forgot-password", flash: "We have emailed your password reset link«.»‹!›"}, after: func(h *house, _ *client) {
				if link := h.mailed(kim); !strings.HasPrefix(link, "https://barun.test/reset-password/") || !strings.HasSuffix(link, "?email=kim%40example.com") {
					h.tb.Errorf("link %s", link)
				}
			}},
		{route: "password.email", what: "nobody is told that there is nobody", send: fields{"email": lee}, script: want{status: 200, json: `{"message":"We have emailed your password reset link«.»‹!›"}`},
			page: want{status: 302, to: "/forgot-password", flash: "We have emailed your password reset link«.»‹!›"}},
		{route: "password.email", what: "nothing", send: fields{}, script: want{status: 422, errors: texts{"email": "The email field is required."}},
			page: want{status: 302, to: "/forgot-password", errors: texts{"email": "The email field is required."}}},
		{route: "password.email", what: "no address", send: fields{"email": "kim"}, script: want{status: 422, errors: email}, page: want{status: 302, to: "/forgot-password", errors: email}},
		{route: "password.email", what: "a list", send: fields{"email": []string{kim}}, script: want{status: 422, errors: email}, page: want{status: 302, to: "/forgot-password", errors: email}},
		{route: "password.email", what: "too soon", before: forgot, send: fields{"email": kim}, script: want{status: 422, errors: texts{"email": "Please wait before retrying."}},
			page: want{status: 302, to: "/forgot-password", errors: texts{"email": "Please wait before retrying."}}},
		{route: "password.email", what: "too soon, nobody", before: func(_ *house, c *client) { c.do("POST", "/forgot-password", fields{"email": lee}) }, send: fields{"email": lee},
			script: want{status: 422, errors: texts{"email": "Please wait before retrying."}}},
		{route: "password.email", what: "later", before: func(h *house, c *client) { forgot(h, c); h.pass(31 * time.Second) }, send: fields{"email": kim}, script: want{status: 200}},
		{route: "password.email", what: "too often", send: fields{"email": kim}, option: func(c *signin.Config, _ *Config, _ *Parts) { c.ResetPause = time.Second },
			before: times(10, func(h *house, c *client) {
				c.do("POST", "/forgot-password", fields{"email": "x@example.com"})
				c.do("GET", "/login", nil)
			}),
			script: want{status: 429, json: tooMany, header: throttled("10")}, page: want{status: 429, page: "Error"}},
		{route: "password.reset", what: "a guest", before: forgot, path: "/reset-password/{token}?email=kim%40example.com", script: want{status: 200, page: "Auth/ResetPassword"},
			page: want{status: 200, page: "Auth/ResetPassword", header: map[string]string{"Referrer-Policy": "same-origin"}}, after: func(h *house, c *client) {
				if p := c.last.page(h.tb).Props; p["email"] != kim || p["token"] != c.vars["token"] {
					h.tb.Errorf("props %v", p)
				}
			}},
		{route: "password.update", what: "right", before: forgot, send: send(), script: want{status: 200, json: `{"message":"Your password has been reset«.»‹!›"}`},
			page: want{status: 302, to: "/login", flash: "Your password has been reset«.»‹!›"}, after: func(h *house, c *client) {
				in(false)(h, c)
				if a := c.do("POST", "/login", fields{"email": kim, "password": otherWord}); a.status >= 400 || c.session() == "" {
					h.tb.Errorf("the new password: %d %s", a.status, a.body)
				}
			}},
		{route: "password.update", what: "ends all sessions", before: func(h *house, c *client) {
			other := h.script().open(kim)
			c.vars["session"] = other.session()
			forgot(h, c)
		}, send: send(), script: want{status: 200}, page: want{status: 302, to: "/login"}, after: func(h *house, c *client) {
			c.cookies["madang_session"] = c.vars["session"]
			in(false)(h, c)
		}},
		bad("nothing", fields{}, texts{"token": "first: The token field is required.", "email": "The email field is required.", "password": "The password field is required."}),
		bad("a wrong token", send("token", "wrong"), token),
		bad("of somebody else", send("email", lee), token),
		bad("no address", send("email", "kim"), email),
		bad("a short password", send("password", "short", "password_confirmation", "short"), texts{"password": "The password «field »must be at least 8 characters."}),
		bad("short and another", send("password", "short"), texts{"password": "The password «field »must be at least 8 characters.\nThe password «field »confirmation does not match."}),
		{route: "password.update", what: "a list", send: fields{"token": []string{"x"}, "email": kim, "password": otherWord, "password_confirmation": otherWord},
			script: want{status: 422, errors: texts{"token": "The token «field »must be a string."}}},
		{route: "password.update", what: "twice", before: func(h *house, c *client) {
			forgot(h, c)
			c.do("POST", "/reset-password", fields{"token": c.vars["token"], "email": kim, "password": otherWord, "password_confirmation": otherWord})
			c.do("GET", "/login", nil)
		}, send: send(), script: want{status: 422, errors: token}, page: want{status: 302, to: "/forgot-password", errors: token}},
		{route: "password.update", what: "too late", before: func(h *house, c *client) { forgot(h, c); h.pass(31 * time.Minute) }, send: send(), script: want{status: 422, errors: token},
			page: want{status: 302, to: "/forgot-password", errors: token}},
		{route: "password.update", what: "too often", before: func(h *house, c *client) {
			for range 10 {
				c.do("POST", "/reset-password", fields{})
				c.do("GET", "/login", nil)
			}
		}, send: send(), script: want{status: 429, json: tooMany, header: throttled("10")}, page: want{status: 429, page: "Error"}},
	}
}
