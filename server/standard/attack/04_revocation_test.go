//go:build unix

// Class 4, sign-ins that go on after what should have ended them: CVE-2024-21635 (memos: tokens lived on after the password was
// changed), CVE-2025-3230 (Mattermost: tokens of people who had been deactivated), CVE-2024-46999, CVE-2024-47000 and
// CVE-2024-47060 (Zitadel), GO-2024-2744 (Authelia).
//
// Here what somebody is signed in by is one list, and each request and each new connection asks it. What ends an entry closes
// its connections within a second. Parts: account/signin TestDisabledEverywhere, TestChangePassword, TestResetPassword,
// TestSignIns, account/gate TestClusterUnderLoad.

package attack

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"madang/account"
	"madang/account/gate"
)

// apiToken makes a token for a program, and returns what it shows. Pages show it once; here it is put into the store,
// so that the tests are not about pages.
func (b *browser) apiToken(name string, abilities ...string) string {
	t := b.h.t
	t.Helper()
	secret := strings.ToLower(rand.Text() + rand.Text())[:40]
	k, err := b.h.store.AddAPIToken(t.Context(), account.APIToken{
		App: "app1", Person: b.owner, Name: name, Hash: sha256.Sum256([]byte(secret)), Abilities: abilities, CreatedAt: p0(),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.h.secret(secret)
	return strconv.FormatInt(k.ID, 10) + "|" + secret
}

// everything is all that a member can be signed in by.
type everything struct {
	here, there *browser // two browsers
	robot       *browser // a program with a token
}

func (h *house) everything(email string) everything {
	h.t.Helper()
	here := h.browse("barun.test", "192.0.2.1").register(email)
	shown := here.apiToken("robot", "read")
	there := h.browse("barun.test", "192.0.2.2")
	if a := there.login(email, password); a.status != http.StatusOK {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	robot := h.browse("barun.test", "192.0.2.3")
	robot.bearer = shown
	e := everything{here: here, there: there, robot: robot}
	if !here.in() || !there.in() || !robot.programIn() {
		h.t.Fatal("not signed in")
	}
	return e
}

// programIn reports whether a bearer token signs somebody in.
func (b *browser) programIn() bool {
	b.h.t.Helper()
	return b.ask(http.MethodGet, "/v1/rooms", nil).status == http.StatusOK
}

// TestWhatEndsWhat does each thing that ends sign-ins, and looks at what is left.
func TestWhatEndsWhat(t *testing.T) {
	h := open(t, "")
	for i, c := range []struct {
		name                string
		do                  func(e everything, email string)
		here, there, robots bool // what is left
	}{
		{"nothing", func(everything, string) {}, true, true, true},
		{"logout", func(e everything, _ string) { e.here.must(http.StatusNoContent, http.MethodPost, "/logout", nil) }, false, true, true},
		{"others ended", func(e everything, _ string) {
			e.here.ask(http.MethodDelete, "/user/other-browser-sessions", values{"password": password})
		}, true, false, true},
		{"password changed", func(e everything, _ string) {
			e.here.must(http.StatusOK, http.MethodPut, "/user/password", values{"current_password": password, "password": other, "password_confirmation": other})
		}, true, false, false},
		{"password reset", func(_ everything, email string) {
			b := h.browse("barun.test", "203.0.113.1")
			b.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": email})
			b.must(http.StatusOK, http.MethodPost, "/reset-password", values{"token": h.resetToken(email), "email": email, "password": other, "password_confirmation": other})
		}, false, false, false},
		{"account deleted", func(e everything, _ string) { e.here.ask(http.MethodDelete, "/user", values{"password": password}) }, false, false, false},
		{"disabled by hand", func(_ everything, email string) {
			p := h.find("members", email)
			p.DisabledAt = p0()
			if _, err := h.store.SavePerson(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}, false, false, false},
	} {
		email := fmt.Sprintf("kim%d@example.com", i)
		e := h.everything(email)
		copied := e.here.clone()
		c.do(e, email)
		if here, there, robot := e.here.in(), e.there.in(), e.robot.programIn(); here != c.here || there != c.there || robot != c.robots {
			t.Errorf("%s: here %v, there %v, the program %v", c.name, here, there, robot)
		}
		if c.name == "password changed" && copied.in() {
			t.Errorf("%s: a cookie that was copied before is still good", c.name)
		}
	}
}

// TestRolesEndAtOnce takes a role away: the next request is refused, though the session goes on.
func TestRolesEndAtOnce(t *testing.T) {
	h := open(t, withHosts)
	b := h.browse("admin.barun.test", "192.0.2.1").register("kim@example.com")
	door := func() int { return b.ask(http.MethodGet, "/v1/rooms", nil).status }
	if door() != http.StatusForbidden {
		t.Errorf("without a role: %d", door())
	}
	h.assign("kim@example.com", "admin")
	if s := door(); s == http.StatusForbidden {
		t.Errorf("with the role: %d", s)
	}
	h.assign("kim@example.com", "partner")
	if door() != http.StatusForbidden {
		t.Errorf("with another role: %d", door())
	}
	h.assign("kim@example.com")
	if door() != http.StatusForbidden {
		t.Errorf("without it again: %d", door())
	}
	p := h.find("members", "kim@example.com")
	if r, err := h.gate.Rights(t.Context(), gate.Holder{App: "app1", Guard: "api", Person: p.ID}); err != nil || len(r.Roles) != 0 {
		t.Errorf("rights of another guard: %+v, %v", r, err)
	}
}
