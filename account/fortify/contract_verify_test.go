package fortify

import (
	"net/http"
	"net/url"
	"time"

	"madang/account"
)

// proving asks for a link for kim, who is signed in, and keeps its path.
func proving(h *house, c *client) {
	h.tb.Helper()
	if a := c.do("POST", "/email/verification-notification", fields{}); a.status != 202 && a.status != 302 {
		h.tb.Fatalf("%d %s", a.status, a.body)
	}
	link, err := url.Parse(h.mailed(kim))
	must(h.tb, err)
	c.vars["link"] = link.RequestURI()
	c.do("GET", noticePath, nil) // a browser has seen that it was sent
}

func mailsLeft(left string) map[string]string {
	return map[string]string{"X-RateLimit-Limit": "6", "X-RateLimit-Remaining": left}
}

func verifyRows() []row {
	link := want{status: 403, json: `{"message":"Invalid signature."}`}
	bad := want{status: 403, page: "Error"}
	proved := func(yes bool) func(*house, *client) {
		return func(h *house, _ *client) {
			if h.person().Verified() != yes {
				h.tb.Errorf("verified: %v", !yes)
			}
		}
	}
	return []row{
		{route: "verification.notice", what: "unverified", as: unproved, script: want{status: 200, page: "Auth/VerifyEmail"}, page: want{status: 200, page: "Auth/VerifyEmail"}},
		{route: "verification.notice", what: "verified", as: member, script: want{status: 302, to: "/"}, page: want{status: 302, to: "/"}},
		{route: "verification.verify", what: "by the link", as: unproved, before: proving, path: "{link}", script: want{status: 204, json: "-", header: mailsLeft("4")},
			page: want{status: 302, to: "/?verified=1", header: mailsLeft("4")}, after: proved(true)},
		{route: "verification.verify", what: "again", as: unproved, before: func(h *house, c *client) { proving(h, c); c.do("GET", c.vars["link"], nil) }, path: "{link}",
			script: want{status: 204, json: "-"}, page: want{status: 302, to: "/?verified=1"}, after: proved(true)},
		{route: "verification.verify", what: "a changed signature", as: unproved, before: proving, path: "{link}0", script: link, page: bad, after: proved(false)},
		{route: "verification.verify", what: "no signature", as: unproved, path: "/email/verify/1/abc", script: link, page: bad, after: proved(false)},
		{route: "verification.verify", what: "too late", as: unproved, before: func(h *house, c *client) { proving(h, c); h.pass(61 * time.Minute) }, path: "{link}", script: link, page: bad, after: proved(false)},
		{route: "verification.verify", what: "of somebody else", as: unproved, before: func(h *house, c *client) {
			proving(h, c)
			h.add(lee, unverified)
			c.do("POST", "/logout", fields{})
			c.open(lee)
		}, path: "{link}", script: link, page: bad, after: proved(false)},
		{route: "verification.verify", what: "too often", as: unproved, before: func(h *house, c *client) {
			proving(h, c)
			times(5, func(_ *house, c *client) { c.do("GET", "/email/verify/1/abc", nil) })(h, c)
		}, path: "{link}", script: want{status: 429, json: tooMany, header: throttled("6")}, page: want{status: 429, page: "Error"}, after: proved(false)},
		{route: "verification.verify", what: "a guest, who signs in first", before: func(h *house, c *client) {
			c.open(kim)
			_, err := h.store.SavePerson(h.tb.Context(), func() account.Person { p := h.person(); p.VerifiedAt = time.Time{}; return p }())
			must(h.tb, err)
			proving(h, c)
			c.do("POST", "/logout", fields{})
		}, path: "{link}", script: want{status: 401, json: `{"message":"Unauthenticated."}`}, page: want{status: 302, to: "/login"}, after: func(h *house, c *client) {
			if !c.html {
				return
			}
			if a := c.login().last; a.header.Get("Location") != c.vars["link"] {
				h.tb.Errorf("after the login to %s", a.header.Get("Location"))
			}
			c.do("GET", c.vars["link"], nil)
			proved(true)(h, c)
		}},
		{route: "verification.send", what: "unverified", as: unproved, send: fields{}, script: want{status: 202, json: `""`, header: mailsLeft("5")},
			page: want{status: 302, to: "/email/verify", flash: "verification-link-sent"}, after: func(h *house, _ *client) { h.mailed(kim) }},
		{route: "verification.send", what: "verified", as: member, script: want{status: 204, json: "-"}, page: want{status: 302, to: "/"}},
		{route: "verification.send", what: "too often", as: unproved, before: times(6, func(_ *house, c *client) { c.do("POST", "/email/verification-notification", fields{}) }),
			script: want{status: 429, json: tooMany, header: throttled("6")}, page: want{status: 429, page: "Error"}},
	}
}

