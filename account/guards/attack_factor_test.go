package guards_test

import (
	"testing"

	"madang/account/token"
)

// CVE-2025-55070: Mattermost asked for the second factor everywhere but at the WebSocket.
func TestSecondFactorAwaited(t *testing.T) {
	h := newHouse(t)
	p := h.person("minji")
	h.secondFactor(h.login(p.Email))
	half := h.login(p.Email)
	if !half.Challenged() {
		t.Fatal("no second factor is asked for")
	}
	_, err := h.web.Authenticate(t.Context(), from(half.Secret))
	refused(t, "with the password alone", err, token.CodeInvalid)
}

// CVE-2024-28197: a session from before the second factor must be no good after it: whoever planted it would be signed in.
func TestPlantedSession(t *testing.T) {
	h := newHouse(t)
	p := h.person("minji")
	e := h.login(p.Email)
	confirmed, err := h.service.ConfirmPassword(t.Context(), here(), e.SignedIn, secretWord)
	ok(t, err)
	_, err = h.web.Authenticate(t.Context(), from(e.Secret))
	refused(t, "with the cookie from before", err, token.CodeInvalid)
	_, err = h.web.Authenticate(t.Context(), from(confirmed.Secret))
	ok(t, err)
}

// CVE-2025-3230: who has been disabled is nobody.
func TestDisabled(t *testing.T) {
	h := newHouse(t)
	p := h.person("jun")
	e := h.login(p.Email)
	p, err := h.store.Person(t.Context(), p.App, p.ID)
	ok(t, err)
	p.DisabledAt = h.service.Now() // in the store alone: the session is still there
	_, err = h.store.SavePerson(t.Context(), p)
	ok(t, err)
	_, err = h.web.Authenticate(t.Context(), from(e.Secret))
	refused(t, "disabled", err, token.CodeInvalid)
}
