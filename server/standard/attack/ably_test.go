//go:build unix

// The sign-in whose token opens connections of the Ably protocol too (community-built, not an Ably product): it is a sign-in like
// the others, and its cookie renews tokens and does nothing else.

package attack

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestAblySignInIsOne signs in for Ably's clients, pretends to be others, and signs out.
func TestAblySignInIsOne(t *testing.T) {
	h := open(t, "\n  ably: {enabled: true}\n")
	h.user("app@example.com")
	b := h.browse("barun.test", "192.0.2.1")
	b.bearer = "none"
	token := b.must(http.StatusOK, http.MethodPost, "/auth/login", values{"email": "app@example.com", "password": password}).text("token")
	h.secret(token)
	b.bearer = ""
	w, text, err := b.ably(token)
	if err != nil || !strings.Contains(text, `"clientId":"app@example.com"`) {
		t.Fatalf("%s %v", text, err)
	}
	// The token inside is the one that counts, and it is signed itself; the one around it says nothing to Ably's clients' side.
	inner, _ := claimsOf(t, token)["x-ably-token"].(string)
	around := func(inner string) string {
		return b64([]byte(`{"typ":"JWT","alg":"none"}`)) + "." + b64([]byte(`{"sub":"1","clientId":"boss@example.com","x-ably-token":"`+inner+`"}`)) + "."
	}
	for name, query := range map[string]string{
		"another client id": url.QueryEscape(token) + "&clientId=boss@example.com", "a changed token inside": url.QueryEscape(around(inner[:len(inner)-4] + "AAAA")),
		"no token inside": url.QueryEscape(around("")), "half a token": url.QueryEscape(around(inner[:len(inner)/2])), "another token inside": url.QueryEscape(around(around(inner))),
	} {
		o, err := b.dialWire("/?v=3&format=json&access_token="+query, nil)
		if err != nil {
			continue
		}
		if text, err := o.until(`"action":4`, `"action":9`); err == nil && strings.Contains(text, `"action":4`) {
			t.Errorf("%s: %s", name, text)
		}
		_ = o.conn.Close() // all was seen
	}
	if _, text, err := b.ably(around(inner)); err == nil && !strings.Contains(text, `"clientId":"app@example.com"`) {
		t.Errorf("what is around a token makes it another's: %s", text)
	}
	for site, want := range map[string]bool{"cross-site": false, "same-site": false, "same-origin": true} {
		r := b.request(http.MethodGet, "/auth/re-create", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		if a := b.do(r); (a.status == http.StatusOK) != want {
			t.Errorf("the cookie of a %s request: %d %s", site, a.status, a.body)
		} else {
			h.secret(a.text("token"))
		}
	}
	for name, value := range b.cookies { // the cookie is no token, and opens nothing else
		if strings.HasSuffix(name, "ably_sign_in") {
			if h.shows(value) {
				t.Error("the cookie signs somebody in as a token")
			}
			if _, _, err := b.ably(value); err == nil {
				t.Error("the cookie opens a connection")
			}
		}
	}
	gone := w.over()
	r := b.request(http.MethodPost, "/auth/logout", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if a := b.do(r); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	within(t, "the connection ends with the sign-in", gone)
	if _, text, err := b.ably(token); err == nil {
		t.Errorf("a token that was signed out opens a connection: %s", text)
	}
}
