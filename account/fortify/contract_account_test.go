package fortify

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"madang/account/laravel"
	"madang/account/photo"
	"madang/account/signin"
)

func profileRows() []row {
	bag := func(what string, send fields, e texts) row {
		return row{route: "user-profile-information.update", what: what, as: member, send: send, script: want{status: 422, errors: e},
			page: want{status: 303, to: "/user/profile", errors: e, bag: "updateProfileInformation"}}
	}
	same := fields{"name": "Kim Min-ji", "email": kim}
	done := want{status: 200, json: `""`}
	updated := want{status: 303, to: "/user/profile", flash: "profile-information-updated"}
	mimes := texts{"photo": "The photo «field »must be a file of type: jpg, jpeg, png."}
	rows := []row{
		{route: "user-profile-information.update", what: "the name", as: member, send: same, script: done, page: updated, after: func(h *house, _ *client) {
			if p := h.person(); p.Name != "Kim Min-ji" || !p.Verified() {
				h.tb.Errorf("person %+v", p)
			}
		}},
		{route: "user-profile-information.update", what: "unverified", as: unproved, send: same, script: done, page: updated},
		{route: "user-profile-information.update", what: "the address", as: member, send: fields{"name": "Kim", "email": lee}, script: done, page: updated, after: func(h *house, _ *client) {
			p, err := h.store.PersonByEmail(h.tb.Context(), "default", "members", lee)
			if err != nil || p.Verified() {
				h.tb.Errorf("person %+v, %v", p, err)
			}
			h.mailed(lee)
		}},
		{route: "user-profile-information.update", what: "more than that", as: member, send: fields{"name": "Kim", "email": kim, "id": "7", "password": otherWord, "email_verified_at": "2020-01-01", "provider": "users"}, script: done, page: updated,
			after: func(h *house, _ *client) {
				if p := h.person(); p.ID != 1 || p.Password != hashed().hash || p.VerifiedAt.Year() == 2020 {
					h.tb.Errorf("person %+v", p)
				}
			}},
		bag("nothing", fields{}, texts{"name": "first: The name field is required.", "email": "The email field is required."}),
		bag("no address", fields{"name": "Kim", "email": "kim"}, texts{"email": "The email «field »must be a valid email address."}),
		bag("a list", fields{"name": []string{"Kim"}, "email": kim}, texts{"name": "The name «field »must be a string."}),
		{route: "user-profile-information.update", what: "taken", as: member, send: fields{"name": "Kim", "email": "LEE@example.com"}, before: func(h *house, _ *client) { h.add(lee) },
			script: want{status: 422, errors: texts{"email": "The email has already been taken."}},
			page:   want{status: 303, to: "/user/profile", errors: texts{"email": "The email has already been taken."}, bag: "updateProfileInformation"}},
		{route: "user-profile-information.update", what: "too often", as: member, send: same, before: times(60, func(_ *house, c *client) { c.do("PUT", "/user/profile-information", same) }),
			script: want{status: 429, json: tooMany, header: throttled("60")}, page: want{status: 429, page: "Error"}},
		bag("a photo that is a word", fields{"name": "Kim", "email": kim, "photo": "a.png"}, mimes),
		{route: "user-profile-information.update", what: "no photo", as: member, send: fields{"name": "Kim", "email": kim, "photo": nil}, script: done},
		bag("no picture", fields{"name": "Kim", "email": kim, "photo": []byte("<svg onload=alert(1)>")}, mimes),
		bag("a broken picture", fields{"name": "Kim", "email": kim, "photo": []byte("\x89PNG\r\n\x1a\n and no more")}, mimes),
		bag("a picture that is too large", fields{"name": "Kim", "email": kim, "photo": append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, photo.MaxUpload)...)},
			texts{"photo": "The photo «field »must not be greater than 1024 kilobytes."}),
		bag("no picture that is too large", fields{"name": "Kim", "email": kim, "photo": bytes.Repeat([]byte("x"), photo.MaxUpload+1)},
			texts{"photo": "The photo «field »must be a file of type: jpg, jpeg, png.\nThe photo «field »must not be greater than 1024 kilobytes."}),
		bag("a picture beside a wrong name", fields{"name": "", "email": kim, "photo": pictureBytes()}, texts{"name": "The name field is required."}),
		{route: "user-profile-information.update", what: "more than is read", as: member, send: fields{"name": "Kim", "email": kim, "photo": make([]byte, laravel.MaxUpload)},
			script: want{status: 413, json: `{"message":"The POST data is too large."}`}, page: want{status: 413, page: "Error"}},
		{route: "user-profile-information.update", what: "a picture", as: member, send: fields{"name": "Kim", "email": kim, "photo": pictureBytes()}, script: done, page: updated, after: func(h *house, c *client) {
			if p := h.person(); photo.URL(p.Photo) == "" {
				h.tb.Errorf("photo %q", p.Photo)
			}
		}},
		{route: "user-profile-information.update", what: "a picture by a form's POST", as: member, send: fields{"name": "Kim", "email": kim, "photo": pictureBytes()}, with: func(r *http.Request) {
			r.Method = http.MethodPost
			r.Header.Set("X-HTTP-Method-Override", "PUT")
		}, script: done, page: want{status: 302, to: "/user/profile", flash: "profile-information-updated"}},
		{route: "user-profile-information.update", what: "a picture where there are none", as: member, send: fields{"name": "Kim", "email": kim, "photo": []byte("x")},
			option: func(_ *signin.Config, _ *Config, p *Parts) { p.Album = nil }, script: done, page: updated},
		{route: "current-user-photo.destroy", what: "a photo", as: member, before: func(h *house, c *client) {
			c.do("PUT", "/user/profile-information", fields{"name": "Kim", "email": kim, "photo": pictureBytes()})
			c.vars["key"] = h.person().Photo
			c.do("GET", profilePath, nil)
		}, script: want{status: 303, to: "/user/profile"}, page: want{status: 303, to: "/user/profile", flash: "profile-photo-deleted"}, after: func(h *house, c *client) {
			if _, err := h.files.Get(h.tb.Context(), c.vars["key"]); err == nil || c.vars["key"] == "" || h.person().Photo != "" {
				h.tb.Errorf("photo %q is still there", c.vars["key"])
			}
		}},
		{route: "current-user-photo.destroy", what: "none", as: member, script: want{status: 303, to: "/user/profile"}, page: want{status: 303, to: "/user/profile", flash: "profile-photo-deleted"}},
	}
	return append(rows, passwordRows()...)
}