func confirmRows() []row {
	wrong := texts{"password": "The provided password was incorrect."}
	refused := want{status: 422, errors: wrong}
	back := want{status: 302, to: "/user/confirm-password", errors: wrong}
	return []row{
		{route: "password.confirm", what: "a member", as: member, script: want{status: 200, page: "Auth/ConfirmPassword"}, page: want{status: 200, page: "Auth/ConfirmPassword"}},
		{route: "password.confirm.store", what: "right", as: member, send: fields{"password": secretWord}, script: want{status: 201, json: `""`}, page: want{status: 302, to: "/"}, after: in(true)},
		{route: "password.confirm.store", what: "to where they were going", as: member, send: fields{"password": secretWord},
			before: func(_ *house, c *client) { c.do("GET", "/user/two-factor-qr-code", nil) }, script: want{status: 201, json: `""`}, page: want{status: 302, to: "/user/two-factor-qr-code"}},
		{route: "password.confirm.store", what: "to the page they were on", as: member, send: fields{"password": secretWord}, before: func(h *house, c *client) {
			c.do("POST", "/user/two-factor-authentication", fields{}, func(r *http.Request) { r.Header.Set("Referer", h.url+"/user/profile") })
		}, script: want{status: 201, json: `""`}, page: want{status: 302, to: "/user/profile"}},
		{route: "password.confirm.store", what: "wrong", as: member, send: fields{"password": otherWord}, script: refused, page: back},
		{route: "password.confirm.store", what: "nothing", as: member, send: fields{}, script: refused, page: back},
		{route: "password.confirm.store", what: "a list", as: member, send: fields{"password": []string{secretWord}}, script: refused, page: back},
		{route: "password.confirm.store", what: "too often", as: member, before: times(5, func(_ *house, c *client) { c.do("POST", confirmPath, fields{"password": otherWord}) }),
			send: fields{"password": secretWord}, script: want{status: 429, json: tooMany, header: throttled("5")}, page: want{status: 429, page: "Error"}},
		{route: "password.confirmation", what: "no", as: member, script: want{status: 200, json: `{"confirmed":false}`, header: map[string]string{"X-Retry-After": ""}}, page: want{status: 200, json: `{"confirmed":false}`}},
		{route: "password.confirmation", what: "yes", as: sure, before: func(h *house, _ *client) { h.pass(7 * time.Second) },
			script: want{status: 200, json: `{"confirmed":true}`, header: map[string]string{"X-Retry-After": "7"}}, page: want{status: 200, json: `{"confirmed":true}`}},
		{route: "password.confirmation", what: "within", as: sure, before: func(h *house, _ *client) { h.pass(7 * time.Second) }, path: "/user/confirmed-password-status?seconds=8", script: want{status: 200, json: `{"confirmed":true}`}},
		{route: "password.confirmation", what: "longer ago", as: sure, before: func(h *house, _ *client) { h.pass(7 * time.Second) }, path: "/user/confirmed-password-status?seconds=7", script: want{status: 200, json: `{"confirmed":false}`}},
		{route: "password.confirmation", what: "within nothing", as: sure, path: "/user/confirmed-password-status?seconds=0", script: want{status: 200, json: `{"confirmed":false}`}},
		{route: "password.confirmation", what: "within no number", as: sure, path: "/user/confirmed-password-status?seconds=x", script: want{status: 422, errors: texts{"seconds": "The seconds «field »must be an integer."}}},
		{route: "password.confirmation", what: "three hours ago", as: sure, before: func(h *house, c *client) {
			for range 3 {
				h.pass(time.Hour)
				c.signedIn() // so that the session lives
			}
		}, script: want{status: 200, json: `{"confirmed":false}`}},
	}
}
