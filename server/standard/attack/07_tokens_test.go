//go:build unix

// Class 7, tokens that are not looked at closely: CVE-2026-27840 (Zitadel: opaque tokens were good when cut short),
// CVE-2026-55669 and GO-2026-5732 (audience and expiry were not asked for), CVE-2026-55672 and CVE-2026-6334 (tokens of another
// client), CVE-2025-30204, CVE-2024-51744, CVE-2025-27144 and CVE-2026-34986 (golang-jwt, go-jose: work and confusion); and
// jwt-auth, which passes over the claims prv and jti.
//
// Here every claim has to be there and to fit, ES256 with a key of our own is the one way to sign, and a signature alone opens
// nothing: the sign-in in the token has to live. Parts: account/token attack_test.go (TestEveryAlgorithm, TestPublicKeyIsNoSecret,
// TestNoSignature, TestTokenBringsItsOwnKey, TestSpelling, TestStrayBits), account/keys attack_test.go, account/jws TestParse,
// account/bearer tokens_test.go.

package attack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// hs256 makes a token that is signed with a secret.
func hs256(header, claims map[string]any, secret string) string {
	h, _ := json.Marshal(header) // both have a JSON
	c, _ := json.Marshal(claims)
	text := b64(h) + "." + b64(c)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return text + "." + b64(m.Sum(nil))
}

// claimsOf returns what a token says, without looking at its signature.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d segments", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// shows is whether a text signs somebody in where apps ask who they are.
func (h *house) shows(token string) bool {
	h.t.Helper()
	for _, r := range []struct{ method, path string }{
		{"POST", "/api/auth/me"}, {"GET", "/api/user"}, {"GET", "/api/auth/user"}, {"GET", "/v1/rooms"}, {"POST", "/api/auth/refresh"},
	} {
		b := h.browse("barun.test", "192.0.2.88")
		b.bearer = token
		if a := b.ask(r.method, r.path, nil); a.status < 300 {
			h.t.Logf("%s %s: %d %s", r.method, r.path, a.status, a.body)
			return true
		}
	}
	return false
}

