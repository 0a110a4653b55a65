package fortify

import "testing"

// TestWholeWay goes the way of one person, as a script and as a browser.
func TestWholeWay(t *testing.T) {
	h := newHouse(t)
	c := h.script()
	if a := c.do("POST", "/register", fields{"name": "Kim", "email": "kim@example.com", "password": secretWord, "password_confirmation": secretWord, "terms": true}); a.status != 201 || a.body != `""` {
		t.Fatalf("register: %d %s", a.status, a.body)
	}
	link := h.mailed("kim@example.com")
	if a := c.do("GET", link[len("https://barun.test"):], nil); a.status != 204 {
		t.Fatalf("verify: %d %s", a.status, a.body)
	}
	secret := c.factor()
	codes := c.codes()
	if a := c.do("POST", "/logout", nil); a.status != 204 || c.session() != "" {
		t.Fatalf("logout: %d %s", a.status, a.body)
	}
	b := h.browser()
	if a := b.login("kim@example.com").last; a.status != 302 || a.header.Get("Location") != "/two-factor-challenge" {
		t.Fatalf("login: %d %s", a.status, a.body)
	}
	if a := b.do("POST", "/two-factor-challenge", fields{"code": h.code(secret)}); a.status != 302 || a.header.Get("Location") != "/" {
		t.Fatalf("challenge: %d %s", a.status, a.body)
	}
	if p := b.do("GET", "/user/profile", nil).page(t); p.Component != "Profile/Show" || len(p.Props["sessions"].([]any)) != 1 {
		t.Fatalf("profile: %v", p)
	}
	if len(codes) != 8 {
		t.Errorf("%d codes", len(codes))
	}
}
