package signin

import (
	"errors"
	"strings"
	"testing"
)

// Whatever is shown in place of a secret is refused, unless it is one; and nothing of it makes an error of the server's own.
func FuzzShown(f *testing.F) {
	h := newHouse(f)
	h.add(h.members, "kim@example.com")
	e := h.login(h.members, "kim@example.com")
	g, err := h.members.Issue(h.ctx(), at("192.0.2.1"), e.Person)
	good(f, err)
	_, shown, err := h.members.AddAPIToken(h.ctx(), at("192.0.2.1"), e.SignedIn, "robot", nil)
	good(f, err)
	for _, seed := range []string{shown, e.Secret, g.Refresh(), "1|", "|", "1|\x00", "9223372036854775808|x", "+1|x", ".", "a.b.c", strings.Repeat("1", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r *Refusal
		if _, err := h.members.APIToken(t.Context(), text); (err == nil) != (text == shown) || err != nil && !errors.As(err, &r) {
			t.Errorf("%q as an API token: %v", text, err)
		}
		if _, err := h.members.Session(t.Context(), at("192.0.2.1"), text); (err == nil) != (text == e.Secret) || err != nil && !errors.As(err, &r) {
			t.Errorf("%q as a cookie: %v", text, err)
		}
		family, next, ok := h.members.SplitRefresh(text)
		if _, err := h.members.Token(t.Context(), family, next); ok && (err == nil) != (text == g.Refresh()) {
			t.Errorf("%q as a token: %v", text, err)
		}
	})
}
