//go:build unix

// Class 3, what a client sends decides what it may: CVE-2026-27946 and CVE-2026-54693 (Zitadel: people marked their own
// addresses as proved).
//
// Here forms have the fields that they have, and a change starts from what is stored. Part: account/signin TestMassAssignment.

package attack

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"madang/account"
	"madang/account/gate"
)

// p0 is now, for the store.
func p0() time.Time { return time.Now() }

// TestNobodyMakesThemselvesMore sends everything that could be a column with every form that there is.
func TestNobodyMakesThemselvesMore(t *testing.T) {
	h := open(t, "")
	with := func(v values) values {
		for name, x := range map[string]any{
			"id": 999, "ID": 999, "user_id": 1, "Person": 1, "app": "app2", "App": "app2", "provider": "users", "Provider": "users", "guard": "api",
			"email_verified_at": "2020-01-01T00:00:00Z", "VerifiedAt": "2020-01-01T00:00:00Z", "verified": true, "email_verified": true,
			"role": "admin", "roles": []string{"admin"}, "is_admin": true, "permissions": []string{"*"}, "abilities": []string{"*"},
			"two_factor_secret": "x", "two_factor_confirmed_at": "2020-01-01T00:00:00Z", "Factor": values{"ConfirmedAt": "2020-01-01T00:00:00Z"},
			"profile_photo_path": "../../etc/passwd", "disabled_at": nil, "rev": 1, "remember_token": "x",
			"created_at": "2020-01-01T00:00:00Z", "locale": "xx", "confirmed": true, "password_confirmed_at": 9999999999,
		} {
			if _, own := v[name]; !own {
				v[name] = x
			}
		}
		return v
	}
	b := h.browse("barun.test", "192.0.2.1")
	h.secret(password, other)
	b.must(http.StatusCreated, http.MethodPost, "/register", with(values{
		"name": "Kim", "email": "kim@example.com", "password": password, "password_confirmation": password, "terms": true,
	}))
	b.must(http.StatusOK, http.MethodPut, "/user/profile-information", with(values{"name": "Lee", "email": "kim@example.com"}))
	b.must(http.StatusOK, http.MethodPut, "/user/password", with(values{"current_password": password, "password": other, "password_confirmation": other}))
	check := func(p account.Person, guard string) {
		t.Helper()
		if p.Verified() || p.App != "app1" || p.ID > 2 || p.Factor.On() || len(p.Factor.Secret) > 0 || p.Photo != "" || p.Disabled() || p.Locale == "xx" || time.Since(p.CreatedAt) > time.Hour {
			t.Errorf("%+v", p)
		}
		r, err := h.gate.Rights(t.Context(), gate.Holder{App: "app1", Guard: guard, Person: p.ID})
		if err != nil || len(r.Roles)+len(r.Permissions) > 0 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	check(h.find("members", "kim@example.com"), "web")
	if a := b.ask(http.MethodGet, "/user/confirmed-password-status", nil); a.json("confirmed") != false {
		t.Errorf("%d %s", a.status, a.body)
	}

	app := h.browse("barun.test", "192.0.2.2")
	app.bearer = "none"
	a := app.ask(http.MethodPost, "/api/auth/register", with(values{
		"name": "App", "email": "app@example.com", "password": password, "password_confirmation": password, "terms": true,
	}))
	if a.status >= 300 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	check(h.find("users", "app@example.com"), "api")
}

// TestTokensHaveWhatThereIs asks for abilities that are not offered, for tokens of one's own, and for others' tokens.
func TestTokensHaveWhatThereIs(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	thief := h.browse("barun.test", "192.0.2.2").register("thief@example.com")
	b.ask(http.MethodPost, "/user/api-tokens", values{"name": "robot", "permissions": []string{"read", "*", "admin", "delete ", "DELETE"}, "abilities": []string{"*"}})
	tokens, err := h.store.APITokens(t.Context(), "app1", h.find("members", "kim@example.com").ID, p0())
	if err != nil || len(tokens) != 1 || len(tokens[0].Abilities) != 1 || tokens[0].Abilities[0] != "read" {
		t.Fatalf("%+v, %v", tokens, err)
	}
	path := fmt.Sprintf("/user/api-tokens/%d", tokens[0].ID)
	for _, a := range []reply{
		thief.ask(http.MethodPut, path, values{"permissions": []string{"delete"}}), thief.ask(http.MethodDelete, path, nil),
		thief.ask(http.MethodPut, "/user/api-tokens/0", values{"permissions": []string{"delete"}}),
		thief.ask(http.MethodDelete, "/user/api-tokens/-1", nil), thief.ask(http.MethodDelete, "/user/api-tokens/1%20or%201=1", nil),
	} {
		if a.status != http.StatusNotFound {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if again, err := h.store.APITokens(t.Context(), "app1", h.find("members", "kim@example.com").ID, p0()); err != nil || len(again) != 1 || len(again[0].Abilities) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
}
