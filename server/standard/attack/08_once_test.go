//go:build unix

// Class 8, what works once and is used twice in a race: Keycloak #45647 (refresh tokens), CVE-2025-46815 (Zitadel: intents),
// CVE-2026-3590 (Mattermost: links to sign in).
//
// Here whatever proves something once is removed and read in one step of the store, and a refresh token that was exchanged
// before ends its family. Parts: account/signin attack_race_test.go (TestLinkInParallel, TestRefreshInParallel,
// TestRegisterInParallel), account/accounttest, which every store has to pass.

package attack

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// atOnce sends requests at the same time and counts the answers by status.
func atOnce(t *testing.T, all []*http.Request) (map[int]int, []reply) {
	t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	answers := make([]reply, len(all))
	for i, r := range all {
		wg.Go(func() {
			<-start
			a, err := send(r)
			if err != nil {
				t.Error(err)
			}
			answers[i] = a
		})
	}
	close(start)
	wg.Wait()
	n := map[int]int{}
	for _, a := range answers {
		n[a.status]++
	}
	return n, answers
}

// TestResetLinkOnce uses one link many times at once.
func TestResetLinkOnce(t *testing.T) {
	h := open(t, "")
	h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	b := h.browse("barun.test", "192.0.2.2")
	b.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": "kim@example.com"})
	token := h.resetToken("kim@example.com")
	page := b.request(http.MethodGet, "/reset-password/"+token+"?email=kim@example.com", nil)
	page.Header.Set("Accept", "text/html") // the link itself is opened first, and is in no log afterwards
	if a := b.do(page); a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		t.Errorf("the page of the link: %d %v", a.status, a.header)
	}
	var all []*http.Request
	for i := range 8 {
		text := "a new password " + string(rune('a'+i))
		h.secret(text)
		all = append(all, b.request(http.MethodPost, "/reset-password", values{"token": token, "email": "kim@example.com", "password": text, "password_confirmation": text}))
	}
	n, _ := atOnce(t, all)
	if n[http.StatusOK] != 1 || n[http.StatusUnprocessableEntity] != 7 {
		t.Errorf("%v", n)
	}
	if a := b.ask(http.MethodPost, "/reset-password", values{"token": token, "email": "kim@example.com", "password": other, "password_confirmation": other}); a.status == http.StatusOK {
		t.Error("a link works again")
	}
}

// TestRefreshOnce exchanges one token many times at once. One gets the next, which is worth nothing: somebody had a copy.
func TestRefreshOnce(t *testing.T) {
	h := open(t, "")
	h.user("app@example.com")
	b := h.browse("barun.test", "192.0.2.2")
	b.bearer = h.tokens("app@example.com")["access_token"]
	var all []*http.Request
	for range 8 {
		all = append(all, b.request(http.MethodPost, "/api/auth/refresh", nil))
	}
	n, answers := atOnce(t, all)
	if n[http.StatusOK] != 1 || n[http.StatusUnauthorized] != 7 {
		t.Errorf("%v", n)
	}
	for _, a := range answers {
		if next := a.text("access_token"); next != "" {
			h.secret(next)
			if h.shows(next) {
				t.Error("the family lives on, though one of its tokens was shown twice")
			}
		}
	}
}

// TestRegisteredOnce registers one address many times at once, written in several ways.
func TestRegisteredOnce(t *testing.T) {
	h := open(t, "")
	h.secret(password)
	var all []*http.Request
	for i, email := range []string{"kim@example.com", "KIM@example.com", "Kim@Example.com", " kim@example.com", "kim@EXAMPLE.com", "kIM@example.com"} {
		b := h.browse("barun.test", "192.0.2.2")
		b.ip = []string{"192.0.2.2", "192.0.2.3"}[i%2]
		b.ask(http.MethodGet, "/sanctum/csrf-cookie", nil)
		all = append(all, b.request(http.MethodPost, "/register", values{"name": "Kim", "email": email, "password": password, "password_confirmation": password, "terms": true}))
	}
	n, answers := atOnce(t, all)
	if n[http.StatusCreated] != 1 || n[http.StatusUnprocessableEntity] != 5 {
		t.Errorf("%v %v", n, answers)
	}
}

// TestRefreshTokenOnce does the same with a refresh token: of many at once one gets the next, and all end.
func TestRefreshTokenOnce(t *testing.T) {
	h := open(t, "")
	h.user("app@example.com")
	b := h.browse("barun.test", "192.0.2.2")
	b.bearer = "none"
	first := b.must(http.StatusOK, http.MethodPost, "/api/auth/token", values{"grant_type": "password", "username": "app@example.com", "password": password})
	refresh, access := first.text("refresh_token"), first.text("access_token")
	h.secret(refresh, access)
	if a := h.signedIn(access); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var all []*http.Request
	for range 8 {
		all = append(all, b.request(http.MethodPost, "/api/auth/token", values{"grant_type": "refresh_token", "refresh_token": refresh}))
	}
	n, answers := atOnce(t, all)
	if n[http.StatusOK] != 1 || n[http.StatusBadRequest] != 7 {
		t.Errorf("%v", n)
	}
	for _, a := range append(answers, first) {
		h.secret(a.text("access_token"), a.text("refresh_token"))
		if token := a.text("access_token"); token != "" && h.signedIn(token).status == http.StatusOK {
			t.Error("an access token of a family that has ended signs somebody in")
		}
		if token := a.text("refresh_token"); token != "" {
			if x := b.ask(http.MethodPost, "/api/auth/token", values{"grant_type": "refresh_token", "refresh_token": token}); x.status == http.StatusOK {
				t.Error("a refresh token of a family that has ended gets another")
			}
		}
	}
}