func passwordRows() []row {
	send := func(current, password, again string) fields {
		return fields{"current_password": current, "password": password, "password_confirmation": again}
	}
	bag := func(what string, send fields, e texts) row {
		return row{route: "user-password.update", what: what, as: member, send: send, script: want{status: 422, errors: e},
			page: want{status: 303, to: "/user/profile", errors: e, bag: "updatePassword"}}
	}
	return []row{
		{route: "user-password.update", what: "right", as: member, before: func(h *house, c *client) {
			c.vars["old"], c.vars["other"] = c.session(), h.script().open(kim).session()
		}, send: send(secretWord, otherWord, otherWord), script: want{status: 200, json: `""`}, page: want{status: 303, to: "/user/profile", flash: "password-updated"}, after: func(h *house, c *client) {
			in(true)(h, c)
			for _, old := range []string{c.vars["old"], c.vars["other"]} {
				c.cookies["madang_session"] = old
				in(false)(h, c)
			}
		}},
		bag("nothing", fields{}, texts{"current_password": "first: The current password field is required.", "password": "The password field is required."}),
		bag("wrong", send(otherWord, otherWord, otherWord), texts{"current_password": "The provided password does not match your current password."}),
		bag("short", send(secretWord, "short", "short"), texts{"password": "The password «field »must be at least 8 characters."}),
		bag("another confirmation", send(secretWord, otherWord, "another"), texts{"password": "The password «field »confirmation does not match."}),
		bag("a list", fields{"current_password": []string{secretWord}, "password": otherWord, "password_confirmation": otherWord}, texts{"current_password": "The current password «field »must be a string."}),
		{route: "user-password.update", what: "too often", as: member, before: times(5, func(_ *house, c *client) { c.do("PUT", "/user/password", send("no", otherWord, otherWord)) }),
			send: send(secretWord, otherWord, otherWord), script: want{status: 429, json: tooMany, header: throttled("5")}, page: want{status: 429, page: "Error"}},
	}
}