// TestForgedTokens makes tokens of a good one in all the ways that have worked elsewhere.
func TestForgedTokens(t *testing.T) {
	h := open(t, "")
	h.user("app@example.com")
	good := h.tokens("app@example.com")["access_token"]
	b := h.browse("barun.test", "192.0.2.1")
	b.bearer = good
	if a := b.ask(http.MethodPost, "/api/auth/me", nil); a.status != http.StatusOK || a.text("email") != "app@example.com" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	claims := claimsOf(t, good)
	jwks := b.ask(http.MethodGet, "/.well-known/jwks.json", nil).body
	if strings.Contains(jwks, `"d"`) || !strings.Contains(jwks, `"ES256"`) {
		t.Errorf("published is %s", jwks)
	}
	parts := strings.Split(good, ".")
	without := func(name string) map[string]any { c := maps.Clone(claims); delete(c, name); return c }
	with := func(name string, v any) map[string]any { c := maps.Clone(claims); c[name] = v; return c }
	hs := map[string]any{"typ": "JWT", "alg": "HS256"}
	none := func(alg string) string {
		return b64([]byte(`{"typ":"JWT","alg":"`+alg+`"}`)) + "." + parts[1] + "."
	}
	forged := map[string]string{
		"alg none": none("none"), "alg None": none("None"), "alg NONE with a signature": none("NONE") + parts[2], "alg empty": none(""),
		"no signature": parts[0] + "." + parts[1] + ".", "two segments": parts[0] + "." + parts[1], "half a signature": good[:len(good)-20],
		"one character less": good[:len(good)-1], "one more": good + "A", "padding": good + "=", "other claims": parts[0] + "." + b64([]byte(`{"sub":"1"}`)) + "." + parts[2],
		"signed with the published key": hs256(hs, claims, jwks), "signed with the server's JWT secret": hs256(hs, claims, jwtSecret),
		"signed with the server's key": hs256(hs, claims, accountKey), "signed with the app's secret": hs256(hs, claims, appSecret), "signed with nothing": hs256(hs, claims, ""),
		"a key of its own":     hs256(map[string]any{"typ": "JWT", "alg": "HS256", "jwk": map[string]any{"kty": "oct", "k": b64([]byte("x"))}}, claims, "x"),
		"a kid that is a path": hs256(map[string]any{"typ": "JWT", "alg": "HS256", "kid": "../../../../dev/null"}, claims, ""),
		"JSON serialization":   `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"five segments":        good + ".x.x", "empty": "", "bearer twice": "Bearer " + good + " " + good, "a long one": strings.Repeat("a", 20<<10) + "." + parts[1] + "." + parts[2],
	}
	for _, name := range []string{"jti", "fam", "guard", "aud", "iss", "exp", "nbf", "iat", "use"} {
		forged["HS256 without "+name] = hs256(hs, without(name), jwtSecret)
	}
	forged["HS256 of another guard"] = hs256(hs, with("guard", "web"), jwtSecret)
	forged["HS256 for ever"] = hs256(hs, with("exp", time.Now().Add(1e6*time.Hour).Unix()), jwtSecret)
	for name, token := range forged {
		if strings.HasPrefix(name, "HS256") || strings.HasPrefix(name, "signed with the server's JWT") {
			// The operator's own issuer, auth.jwt, may name anybody in chat; but nobody's account.
			b := h.browse("barun.test", "192.0.2.1")
			b.bearer = token
			for _, path := range []string{"/api/auth/me", "/api/auth/refresh", "/api/auth/logout"} {
				if a := b.ask(http.MethodPost, path, nil); a.status < 300 {
					t.Errorf("%s: %s: %d %s", name, path, a.status, a.body)
				}
			}
			if a := b.ask(http.MethodGet, "/api/user", nil); a.status < 300 {
				t.Errorf("%s: /api/user: %d %s", name, a.status, a.body)
			}
			continue
		}
		if h.shows(token) {
			t.Errorf("%s: signs somebody in", name)
		}
	}
	if !h.shows(good) {
		t.Error("the good token is none any more")
	}
}

// TestOpaqueTokensAreWhole cuts, lengthens and mixes what is random.
func TestOpaqueTokensAreWhole(t *testing.T) {
	h := open(t, "")
	m := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	a := m.apiToken("a", "read")
	c := m.apiToken("c", "read")
	id, secret, _ := strings.Cut(a, "|")
	otherID, _, _ := strings.Cut(c, "|")
	in := func(shown string) bool {
		b := h.browse("barun.test", "192.0.2.3")
		b.bearer = shown
		return b.programIn()
	}
	if !in(a) {
		t.Fatal("the token is no good")
	}
	for _, bad := range []string{
		secret, "|" + secret, id + "|", id, id + "|" + secret[:len(secret)-1], id + "|" + secret + "x", id + "|" + strings.ToUpper(secret), otherID + "|" + secret,
		"0" + id + "|" + secret, "+" + id + "|" + secret, id + " |" + secret, id + ".0|" + secret, id + "||" + secret, id + "|" + secret + "|", "-1|" + secret,
		"999999999999999999999|" + secret, id + "|" + secret[:20] + "%00" + secret[20:], "1 or 1=1|x", id + "|' or ''='", id + "|*", id + "|" + strings.Repeat("x", 5000),
	} {
		if in(bad) {
			t.Errorf("%q signs somebody in", bad)
		}
	}
	name, cookie := m.session()
	for _, bad := range []string{cookie[:len(cookie)-1], cookie[:10], cookie + "x", strings.ToLower(cookie), "", strings.Repeat("A", len(cookie))} {
		b := h.browse("barun.test", "192.0.2.3")
		b.cookies[name] = bad
		if bad != cookie && b.in() {
			t.Errorf("the cookie %q signs somebody in", bad)
		}
	}
}

// TestTokensOfOneGuard shows what signs members in to the users' routes, and the other way round.
func TestTokensOfOneGuard(t *testing.T) {
	h := open(t, "")
	m := h.browse("barun.test", "192.0.2.1").register("same@example.com")
	h.user("same@example.com")
	access := h.tokens("same@example.com")["access_token"]
	shown := m.apiToken("robot", "read")
	b := h.browse("barun.test", "192.0.2.3")
	b.bearer = shown
	if a := b.ask(http.MethodPost, "/api/auth/me", nil); a.status < 300 {
		t.Errorf("a member's API token is a user's: %d %s", a.status, a.body)
	}
	b.bearer = access
	for _, path := range []string{"/user/confirmed-password-status", "/user/two-factor-secret-key", "/user/two-factor-recovery-codes"} {
		if a := b.ask(http.MethodGet, path, nil); a.status < 300 {
			t.Errorf("a user's token opens %s: %d %s", path, a.status, a.body)
		}
	}
	name, value := m.session()
	c := h.browse("barun.test", "192.0.2.3")
	c.bearer = value
	if a := c.ask(http.MethodPost, "/api/auth/me", nil); a.status < 300 {
		t.Errorf("a session's secret is a bearer token: %d %s", a.status, a.body)
	}
	d := h.browse("barun.test", "192.0.2.3")
	d.cookies[name] = access
	if d.in() {
		t.Error("an access token is a session's cookie")
	}
	if a := d.ask(http.MethodGet, fmt.Sprintf("/user/confirmed-password-status?token=%s", access), nil); a.status < 300 {
		t.Errorf("an access token in the query opens a member's routes: %d %s", a.status, a.body)
	}
}

// TestClaimsAreNoSecrets shows what stands in the claims of tokens, which logs and other servers see, as if it were a secret.
func TestClaimsAreNoSecrets(t *testing.T) {
	h := open(t, "")
	h.user("app@example.com")
	good := h.tokens("app@example.com")["access_token"]
	claims := claimsOf(t, good)
	jti, _ := claims["jti"].(string)
	family, _ := claims["fam"].(string)
	b := h.browse("barun.test", "192.0.2.3")
	b.bearer = "none"
	for _, shown := range []string{family + "." + jti, family + ".garbage", family + ".", jti, family, "tokens:" + family} {
		if a := b.ask(http.MethodPost, "/api/auth/token", values{"grant_type": "refresh_token", "refresh_token": shown}); a.status < 400 {
			t.Errorf("%q is a refresh token: %d %s", shown, a.status, a.body)
		}
		b.ask(http.MethodPost, "/api/auth/revoke", values{"token": shown})
		if h.shows(shown) {
			t.Errorf("%q signs somebody in", shown)
		}
	}
	if a := h.signedIn(good); a.status != http.StatusOK {
		t.Errorf("somebody who read the claims has ended the sign-in: %d %s", a.status, a.body)
	}
	for _, name := range []string{"email", "name", "password", "roles", "email_verified"} {
		if _, there := claims[name]; there {
			t.Errorf("a token says %s: %v", name, claims)
		}
	}
}

// signedIn asks who a token signs in.
func (h *house) signedIn(token string) reply {
	h.t.Helper()
	b := h.browse("barun.test", "192.0.2.89")
	b.bearer = token
	return b.ask(http.MethodPost, "/api/auth/me", nil)
}
