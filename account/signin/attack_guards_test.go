package signin

import (
	"testing"

	"madang/account"
)

// A link that was sent to a member resets no user's password, though both have the address, and is not used up by trying.
func TestResetOfAnotherProvider(t *testing.T) {
	h := newHouse(t)
	member, user := h.add(h.members, "kim@example.com"), h.add(h.users, "kim@example.com")
	h.add(h.members, "lee@example.com")
	form := ResetForm{Token: h.reset(h.members, member.Email), Email: "kim@example.com", Password: otherWord, Confirmation: otherWord}
	refused(t, h.users.ResetPassword(h.ctx(), at("192.0.2.1"), form), CodeLink)
	lee := form
	lee.Email = "lee@example.com"
	refused(t, h.members.ResetPassword(h.ctx(), at("192.0.2.1"), lee), CodeLink)
	if q, err := h.store.Person(h.ctx(), "default", user.ID); err != nil || q.Password != user.Password {
		t.Errorf("%+v, %v", q, err)
	}
	good(t, h.members.ResetPassword(h.ctx(), at("192.0.2.1"), form))
}

// Nothing that signs a member in signs anybody in among the users.
func TestSignInOfAnotherProvider(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	ctx, from := h.ctx(), at("192.0.2.1")
	e := h.login(h.members, "kim@example.com")
	g, err := h.members.Issue(ctx, from, e.Person)
	good(t, err)
	_, shown, err := h.members.AddAPIToken(ctx, from, e.SignedIn, "robot", nil)
	good(t, err)
	_, err = h.users.Session(ctx, from, e.Secret)
	refused(t, err, CodeUnauthenticated)
	_, err = h.users.Token(ctx, g.Family.ID, "")
	refused(t, err, CodeUnauthenticated)
	_, err = h.users.Exchange(ctx, from, g.Family.ID, g.Next)
	refused(t, err, CodeUnauthenticated)
	_, err = h.users.APIToken(ctx, shown)
	refused(t, err, CodeUnauthenticated)
	_, err = h.users.UpdateProfile(ctx, from, e.SignedIn, ProfileForm{Name: "Lee", Email: "lee@example.com"})
	refused(t, err, CodeUnauthenticated)
	_, err = h.members.Exchange(ctx, from, g.Family.ID, g.Next) // that ended nothing
	good(t, err)
}

// Who still owes a second factor is nobody yet, whatever they ask for (CVE-2024-45042, CVE-2025-64103); a challenge is no session,
// and a session no challenge.
func TestHalfSignedIn(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	h.factor(s, p.Email)
	half := h.login(s, p.Email)
	nobodies := map[string]SignedIn{"half": half.SignedIn, "nobody": {Person: p}}
	for name, who := range nobodies {
		_, err1 := s.ConfirmPassword(ctx, from, who, secretWord)
		_, err2 := s.ChangePassword(ctx, from, who, PasswordForm{Current: secretWord, Password: otherWord, Confirmation: otherWord})
		_, err3 := s.UpdateProfile(ctx, from, who, ProfileForm{Name: "Kim", Email: "lee@example.com"})
		_, err4 := s.DeleteAccount(ctx, from, who, secretWord)
		_, _, err5 := s.AddAPIToken(ctx, from, who, "robot", nil)
		_, err6 := s.SignIns(ctx, who)
		_, err7 := s.RecoveryCodes(ctx, who)
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, s.DisableFactor(ctx, from, who), s.EndOthers(ctx, from, who, secretWord)} {
			if r := refused(t, err, CodeUnauthenticated); r.Class != Unauthenticated {
				t.Errorf("%s, %d: %+v", name, i, r)
			}
		}
	}
	if all, err := h.store.Sessions(ctx, "default", p.ID, h.now()); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

// A program's token manages no account: it could make itself another that may do more.
func TestTokenMakesNoToken(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	token, shown, err := s.AddAPIToken(ctx, from, h.login(s, "kim@example.com").SignedIn, "robot", []string{"read"})
	good(t, err)
	robot, err := s.APIToken(ctx, shown)
	good(t, err)
	_, _, err = s.AddAPIToken(ctx, from, robot, "more", []string{"delete"})
	refused(t, err, CodeForbidden)
	refused(t, s.SetAbilities(ctx, from, robot, token.ID, []string{"delete"}), CodeForbidden)
	_, err = s.ChangePassword(ctx, from, robot, PasswordForm{Current: secretWord, Password: otherWord, Confirmation: otherWord})
	refused(t, err, CodeForbidden)
	_, err = s.UpdateProfile(ctx, from, robot, ProfileForm{Name: "Lee", Email: "lee@example.com"})
	refused(t, err, CodeForbidden)
}

// A token of a family has confirmed no password, so it does not reach what needs that.
func TestFamilyConfirmsNothing(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.users, "kim@example.com")
	g, err := h.users.Issue(h.ctx(), at("192.0.2.1"), p)
	good(t, err)
	refused(t, h.users.EnableFactor(h.ctx(), at("192.0.2.1"), g.SignedIn, false), CodeConfirm)
	_, err = h.users.ConfirmPassword(h.ctx(), at("192.0.2.1"), g.SignedIn, secretWord)
	refused(t, err, CodeUnauthenticated)
}

// Whoever is disabled is out at once, by all they were signed in by, also before anything has ended (CVE-2025-3230, CVE-2026-88770).
func TestDisabledEverywhere(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	e := h.login(s, p.Email)
	g, err := s.Issue(ctx, from, p)
	good(t, err)
	_, shown, err := s.AddAPIToken(ctx, from, e.SignedIn, "robot", nil)
	good(t, err)
	token := h.reset(s, p.Email)
	p, err = h.store.Person(ctx, "default", p.ID)
	good(t, err)
	p.DisabledAt = h.now()
	if _, err = h.store.SavePerson(ctx, p); err != nil {
		t.Fatal(err)
	}
	_, err1 := s.Session(ctx, from, e.Secret)
	_, err2 := s.Token(ctx, g.Family.ID, g.Next)
	_, err3 := s.Exchange(ctx, from, g.Family.ID, g.Next)
	_, err4 := s.APIToken(ctx, shown)
	_, err5 := s.SignIns(ctx, e.SignedIn)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		refused(t, err, CodeUnauthenticated)
	}
	refused(t, s.ResetPassword(ctx, from, ResetForm{Token: token, Email: p.Email, Password: otherWord, Confirmation: otherWord}), CodeLink)
}

// A session that somebody else has planted or seen is worth nothing after each step up (CVE-2024-28197).
func TestFixation(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	secret := h.factor(s, p.Email)
	half := h.login(s, p.Email)
	in, err := s.Challenge(ctx, from, half.Secret, ChallengeForm{Code: h.code(secret, 0)})
	good(t, err)
	sure, err := s.ConfirmPassword(ctx, from, in.SignedIn, secretWord)
	good(t, err)
	last, err := s.ChangePassword(ctx, from, sure.SignedIn, PasswordForm{Current: secretWord, Password: otherWord, Confirmation: otherWord})
	good(t, err)
	seen := map[account.Hash]bool{}
	for i, e := range []Entry{half, in, sure, last} {
		if seen[e.Session.ID] {
			t.Errorf("step %d kept its id", i)
		}
		seen[e.Session.ID] = true
		if _, err := s.Session(ctx, from, e.Secret); (err == nil) != (i == 3) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if !s.Confirmed(last.SignedIn, 0) {
		t.Error("a changed password has unconfirmed the one before")
	}
}
