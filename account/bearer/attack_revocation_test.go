package bearer

import (
	"testing"
	"time"

	"madang/account/signin"
)

// TestRevokedAtOnce: whatever ends a sign-in ends all of its tokens with that very request (CVE-2024-21635, where tokens outlived a
// new password; CVE-2025-3230, where those of programs outlived their owner's deactivation).
func TestRevokedAtOnce(t *testing.T) {
	from := visitor()
	for name, c := range map[string]struct {
		end func(s *site, who signin.Grant)
		// programs says that tokens of programs end too.
		programs bool
	}{
		"logout": {func(s *site, g signin.Grant) { good(s.t, s.service.Logout(s.ctx(), from, g.SignedIn)) }, false},
		"ended from afar": {func(s *site, g signin.Grant) {
			good(s.t, s.service.EndOne(s.ctx(), from, g.SignedIn, SignInOf(g.SignedIn)))
		}, false},
		"all others ended": {func(s *site, g signin.Grant) {
			good(s.t, s.service.EndOthers(s.ctx(), from, s.grant(g.Person.Email).SignedIn, word))
		}, false},
		"a new password": {func(s *site, g signin.Grant) {
			_, err := s.service.ChangePassword(s.ctx(), from, s.grant(g.Person.Email).SignedIn, signin.PasswordForm{Current: word, Password: word + "2", Confirmation: word + "2"})
			good(s.t, err)
		}, true},
		"disabled":   {func(s *site, g signin.Grant) { good(s.t, s.service.Disable(s.ctx(), from, "test", g.Person.ID)) }, true},
		"signed out": {func(s *site, g signin.Grant) { good(s.t, s.service.SignOut(s.ctx(), from, "test", g.Person.ID)) }, true},
		"deleted": {func(s *site, g signin.Grant) {
			_, err := s.store.DeletePerson(s.ctx(), "default", g.Person.ID)
			good(s.t, err)
		}, true},
		"revoke": {func(s *site, g signin.Grant) { s.send("POST", "/api/auth/revoke", form{"token": g.Refresh()}) }, false},
		"time":   {func(s *site, _ signin.Grant) { s.pass(20160 * time.Minute) }, false},
		"jwt-auth's way": {func(s *site, g signin.Grant) {
			s.send("POST", "/api/auth/logout", nil, bearerOf(s.sign(g.SignedIn, UseAccess, ""))...)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(newHouse(t, noMail))
			p := s.add("kim@example.com")
			program := s.apiToken(p.Email)
			g := s.grant(p.Email)
			login, access, ably, renew := s.sign(g.SignedIn, UseLogin, g.Next), s.sign(g.SignedIn, UseAccess, ""), s.sign(g.SignedIn, UseAbly, ""), s.sign(g.SignedIn, UseRenew, "")
			c.end(s, g)
			for _, raw := range []string{login, access, ably} {
				if w := s.send("GET", "/api/auth/me", nil, bearerOf(raw)...); w.Code != 401 {
					t.Errorf("a token: %d %s", w.Code, w.Body)
				}
			}
			if w := s.send("POST", "/api/auth/refresh", nil, bearerOf(login)...); w.Code != 401 {
				t.Errorf("refresh: %d %s", w.Code, w.Body)
			}
			if w := s.send("POST", "/api/auth/token", form{"grant_type": "refresh_token", "refresh_token": g.Refresh()}); w.Code != 400 {
				t.Errorf("a refresh token: %d %s", w.Code, w.Body)
			}
			if w := s.send("GET", "/auth/re-create", nil, "Cookie", "__Host-ably_sign_in="+renew); w.Code != 403 {
				t.Errorf("re-create: %d %s", w.Code, w.Body)
			}
			if w := s.send("GET", "/api/user", nil, bearerOf(program)...); (w.Code == 401) != c.programs {
				t.Errorf("a token of a program: %d %s", w.Code, w.Body)
			}
		})
	}
}

// TestRevokeNothingOfOthers: who has no good token ends nobody's sign-in by revoking, and an id alone is none.
func TestRevokeNothingOfOthers(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	p := s.add("kim@example.com")
	g := s.grant(p.Email)
	other := s.grant(s.add("lee@example.com").Email)
	for _, shown := range []string{g.Family.ID, g.Family.ID + ".", g.Family.ID + ".x", g.Family.ID + "." + other.Next, "." + g.Next, g.Next, "1|x"} {
		if w := s.send("POST", "/api/auth/revoke", form{"token": shown}); w.Code != 200 {
			t.Errorf("%q: %d", shown, w.Code)
		}
	}
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(s.sign(g.SignedIn, UseAccess, ""))...); w.Code != 200 {
		t.Errorf("it has ended: %d", w.Code)
	}
	if len(s.ended.Families) != 0 {
		t.Errorf("%v have ended", s.ended.Families)
	}
}
