//go:build unix

package attack

import (
	"net/http"
	"time"

	"madang/account/totp"
)

// loginRoutes are the ways in for apps.
func loginRoutes() []string { return []string{"/api/auth/login"} }

// user makes a user of apps and returns a browser with their access token.
func (h *house) user(email string) *browser {
	h.t.Helper()
	h.secret(password, other)
	b := h.browse("barun.test", "192.0.2.77")
	b.bearer = "none"
	a := b.ask(http.MethodPost, "/api/auth/register", values{
		"name": "App", "email": email, "password": password, "password_confirmation": password, "terms": true,
	})
	if a.status != http.StatusCreated && a.status != http.StatusOK {
		h.t.Fatalf("register a user: %d %s", a.status, a.body)
	}
	b.bearer = h.tokens(email)["access_token"]
	return b
}

// tokens signs a user in and returns the texts of the answer.
func (h *house) tokens(email string) map[string]string {
	h.t.Helper()
	b := h.browse("barun.test", "192.0.2.77")
	b.bearer = "none"
	a := b.must(http.StatusOK, http.MethodPost, "/api/auth/login", values{"email": email, "password": password})
	all := map[string]string{}
	if o, ok := a.json().(map[string]any); ok {
		for name, v := range o {
			if s, ok := v.(string); ok {
				all[name] = s
			}
		}
	}
	h.secret(all["access_token"], all["refresh_token"])
	return all
}

// factor turns a member's second factor on and returns its secret and the recovery codes. The step of the code that confirmed it
// is used up.
func (b *browser) factor(text string) (secret string, codes []string) {
	t := b.h.t
	t.Helper()
	b.must(http.StatusCreated, http.MethodPost, "/user/confirm-password", values{"password": text})
	b.must(http.StatusOK, http.MethodPost, "/user/two-factor-authentication", values{})
	secret = b.must(http.StatusOK, http.MethodGet, "/user/two-factor-secret-key", nil).text("secretKey")
	if list, ok := b.must(http.StatusOK, http.MethodGet, "/user/two-factor-recovery-codes", nil).json().([]any); ok {
		for _, c := range list {
			s, _ := c.(string)
			codes = append(codes, s)
		}
	}
	if secret == "" || len(codes) != 8 {
		t.Fatalf("secret %q and %d codes", secret, len(codes))
	}
	b.h.secret(append(codes, secret)...)
	const confirm = "/user/confirmed-two-factor-authentication"
	if b.ask(http.MethodPost, confirm, values{"code": codeAt(b, secret, -1)}).status != http.StatusOK { // it was just too old
		b.must(http.StatusOK, http.MethodPost, confirm, values{"code": codeAt(b, secret, -1)})
	}
	return secret, codes
}

// codeAt is the code of a secret, some steps from now.
func codeAt(b *browser, secret string, off int64) string {
	b.h.t.Helper()
	c, err := totp.Code(secret, totp.Step(time.Now())+off)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return c
}