func factorRows() []row {
	code := texts{"code": "The provided two factor authentication code was invalid."}
	enable := func(_ *house, c *client) {
		c.do("POST", "/user/two-factor-authentication", fields{})
		c.do("GET", profilePath, nil)
		body := c.do("GET", "/user/two-factor-secret-key", nil).body
		c.vars["secret"] = strings.TrimSuffix(strings.TrimPrefix(body, `{"secretKey":"`), `"}`)
	}
	off := `{"message":"Two factor authentication has not been enabled."}`
	return []row{
		{route: "two-factor.enable", what: "on", as: sure, send: fields{}, script: want{status: 200, json: `""`}, page: want{status: 302, to: "/user/profile", flash: "two-factor-authentication-enabled"}, after: func(h *house, _ *client) {
			if p := h.person(); len(p.Factor.Secret) == 0 || p.Factor.On() {
				h.tb.Errorf("factor %+v", p.Factor)
			}
		}},
		{route: "two-factor.enable", what: "again", as: factored, send: fields{}, script: want{status: 200, json: `""`}, after: func(h *house, c *client) {
			if !h.person().Factor.On() {
				h.tb.Error("it is off")
			}
		}},
		{route: "two-factor.enable", what: "another", as: factored, send: fields{"force": true}, script: want{status: 200, json: `""`}, after: func(h *house, _ *client) {
			if h.person().Factor.On() {
				h.tb.Error("the new one is on")
			}
		}},
		{route: "two-factor.confirm", what: "the code", as: sure, before: enable, send: fields{"code": "{code}"}, script: want{status: 200, json: `""`},
			page: want{status: 302, to: "/user/profile", flash: "two-factor-authentication-confirmed"}, after: func(h *house, _ *client) {
				if !h.person().Factor.On() {
					h.tb.Error("it is not on")
				}
			}},
		{route: "two-factor.confirm", what: "another code", as: sure, before: enable, send: fields{"code": "000000"}, script: want{status: 422, errors: code},
			page: want{status: 302, to: "/user/profile", errors: code, bag: "confirmTwoFactorAuthentication"}},
		{route: "two-factor.confirm", what: "nothing", as: sure, before: enable, send: fields{}, script: want{status: 422, errors: code}},
		{route: "two-factor.confirm", what: "a number", as: sure, before: enable, send: fields{"code": 123456}, script: want{status: 422, errors: texts{"code": "The code «field »must be a string."}}},
		{route: "two-factor.confirm", what: "not enabled", as: sure, send: fields{"code": "123456"}, script: want{status: 422, errors: code}},
		{route: "two-factor.confirm", what: "too often", as: sure, before: func(h *house, c *client) {
			enable(h, c)
			for range 5 {
				c.do("POST", "/user/confirmed-two-factor-authentication", fields{"code": "000000"})
			}
		}, send: fields{"code": "{code}"}, script: want{status: 429, json: tooMany, header: throttled("5")}, page: want{status: 429, page: "Error"}},
		{route: "two-factor.disable", what: "on", as: factored, script: want{status: 200, json: `""`}, page: want{status: 303, to: "/user/profile", flash: "two-factor-authentication-disabled"}, after: func(h *house, _ *client) {
			if len(h.person().Factor.Secret) != 0 {
				h.tb.Error("there is still a secret")
			}
		}},
		{route: "two-factor.disable", what: "off", as: sure, script: want{status: 200, json: `""`}},
		{route: "two-factor.qr-code", what: "on", as: factored, script: want{status: 200}, page: want{status: 200}, after: func(h *house, c *client) {
			u := `"url":"otpauth://totp/Madang:kim%40example.com?secret=` + c.vars["secret"] + `\u0026issuer=Madang\u0026algorithm=SHA1\u0026digits=6\u0026period=30"`
			if !strings.Contains(c.last.body, u) || !strings.Contains(c.last.body, `"svg":"\u003csvg`) || !strings.Contains(c.last.body, `width=\"192\"`) {
				h.tb.Errorf("%s", c.last.body)
			}
		}},
		{route: "two-factor.qr-code", what: "off", as: sure, script: want{status: 200, json: `[]`}, page: want{status: 200, json: `[]`}},
		{route: "two-factor.secret-key", what: "on", as: factored, script: want{status: 200}, after: func(h *house, c *client) {
			if c.last.body != `{"secretKey":"`+c.vars["secret"]+`"}` || len(c.vars["secret"]) != 16 && len(c.vars["secret"]) != 32 {
				h.tb.Errorf("%s", c.last.body)
			}
		}},
		{route: "two-factor.secret-key", what: "off", as: sure, script: want{status: 404, json: off}, page: want{status: 404, page: "Error"}},
		{route: "two-factor.recovery-codes", what: "on", as: factored, script: want{status: 200}, after: func(h *house, c *client) {
			if codes := c.codes(); len(codes) != 8 || codes[0] != c.vars["recovery"] {
				h.tb.Errorf("codes %v", codes)
			}
		}},
		{route: "two-factor.recovery-codes", what: "off", as: sure, script: want{status: 200, json: `[]`}, page: want{status: 200, json: `[]`}},
		{route: "two-factor.regenerate-recovery-codes", what: "on", as: factored, send: fields{}, script: want{status: 200, json: `""`}, page: want{status: 302, to: "/user/profile", flash: "recovery-codes-generated"}, after: func(h *house, c *client) {
			for _, code := range c.codes() {
				if code == c.vars["recovery"] {
					h.tb.Error("an old code is among the new ones")
				}
			}
		}},
		{route: "two-factor.regenerate-recovery-codes", what: "off", as: sure, send: fields{}, script: want{status: 404, json: off}, page: want{status: 404, page: "Error"}},
	}
}

