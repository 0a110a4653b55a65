package signin

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/words"
)

// TestNewPasswordIsToldAllAtOnce has a password that is too short and not what was confirmed.
func TestNewPasswordIsToldAllAtOnce(t *testing.T) {
	h := newHouse(t)
	_, err := h.members.Register(h.ctx(), at("192.0.2.1"), RegisterForm{
		Name: "Park", Email: "park@example.com", Password: "short", Confirmation: "other", Terms: true,
	})
	refusal, ok := errors.AsType[*Refusal](err)
	want := []string{"The password field must be at least 8 characters.", "The password field confirmation does not match."}
	if !ok || refusal.Errors == nil || !slices.Equal(refusal.Errors.Of("password"), want) {
		t.Errorf("registered: %v", err)
	}
}

// What whoever read a form has found is told with the rest, and its fields are looked at no more.
func TestWrongAlready(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	found := func(field string) *words.Errors {
		e := words.NewErrors(words.Speaker{})
		e.Add(field, words.String)
		return e
	}
	who := h.login(h.members, "kim@example.com").SignedIn
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	_, login := s.Login(ctx, from, LoginForm{Wrong: found("email")})
	_, register := s.Register(ctx, from, RegisterForm{Wrong: found("name")})
	_, profile := s.UpdateProfile(ctx, from, who, ProfileForm{Wrong: found("email")})
	_, change := s.ChangePassword(ctx, from, who, PasswordForm{Wrong: found("password")})
	reset := s.ResetPassword(ctx, from, ResetForm{Wrong: found("token")})
	for _, c := range []struct {
		err          error
		field, other string
	}{{login, "email", "password"}, {register, "name", "email"}, {profile, "email", "name"}, {change, "password", "current_password"}, {reset, "token", "email"}} {
		r := refused(t, c.err, CodeInvalid)
		if got := r.Errors.Of(c.field); len(got) != 1 || !strings.HasSuffix(got[0], "must be a string.") || !r.Errors.Has(c.other) {
			t.Errorf("%s: %v", c.field, r.Errors)
		}
	}
}

// Whoever forgets a field has used an attempt, as with Laravel, and is told how many are left.
func TestMissingFieldsAreCounted(t *testing.T) {
	h := newHouse(t)
	for i := range int64(5) {
		_, err := h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: "kim@example.com"})
		if r := refused(t, err, CodeInvalid); r.Verdict.Remaining != 4-i {
			t.Errorf("try %d: %+v", i, r.Verdict)
		}
	}
	_, err := h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: "kim@example.com"})
	refused(t, err, CodeThrottled)
}

func TestMailsLeft(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com", func(p *account.Person) { p.VerifiedAt = time.Time{} })
	who := h.login(h.members, "kim@example.com").SignedIn
	for i := range int64(6) {
		_, err := h.members.SendVerification(h.ctx(), at("192.0.2.1"), who)
		good(t, err)
		if v, err := h.members.MailsLeft(h.ctx(), who); err != nil || v.Limit != 6 || v.Remaining != 5-i {
			t.Errorf("mail %d: %+v, %v", i, v, err)
		}
	}
	refused(t, h.members.Verify(h.ctx(), at("192.0.2.1"), who, who.Person.User(), "x", "x"), CodeThrottled)
}

// TestAddresses has what mail could be sent to, and what could not or would only look like it.
func TestAddresses(t *testing.T) {
	ok := func(email string) bool {
		e := words.NewErrors(words.Speaker{})
		checkEmail(e, email)
		return !e.Any()
	}
	for _, email := range []string{
		"kim@example.com", "kim+tag@sub.example.co.kr", "o'neil@example.com", "kim@localhost", "한글@example.com", "kim@한글.kr", "kim@xn--bj0bj06e.kr",
		"kim@" + strings.Repeat("a", 63) + ".com", "a&b%c@1.example",
	} {
		if !ok(email) {
			t.Errorf("%q is refused", email)
		}
	}
	for _, email := range []string{
		"kim", "kim@", "@example.com", "kim@-example.com", "kim@example-.com", "kim@exa_mple.com", "kim@example.com.", "kim@example..com", "kim@[127.0.0.1]", "kim@127.0.0.1",
		"kim@" + strings.Repeat("a", 64) + ".com", "kim@example.com?subject=a", "kim@example.com/x", "ki\u200bm@example.com", "kim\u00a0lee@example.com",
		"kim@exam\u00adple.com", "\u202ekim@example.com", "Kim <kim@example.com>", "kim@example.com,lee@example.com",
	} {
		if ok(email) {
			t.Errorf("%q is taken", email)
		}
	}
}
