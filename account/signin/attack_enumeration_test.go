package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"madang/account"
)

// Nobody can find out who has an account by how much work a login makes, or by what it is told (CVE-2026-23511).
func TestLoginTellsNothing(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	h.add(h.members, "gone@example.com", func(p *account.Person) { p.DisabledAt = h.now() })
	h.add(h.members, "none@example.com", func(p *account.Person) { p.Password = "" })
	h.add(h.members, "odd@example.com", func(p *account.Person) { p.Password = "$odd$" })
	h.add(h.users, "user@example.com")
	var first string
	for i, email := range []string{"kim@example.com", "nobody@example.com", "gone@example.com", "none@example.com", "odd@example.com", "user@example.com"} {
		for _, text := range []string{otherWord, secretWord} {
			if i == 0 && text == secretWord {
				continue
			}
			before := h.hasher.checks.Load()
			_, err := h.members.Login(h.ctx(), at(fmt.Sprintf("192.0.2.%d", i)), LoginForm{Email: email, Password: text})
			r := refused(t, err, CodeCredentials)
			r.Verdict.Remaining = 0
			body, err := json.Marshal(r)
			good(t, err)
			if first == "" {
				first = string(body)
			}
			if n := h.hasher.checks.Load() - before; n != 1 || string(body) != first {
				t.Errorf("%s: %d hashes checked, told %s, others are told %s", email, n, body, first)
			}
		}
	}
	if h.hasher.hashes.Load() != 0 {
		t.Error("a hash was made for somebody who was refused")
	}
}

// Nor by asking for a link: the answers are the same, the pause too, and what differs is done after the answer.
func TestForgotTellsNothing(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	h.add(h.members, "gone@example.com", func(p *account.Person) { p.DisabledAt = h.now() })
	for _, email := range []string{"kim@example.com", "nobody@example.com", "gone@example.com"} {
		from := at("192.0.2." + fmt.Sprint(len(email)))
		good(t, h.members.ForgotPassword(h.ctx(), from, email))
		refused(t, h.members.ForgotPassword(h.ctx(), from, email), CodeThrottled)
		h.pass(30 * time.Second)
		good(t, h.members.ForgotPassword(h.ctx(), from, email))
		if m := h.mailed(email); (m.Subject != "") != (email == "kim@example.com") {
			t.Errorf("%s: %q was sent", email, m.Subject)
		}
	}
	if h.hasher.checks.Load()+h.hasher.hashes.Load() != 0 {
		t.Error("hashing for a link")
	}
}

// The work of a reset is the same whether the link is good or not.
func TestResetTellsNothing(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	right := ResetForm{Token: h.reset(h.members, p.Email), Email: p.Email, Password: otherWord, Confirmation: otherWord}
	unknown, wrong := right, right
	unknown.Email, wrong.Token = "nobody@example.com", "wrong"
	var texts []string
	for _, form := range []ResetForm{unknown, wrong, right} {
		before := h.hasher.hashes.Load()
		err := h.members.ResetPassword(h.ctx(), at("192.0.2.1"), form)
		if h.hasher.hashes.Load()-before != 1 {
			t.Errorf("%d hashes", h.hasher.hashes.Load()-before)
		}
		if r, ok := errors.AsType[*Refusal](err); ok {
			texts = append(texts, r.Errors.Message())
		}
	}
	if len(texts) != 2 || texts[0] != texts[1] {
		t.Error(texts)
	}
}