func accountRows() []row {
	wrong := texts{"password": "The password is incorrect."}
	refused := want{status: 422, errors: wrong}
	back := want{status: 303, to: "/user/profile", errors: wrong}
	others := func(h *house, c *client) { c.vars["other"] = h.script().open(kim).session() }
	list := func(h *house, c *client) []any {
		return c.do("GET", profilePath, nil).page(h.tb).Props["sessions"].([]any)
	}
	return []row{
		{route: "profile.show", what: "a member", as: member, before: others, script: want{status: 200, page: "Profile/Show"}, page: want{status: 200, page: "Profile/Show"}, after: func(h *house, c *client) {
			props := c.last.page(h.tb).Props
			if props["confirmsTwoFactorAuthentication"] != true || props["user"].(map[string]any)["email"] != kim || len(props["sessions"].([]any)) != 2 {
				h.tb.Errorf("props %v", props)
			}
			current := 0
			for _, x := range props["sessions"].([]any) {
				s := x.(map[string]any)
				if s["is_current_device"] == true {
					current++
				}
				if s["ip_address"] != "127.0.0.1" || s["kind"] != "session" || !strings.HasPrefix(s["id"].(string), "session:") || s["last_active"] != "0 seconds ago" {
					h.tb.Errorf("session %v", s)
				}
			}
			if current != 1 {
				h.tb.Errorf("%d current sessions", current)
			}
		}},
		{route: "profile.show", what: "unverified", as: unproved, script: want{status: 200, page: "Profile/Show"}},
		{route: "profile.show", what: "with connections", as: member, option: func(_ *signin.Config, _ *Config, p *Parts) { p.Connections = func(id string) int { return len(id) } },
			script: want{status: 200, page: "Profile/Show"}, after: func(h *house, c *client) {
				if x := c.last.page(h.tb).Props["sessions"].([]any)[0].(map[string]any); x["connections"] != float64(len("session:")+64) {
					h.tb.Errorf("session %v", x)
				}
			}},
		{route: "other-browser-sessions.destroy", what: "right", as: member, before: others, send: fields{"password": secretWord}, script: want{status: 303, to: "/user/profile"}, page: want{status: 303, to: "/user/profile"}, after: func(h *house, c *client) {
			in(true)(h, c)
			c.cookies["madang_session"] = c.vars["other"]
			in(false)(h, c)
		}},
		{route: "other-browser-sessions.destroy", what: "wrong", as: member, send: fields{"password": otherWord}, script: refused, page: back},
		{route: "other-browser-sessions.destroy", what: "nothing", as: member, send: fields{}, script: refused, page: back},
		{route: "other-browser-sessions.destroy", what: "too often", as: member, before: times(5, func(_ *house, c *client) { c.do("DELETE", "/user/other-browser-sessions", fields{}) }), send: fields{"password": secretWord},
			script: want{status: 429, json: tooMany, header: throttled("5")}, page: want{status: 429, page: "Error"}},
		{route: "browser-sessions.destroy", what: "another", as: member, path: "/user/browser-sessions/{id}", before: func(h *house, c *client) {
			others(h, c)
			for _, x := range list(h, c) {
				if s := x.(map[string]any); s["is_current_device"] == false {
					c.vars["id"] = s["id"].(string)
				}
			}
		}, script: want{status: 303, to: "/user/profile"}, page: want{status: 303, to: "/user/profile"}, after: func(h *house, c *client) {
			in(true)(h, c)
			c.cookies["madang_session"] = c.vars["other"]
			in(false)(h, c)
		}},
		{route: "browser-sessions.destroy", what: "this one", as: member, path: "/user/browser-sessions/{id}", before: func(h *house, c *client) { c.vars["id"] = list(h, c)[0].(map[string]any)["id"].(string) },
			script: want{status: 303, to: "/login"}, page: want{status: 303, to: "/login"}, after: in(false)},
		{route: "browser-sessions.destroy", what: "none of theirs", as: member, path: "/user/browser-sessions/session:00", script: want{status: 404, json: `{"message":"Not Found"}`}, page: want{status: 404, page: "Error"}},
		{route: "current-user.destroy", what: "right", as: member, send: fields{"password": secretWord}, script: want{status: 303, to: "/"}, page: want{status: 303, to: "/"}, after: func(h *house, c *client) {
			in(false)(h, c)
			if _, err := h.store.PersonByEmail(h.tb.Context(), "default", "members", kim); err == nil {
				h.tb.Error("kim is still there")
			}
		}},
		{route: "current-user.destroy", what: "by a page's script", as: member, send: fields{"password": secretWord}, with: func(r *http.Request) { r.Header.Set("X-Inertia", "true") },
			script: want{status: 409}, page: want{status: 409}, after: func(h *house, c *client) {
				if got := c.last.header.Get("X-Inertia-Location"); got != h.url+"/" || c.last.set["madang_session"].MaxAge >= 0 {
					h.tb.Errorf("to %q", got)
				}
			}},
		{route: "current-user.destroy", what: "with a photo", as: member, before: func(h *house, c *client) {
			c.do("PUT", "/user/profile-information", fields{"name": "Kim", "email": kim, "photo": pictureBytes()})
			c.vars["key"] = h.person().Photo
		}, send: fields{"password": secretWord}, script: want{status: 303, to: "/"}, after: func(h *house, c *client) {
			if _, err := h.files.Get(h.tb.Context(), c.vars["key"]); err == nil || c.vars["key"] == "" {
				h.tb.Errorf("photo %q is still there", c.vars["key"])
			}
		}},
		{route: "current-user.destroy", what: "wrong", as: member, send: fields{"password": otherWord}, script: refused, page: back, after: in(true)},
	}
}

