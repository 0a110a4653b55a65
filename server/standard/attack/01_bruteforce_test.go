//go:build unix

// Class 1, budgets for guessing that can be split, reset or are not enforced: CVE-2025-24806 (Authelia: name and address each
// had a budget), CVE-2024-32868 and CVE-2025-64102 (Zitadel: none for second factors), CVE-2026-35597 (vikunja: the lock-out
// was rolled back with the login), CVE-2026-26233 (Mattermost: no limit), CVE-2026-88770 (Keycloak: another way in that did not ask).
//
// Here every attempt is counted before it is made, by what the address means and not how it is written, for all hosts and
// routes of a provider together; and no count keeps out who is signed in. Parts: account/limit TestParallel, account/signin
// attack_bruteforce_test.go (TestOneBudget, TestNoLockOut, TestOtherLimits, TestGuessingCodes, TestCountedThoughDisabled) and
// attack_flood_test.go (TestWideNetwork, TestInByMail).

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"madang/account"
)

// tally counts answers by what they mean.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *tally) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[what]++
}

// verdict is what an answer to a login means.
func verdict(a reply) string {
	switch {
	case a.status == http.StatusTooManyRequests:
		return "throttled"
	case a.status == http.StatusUnprocessableEntity, a.status == http.StatusUnauthorized:
		return "refused"
	case a.status == http.StatusOK:
		return "in"
	}
	return fmt.Sprintf("%d %s", a.status, a.body)
}

// TestParallelLogins sends many logins at once, with the address written in all kinds of ways, to every host that has the route.
// Exactly as many are looked at as are allowed.
func TestParallelLogins(t *testing.T) {
	h := open(t, withHosts)
	h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	ways := []string{"kim@example.com", "KIM@example.com", " kim@example.com", "Kim@Example.Com "}
	hosts := []string{"partner.barun.test", "admin.barun.test"}
	var c tally
	var wg sync.WaitGroup
	for i := range 40 {
		b := h.browse(hosts[i%2], "198.51.100.1")
		b.ask(http.MethodGet, "/sanctum/csrf-cookie", nil)
		r := b.request(http.MethodPost, "/login", values{"email": ways[i%4], "password": other})
		wg.Go(func() {
			a, err := send(r)
			if err != nil {
				t.Error(err)
				return
			}
			c.add(verdict(a))
		})
	}
	wg.Wait()
	if c.seen["refused"] != 5 || c.seen["throttled"] != 35 {
		t.Errorf("%v, and 5 attempts are allowed", c.seen)
	}
	b := h.browse("partner.barun.test", "198.51.100.1")
	if a := b.login("kim@example.com", password); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("the right password is let in behind the limit: %d %s %v", a.status, a.body, a.header)
	}
	if a := h.browse("partner.barun.test", "192.0.2.1").login("kim@example.com", password); a.status != http.StatusOK {
		t.Errorf("the owner, from elsewhere: %d %s", a.status, a.body)
	}
}

// TestOwnSuccessBuysNothing guesses another's password and signs in to an own account in between, which has undone counts
// elsewhere.
func TestOwnSuccessBuysNothing(t *testing.T) {
	h := open(t, "")
	h.browse("barun.test", "192.0.2.1").register("victim@example.com")
	h.browse("barun.test", "192.0.2.2").register("thief@example.com")
	refused := 0
	for range 8 {
		if verdict(h.browse("barun.test", "198.51.100.1").login("victim@example.com", other)) == "refused" {
			refused++
		}
		if a := h.browse("barun.test", "198.51.100.1").login("thief@example.com", password); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if refused != 5 {
		t.Errorf("%d passwords were tried", refused)
	}
}

// TestVictimIsNotLockedOut lets attempts come from many networks. The owner gets in where they are signed in, and anywhere by a
// link.
func TestVictimIsNotLockedOut(t *testing.T) {
	h := open(t, "")
	home := h.browse("barun.test", "192.0.2.1").register("victim@example.com")
	stopped := 0
	for i := range 60 {
		if verdict(h.browse("barun.test", fmt.Sprintf("198.51.100.%d", i)).login("victim@example.com", other)) == "throttled" {
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("nobody stops attempts from all over the world")
	}
	if a := h.browse("barun.test", home.ip).login("victim@example.com", password); a.status != http.StatusOK {
		t.Errorf("at home: %d %s", a.status, a.body)
	}
	abroad := h.browse("barun.test", "203.0.113.7")
	abroad.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": "victim@example.com"})
	abroad.must(http.StatusOK, http.MethodPost, "/reset-password", values{
		"token": h.resetToken("victim@example.com"), "email": "victim@example.com", "password": other, "password_confirmation": other,
	})
	if a := abroad.login("victim@example.com", other); a.status != http.StatusOK {
		t.Errorf("abroad, after a reset: %d %s", a.status, a.body)
	}
}

// TestCodesAreCountedByPerson guesses second factors from several sessions, networks and hosts at once: they share five tries.
func TestCodesAreCountedByPerson(t *testing.T) {
	h := open(t, withHosts)
	m := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	m.factor(password)
	var all []*http.Request
	for i := range 4 {
		b := h.browse([]string{"partner.barun.test", "admin.barun.test"}[i%2], fmt.Sprintf("198.51.100.%d", i))
		if a := b.login("kim@example.com", password); a.json("two_factor") != true {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for n := range 5 {
			all = append(all, b.request(http.MethodPost, "/two-factor-challenge", values{"code": fmt.Sprintf("%06d", 100*i+n)}))
		}
	}
	var c tally
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() {
			a, err := send(r)
			if err != nil {
				t.Error(err)
				return
			}
			c.add(verdict(a))
		})
	}
	wg.Wait()
	// One of five went for turning it on, or two if that code was just too old.
	if n := c.seen["refused"]; n < 3 || n > 4 || n+c.seen["throttled"] != 20 {
		t.Errorf("%v, and 5 codes may be tried", c.seen)
	}
}

// TestOwnPasswordIsCounted asks for the password on all routes that want it again: a session that was left open is no oracle.
func TestOwnPasswordIsCounted(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	routes := []struct {
		method, path string
		body         values
	}{
		{http.MethodPost, "/user/confirm-password", values{"password": other}},
		{http.MethodPut, "/user/password", values{"current_password": other, "password": "another good one", "password_confirmation": "another good one"}},
		{http.MethodDelete, "/user/other-browser-sessions", values{"password": other}},
		{http.MethodDelete, "/user", values{"password": other}},
	}
	var c tally
	for i := range 12 {
		r := routes[i%len(routes)]
		c.add(verdict(b.ask(r.method, r.path, r.body)))
	}
	if c.seen["refused"] != 5 || c.seen["throttled"] != 7 {
		t.Errorf("%v, and 5 passwords may be tried", c.seen)
	}
	if n := h.acts()[account.ActRefused]; n != 5 {
		t.Errorf("the audit log has %d of them", n)
	}
}

// TestAppsAreCountedTogether tries users' passwords by each way in that apps have: they share five tries.
func TestAppsAreCountedTogether(t *testing.T) {
	h := open(t, "")
	h.user("app@example.com")
	b := h.browse("barun.test", "198.51.100.1")
	b.bearer = "none" // no cookies are wanted
	refused := 0
	for i := range 12 {
		a := b.ask(http.MethodPost, loginRoutes()[i%len(loginRoutes())], values{"email": strings.ToUpper("app@example.com"), "userId": "app@example.com", "password": other})
		switch verdict(a) {
		case "refused":
			refused++
		case "throttled":
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if refused != 5 {
		t.Errorf("%d passwords were tried", refused)
	}
}
