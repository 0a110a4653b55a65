//go:build unix

// The audit log and the server's log: that every event is in the first, and no secret in either. The kit looks through the
// whole log of each test's server, of all levels, for every secret that the test used; see house.leaks.

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"madang/account"
)

// TestEveryEventIsNoted does everything once that matters for security.
func TestEveryEventIsNoted(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	b.login("kim@example.com", other)
	h.browse("barun.test", "192.0.2.5").login("kim@example.com", other)
	secret, codes := b.factor(password)
	half := h.browse("barun.test", "192.0.2.2")
	half.login("kim@example.com", password)
	half.must(http.StatusNoContent, http.MethodPost, "/two-factor-challenge", values{"code": codeAt(b, secret, 0)})
	third := h.browse("barun.test", "192.0.2.3")
	third.login("kim@example.com", password)
	third.must(http.StatusNoContent, http.MethodPost, "/two-factor-challenge", values{"recovery_code": codes[0]})
	b.ask(http.MethodPost, "/user/api-tokens", values{"name": "robot", "permissions": []string{"read"}})
	tokens, err := h.store.APITokens(t.Context(), "app1", b.owner, p0())
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%+v, %v", tokens, err)
	}
	id := fmt.Sprint(tokens[0].ID)
	b.ask(http.MethodPut, "/user/api-tokens/"+id, values{"permissions": []string{"update"}})
	b.ask(http.MethodDelete, "/user/api-tokens/"+id, nil)
	b.must(http.StatusOK, http.MethodPost, "/user/two-factor-recovery-codes", nil)
	b.must(http.StatusOK, http.MethodDelete, "/user/two-factor-authentication", nil)
	b.must(http.StatusOK, http.MethodPut, "/user/profile-information", values{"name": "Lee", "email": "kim@example.com"})
	b.ask(http.MethodDelete, "/user/other-browser-sessions", values{"password": password})
	b.must(http.StatusOK, http.MethodPut, "/user/password", values{"current_password": password, "password": other, "password_confirmation": other})
	h.assign("kim@example.com", "partner")
	b.must(http.StatusNoContent, http.MethodPost, "/logout", nil)
	guest := h.browse("barun.test", "192.0.2.4")
	guest.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": "kim@example.com"})
	guest.must(http.StatusOK, http.MethodPost, "/reset-password", values{"token": h.resetToken("kim@example.com"), "email": "kim@example.com", "password": password, "password_confirmation": password})
	guest.login("kim@example.com", password)
	guest.ask(http.MethodDelete, "/user", values{"password": password})

	app := h.user("app@example.com")
	a := app.must(http.StatusOK, http.MethodPost, "/api/auth/refresh", nil)
	h.secret(a.text("access_token"))
	app.ask(http.MethodPost, "/api/auth/refresh", nil) // the one that was exchanged

	acts := h.acts()
	for _, act := range []account.Act{
		account.ActRegistered, account.ActSignedIn, account.ActRefused, account.ActChallenged, account.ActSignedOut, account.ActEnded, account.ActRefreshed, account.ActReused,
		account.ActVerified, account.ActResetRequested, account.ActReset, account.ActPasswordChanged, account.ActConfirmed, account.ActProfileChanged, account.ActFactorOn,
		account.ActFactorConfirmed, account.ActFactorOff, account.ActRecoveryUsed, account.ActRecoveryNew, account.ActTokenMade, account.ActTokenChanged, account.ActTokenEnded, account.ActDeleted,
	} {
		if acts[act] == 0 {
			t.Errorf("the audit log has no %s: %v", act, acts)
		}
	}
	all, err := h.store.Audit(t.Context(), account.AuditQuery{App: "app1", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		text := fmt.Sprintf("%+v", e)
		for _, s := range h.secrets {
			if strings.Contains(text, s) {
				t.Errorf("an entry has a secret in it: %s", text)
			}
		}
		if e.Client.Address == "" && e.By == "" || strings.HasPrefix(e.Client.Address, "127.") {
			t.Errorf("an entry does not say from where: %s", text)
		}
	}
}
