//go:build unix

// Class 2, an account that somebody else made before its owner came: CVE-2024-38351 and CVE-2026-44166 (PocketBase: linked to
// an address that nobody had proved), CVE-2026-35511 (Authorizer).
//
// Here whoever resets a password by mail ends every sign-in there was, and if nobody had proved the address before, takes away
// the second factor that a stranger may have left. Nothing proves an address but a link that was sent to it. Part:
// account/signin TestPreHijack, TestResetKeepsTheFactor.

package attack

import (
	"net/http"
	"testing"
)

// TestPreHijacked registers somebody else's address, with all that one can leave behind, and lets the owner come.
func TestPreHijacked(t *testing.T) {
	h := open(t, "")
	thief := h.browse("barun.test", "198.51.100.1")
	thief.must(http.StatusCreated, http.MethodPost, "/register", values{
		"name": "Kim", "email": "kim@example.com", "password": other, "password_confirmation": other, "terms": true,
	})
	thief.factor(other)
	if a := thief.ask(http.MethodPost, "/user/api-tokens", values{"name": "backdoor", "permissions": []string{"read"}}); a.status < 400 {
		t.Errorf("a token without a proved address: %d %s", a.status, a.body)
	}
	copied := thief.clone()

	owner := h.browse("barun.test", "192.0.2.1")
	if a := owner.ask(http.MethodPost, "/register", values{
		"name": "Kim", "email": "KIM@example.com", "password": password, "password_confirmation": password, "terms": true,
	}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("registered twice: %d %s", a.status, a.body)
	}
	owner.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": "kim@example.com"})
	owner.must(http.StatusOK, http.MethodPost, "/reset-password", values{
		"token": h.resetToken("kim@example.com"), "email": "kim@example.com", "password": password, "password_confirmation": password,
	})
	for _, b := range []*browser{thief, copied} {
		if b.in() {
			t.Error("the thief is still in")
		}
	}
	if a := thief.login("kim@example.com", other); verdict(a) != "refused" {
		t.Errorf("the thief's password: %d %s", a.status, a.body)
	}
	if a := owner.login("kim@example.com", password); a.json("two_factor") != false {
		t.Errorf("the owner: %d %s", a.status, a.body)
	}
	if p := h.find("members", "kim@example.com"); !p.Verified() || p.Factor.On() {
		t.Errorf("%+v", p)
	}
	if tokens, err := h.store.APITokens(t.Context(), "app1", h.find("members", "kim@example.com").ID, p0()); err != nil || len(tokens) != 0 {
		t.Errorf("%+v, %v", tokens, err)
	}
}

// TestVerifiedByNobodyElse shows links for an address to those it was not sent to.
func TestVerifiedByNobodyElse(t *testing.T) {
	h := open(t, "")
	thief := h.browse("barun.test", "198.51.100.1")
	thief.must(http.StatusCreated, http.MethodPost, "/register", values{
		"name": "Kim", "email": "kim@example.com", "password": other, "password_confirmation": other, "terms": true,
	})
	link := h.verifyPath("kim@example.com", 1)
	for name, b := range map[string]*browser{"a guest": h.browse("barun.test", "192.0.2.1"), "another": h.browse("barun.test", "192.0.2.2").register("lee@example.com")} {
		if a := b.ask(http.MethodGet, link, nil); a.status != http.StatusForbidden && a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// An address that one moves to is not proved by the link that was sent to the one before, nor the one before by coming back.
	thief.must(http.StatusOK, http.MethodPut, "/user/profile-information", values{"name": "Kim", "email": "other@example.com"})
	if a := thief.ask(http.MethodGet, link, nil); a.status != http.StatusForbidden {
		t.Errorf("the old link: %d %s", a.status, a.body)
	}
	second := h.verifyPath("other@example.com", 1)
	thief.must(http.StatusOK, http.MethodPut, "/user/profile-information", values{"name": "Kim", "email": "kim@example.com"})
	h.verifyPath("kim@example.com", 2)
	for _, path := range []string{link, second} {
		if a := thief.ask(http.MethodGet, path, nil); a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if h.find("members", "kim@example.com").Verified() {
		t.Error("the address is proved")
	}
}
