package bearer

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/signin"
)

// goodClaims are those of a good token of somebody's sign-in.
func (h *house) goodClaims(g signin.Grant) map[string]any {
	now := h.now().Unix()
	return map[string]any{
		"iss": issuer, "aud": issuer, "sub": g.Person.User(), "iat": now, "nbf": now, "exp": now + 3600, "jti": g.Next, "guard": "api",
		"fam": g.Family.ID, "use": "login",
	}
}

// signed signs any claims with this server's own key.
func (h *house) signed(c map[string]any) string {
	h.t.Helper()
	raw, err := h.ring.Sign(h.ctx(), c)
	good(h.t, err)
	return raw
}

// TestClaimsThatAreNot: a token that this server's key has signed is still no good with claims that are not those of an access
// token (GO-2026-5732 and CVE-2026-55669, where aud and exp were not looked at; CVE-2026-55672, where it was for another client).
func TestClaimsThatAreNot(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	p, other := s.add("kim@example.com"), s.add("lee@example.com")
	g := s.grant(p.Email)
	base := s.goodClaims(g)
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(s.signed(base))...); w.Code != 200 {
		t.Fatalf("the good one: %d %s", w.Code, w.Body)
	}
	now := s.now().Unix()
	bad := map[string]map[string]any{
		"another audience": {"aud": "https://other.test"}, "a list of audiences": {"aud": []string{issuer}}, "another issuer": {"iss": "https://other.test"},
		"another guard": {"guard": "web"}, "another use": {"use": "renew"}, "no use": {"use": ""}, "another person": {"sub": other.User()},
		"nobody": {"sub": "999"}, "a number for a person": {"sub": p.ID}, "another sign-in": {"fam": s.grant(other.Email).Family.ID}, "no sign-in": {"fam": "x"},
		"another jti": {"jti": "x"}, "a long jti": {"jti": strings.Repeat("x", 200)}, "over": {"exp": now}, "over for long": {"exp": 1}, "a float": {"exp": 1e30},
		"a text for a time": {"exp": "9999999999"}, "a time too large": {"exp": int64(1) << 62}, "a negative time": {"exp": -1}, "not yet": {"nbf": now + 60},
		"from the future": {"iat": now + 60}, "null": {"sub": nil}, "an object": {"sub": map[string]any{"$ne": ""}},
	}
	for name := range base {
		bad["without "+name] = map[string]any{name: nil, "-": name}
	}
	for name, change := range bad {
		c := maps.Clone(base)
		maps.Copy(c, change)
		if without, ok := c["-"].(string); ok {
			delete(c, without)
			delete(c, "-")
		}
		raw := s.signed(c)
		for _, r := range []struct{ method, path string }{{"GET", "/api/auth/me"}, {"GET", "/api/user"}, {"POST", "/api/auth/logout"}} {
			if w := s.send(r.method, r.path, nil, bearerOf(raw)...); w.Code != 401 {
				t.Errorf("%s at %s: %d %s", name, r.path, w.Code, w.Body)
			}
		}
		if w := s.send("GET", "/auth/re-create", nil, bearerOf(raw)...); w.Code != 403 {
			t.Errorf("%s at re-create: %d %s", name, w.Code, w.Body)
		}
	}
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(s.signed(base))...); w.Code != 200 {
		t.Errorf("attempts ended the sign-in: %d", w.Code)
	}
}

// TestOtherGuard: people of one guard are nobody at the other, whose ids are of the same kind (the lock prv of jwt-auth, which its
// middleware jwt.auth does not look at).
func TestOtherGuard(t *testing.T) {
	h := newHouse(t, noMail)
	member := h.add("kim@example.com", func(p *account.Person) { p.Provider = "members" })
	g, err := h.members.LoginTokens(h.ctx(), visitor(), signin.LoginForm{Email: member.Email, Password: word})
	good(t, err)
	of, err := h.tokensOf(h.members).sign(h.ctx(), g.SignedIn, UseLogin, g.Next, "", h.now().Add(time.Hour))
	good(t, err)
	claims := h.goodClaims(g) // guard api, and the sign-in of a member
	text := func(s *signin.Service) string {
		_, text, err := s.AddAPIToken(h.ctx(), visitor(), g.SignedIn, "phone", nil)
		good(t, err)
		return text
	}
	s := newSite(h)
	for name, raw := range map[string]string{"its token": of.token, "its sign-in": h.signed(claims), "its API token": text(h.members)} {
		if w := s.send("GET", "/api/user", nil, bearerOf(raw)...); w.Code != 401 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := s.send("POST", "/api/auth/refresh", nil, bearerOf(raw)...); w.Code != 401 {
			t.Errorf("%s is refreshed: %d %s", name, w.Code, w.Body)
		}
	}
	if w := s.send("POST", "/api/auth/token", form{"grant_type": "refresh_token", "refresh_token": g.Refresh()}); w.Code != 400 {
		t.Errorf("its refresh token: %d %s", w.Code, w.Body)
	}
	if w := s.send("POST", "/api/auth/login", form{"email": member.Email, "password": word}); w.Code != 401 {
		t.Errorf("a member signs in as a user: %d %s", w.Code, w.Body)
	}
}

// TestTruncatedAPITokens: what is not the whole token is none (CVE-2026-27840), and there is one way to write it.
func TestTruncatedAPITokens(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	p, other := s.add("kim@example.com"), s.add("lee@example.com")
	text, others := s.apiToken(p.Email), s.apiToken(other.Email)
	id, secret, _ := strings.Cut(text, "|")
	othersID, _, _ := strings.Cut(others, "|")
	bad := []string{
		id + "|", "|" + secret, "|", "0|" + secret, "0" + text, "+" + text, "-" + text, " " + id + " |" + secret, othersID + "|" + secret,
		id + "|" + strings.ToUpper(secret), text + " ", text + "x", text + "|", id + "||" + secret, id + "." + secret, secret, id + "|*", id + "|%",
		id + "|" + strings.Repeat("a", 100_000), strings.Repeat("9", 100) + "|" + secret, "９|" + secret,
	}
	for i := range len(text) {
		bad = append(bad, text[:i])
	}
	for _, raw := range bad {
		if strings.TrimSpace(raw) == text { // space around it is the header's
			continue
		}
		if w := s.send("GET", "/api/user", nil, bearerOf(raw)...); w.Code != 401 {
			t.Errorf("%.60q: %d %s", raw, w.Code, w.Body)
		}
	}
	if w := s.send("GET", "/api/user", nil, bearerOf(text)...); w.Code != 200 {
		t.Errorf("the whole one: %d", w.Code)
	}
	// A token for programs opens no more than it is for.
	for _, r := range []struct{ method, path string }{{"POST", "/api/auth/logout"}, {"POST", "/api/auth/refresh"}, {"GET", "/auth/re-create"}} {
		if w := s.send(r.method, r.path, nil, bearerOf(text)...); w.Code != 401 && w.Code != 403 {
			t.Errorf("%s: %d %s", r.path, w.Code, w.Body)
		}
	}
}

// TestHugeHeaders: whatever is long is refused before it is worked on (CVE-2025-30204).
func TestHugeHeaders(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	for _, raw := range []string{strings.Repeat(".", 1<<20), strings.Repeat("a.", 1<<19), strings.Repeat("|", 1<<20), strings.Repeat(" ", 1<<20), strings.Repeat(",", 1<<20)} {
		for _, path := range []string{"/api/auth/me", "/api/user"} {
			if w := s.send("GET", path, nil, bearerOf(raw)...); w.Code != http.StatusUnauthorized {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	}
}