func tokenRows() []row {
	made := func(_ *house, c *client) {
		c.do("POST", tokensPath, fields{"name": "robot", "permissions": []string{"read"}})
		c.do("GET", tokensPath, nil)
	}
	abilities := func(all string) func(*house, *client) {
		return func(h *house, _ *client) {
			got, err := h.store.APITokens(h.tb.Context(), "default", 1, h.now())
			if err != nil || len(got) != 1 || fmt.Sprint(got[0].Abilities) != all {
				h.tb.Errorf("tokens %+v, %v", got, err)
			}
		}
	}
	missing := want{status: 404, json: `{"message":"Not Found"}`}
	return []row{
		{route: "api-tokens.index", what: "a member", as: member, before: made, script: want{status: 200, page: "API/Index"}, page: want{status: 200, page: "API/Index"}, after: func(h *house, c *client) {
			p := c.last.page(h.tb).Props
			if fmt.Sprint(p["availablePermissions"]) != "[create read update delete]" || fmt.Sprint(p["defaultPermissions"]) != "[read]" || len(p["flash"].(map[string]any)) != 0 {
				h.tb.Errorf("props %v", p)
			}
			x := p["tokens"].([]any)[0].(map[string]any)
			if x["name"] != "robot" || x["id"] != 1.0 || fmt.Sprint(x["abilities"]) != "[read]" || x["last_used_at"] != nil || x["last_used_ago"] != nil || x["created_at"] != "2026-11-22T16:00:00.000000Z" {
				h.tb.Errorf("token %v", x)
			}
		}},
		{route: "api-tokens.store", what: "a name", as: member, send: fields{"name": "robot", "permissions": []string{"read", "update", "destroy everything"}}, script: want{status: 302, to: tokensPath}, page: want{status: 302, to: tokensPath}, after: func(h *house, c *client) {
			abilities("[read update]")(h, c)
			token, _ := c.do("GET", tokensPath, nil).page(h.tb).Props["flash"].(map[string]any)["token"].(string)
			if who, err := h.service.APIToken(h.tb.Context(), token); err != nil || who.Person.Email != kim {
				h.tb.Errorf("token %q: %v", token, err)
			}
			if again := c.do("GET", tokensPath, nil).page(h.tb).Props["flash"].(map[string]any); len(again) != 0 {
				h.tb.Errorf("it is shown again: %v", again)
			}
		}},
		{route: "api-tokens.store", what: "no name", as: member, send: fields{}, script: want{status: 422, errors: texts{"name": "The name field is required."}}, page: want{status: 302, to: tokensPath, errors: texts{"name": "The name field is required."}}},
		{route: "api-tokens.store", what: "a list as name", as: member, send: fields{"name": []string{"x"}}, script: want{status: 422, errors: texts{"name": "The name «field »must be a string."}}},
		{route: "api-tokens.store", what: "too often", as: member, send: fields{"name": "robot"}, before: times(60, func(_ *house, c *client) {
			c.do("PUT", "/user/profile-information", fields{"name": "Kim", "email": kim})
		}),
			script: want{status: 429, json: tooMany, header: throttled("60")}, page: want{status: 429, page: "Error"}},
		{route: "api-tokens.update", what: "theirs", as: member, before: made, path: tokensPath + "/1", send: fields{"permissions": []string{"create"}}, script: want{status: 303, to: tokensPath}, page: want{status: 303, to: tokensPath}, after: abilities("[create]")},
		{route: "api-tokens.update", what: "to nothing", as: member, before: made, path: tokensPath + "/1", send: fields{}, script: want{status: 303, to: tokensPath}, after: abilities("[]")},
		{route: "api-tokens.update", what: "a word", as: member, before: made, path: tokensPath + "/1", send: fields{"permissions": "create"},
			script: want{status: 422, errors: texts{"permissions": "The permissions «field »must be an array."}}, page: want{status: 303, to: tokensPath, errors: texts{"permissions": "The permissions «field »must be an array."}}},
		{route: "api-tokens.update", what: "none of theirs", as: member, path: tokensPath + "/7", send: fields{}, script: missing, page: want{status: 404, page: "Error"}},
		{route: "api-tokens.update", what: "no number", as: member, path: tokensPath + "/x", send: fields{}, script: missing},
		{route: "api-tokens.update", what: "somebody else's", as: member, path: tokensPath + "/1", send: fields{}, before: func(h *house, _ *client) {
			h.add(lee)
			other := h.script().open(lee)
			made(h, other)
		}, script: missing},
		{route: "api-tokens.destroy", what: "theirs", as: member, before: made, path: tokensPath + "/1", script: want{status: 303, to: tokensPath}, page: want{status: 303, to: tokensPath}, after: func(h *house, _ *client) {
			if all, err := h.store.APITokens(h.tb.Context(), "default", 1, h.now()); len(all) != 0 || err != nil {
				h.tb.Errorf("tokens %v, %v", all, err)
			}
		}},
		{route: "api-tokens.destroy", what: "none of theirs", as: member, path: tokensPath + "/7", script: missing, page: want{status: 404, page: "Error"}},
		{route: "api-tokens.destroy", what: "no number", as: member, path: tokensPath + "/01", script: missing},
	}
}
