package bearer

import (
	"testing"

	"madang/account/words"
)

// TestMailed has the answers about links. That good ones work is shown by those who read the mails, in account/clients.
func TestMailed(t *testing.T) {
	const (
		proof, again  = "/api/auth/email/verify/1/abc?signature=abc", "/api/auth/email/verification-notification"
		forgot, reset = "/api/auth/forgot-password", "/api/auth/reset-password"
		sent          = `{"message":"We have emailed your password reset link."}`
	)
	next := form{"token": "wrong", "email": "kim@example.com", "password": "another horse", "password_confirmation": "another horse"}
	field := func(name, text string) string {
		return `{"message":"` + text + `","errors":{"` + name + `":["` + text + `"]}}`
	}
	s := newSite(newHouse(t), profile(words.Laravel10))
	s.add("kim@example.com")
	expired := s.login("kim@example.com")
	s.pass(s.tokens.config.TTL)
	login := s.login("kim@example.com")
	for _, r := range []row{
		{"a link that is none", "GET", proof, nil, bearerOf(login), 403, `{"message":"Invalid signature."}`, ""},
		{"a link of nobody", "GET", proof, nil, nil, 401, noUser, ""},
		{"a link, expired token", "GET", proof, nil, bearerOf(expired), 401, noUser, ""},
		{"a link by POST", "POST", proof, nil, bearerOf(login), 405, ``, "Allow: GET, HEAD"},
		{"another link, proved", "POST", again, nil, bearerOf(login), 204, ``, ""},
		{"another link, nobody", "POST", again, nil, nil, 401, noUser, ""},
		{"forgot", "POST", forgot, form{"email": "kim@example.com"}, nil, 200, sent, ""},
		{"forgot, unknown", "POST", forgot, form{"email": "nobody@example.com"}, nil, 200, sent, ""},
		{"forgot, too soon", "POST", forgot, form{"email": "kim@example.com"}, nil, 422, field("email", "Please wait before retrying."), ""},
		{"forgot, a list", "POST", forgot, form{"email": []string{"kim@example.com"}}, nil, 422, field("email", "The email field must be a valid email address."), ""},
		{"forgot, nothing", "POST", forgot, nil, nil, 422, field("email", "The email field is required."), ""},
		{"reset, wrong", "POST", reset, next, nil, 422, field("email", "This password reset token is invalid."), ""},
		{"reset, nothing", "POST", reset, nil, nil, 422, `{"message":"The token field is required. (and 2 more errors)","errors":{"token":["The token field is required."],` +
			`"email":["The email field is required."],"password":["The password field is required."]}}`, ""},
	} {
		t.Run(r.name, func(t *testing.T) { s.t = t; r.play(s) })
	}
	s.t = t
	good(t, s.service.Drain(s.ctx()))
	if all := s.mail.Mails(); len(all) != 1 || all[0].To.Address != "kim@example.com" {
		t.Errorf("mails: %v", all)
	}
}
