//go:build unix

// Class 6, second factors that are passed by: CVE-2024-45042 (Kratos: a level that was not asked for), CVE-2025-64103 and
// CVE-2024-28197 (Zitadel: a factor that was not checked; a session that was planted), CVE-2025-55070 (Mattermost: not asked for
// on WebSocket), CVE-2022-25838 (Fortify: a code that was used twice; the code of the next window still can be there).
//
// Here who owes a second factor is nobody yet, on every route and on every socket; each code's step is used up as it is
// accepted; the session's id changes at each step up. Parts: account/signin TestHalfSignedIn, TestCodeOnce,
// TestCodeOnceEverywhere, TestFixation, TestOneCodeInParallel, account/totp TestMatch.

package attack

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// TestHalfInIsNobody knows the password and not the code, and asks for everything.
func TestHalfInIsNobody(t *testing.T) {
	h := open(t, "")
	owner := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	owner.factor(password)
	half := h.browse("barun.test", "198.51.100.1")
	if a := half.login("kim@example.com", password); a.json("two_factor") != true {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for path, methods := range map[string][]string{
		"/user/confirmed-password-status": {"GET"}, "/user/profile-information": {"PUT"}, "/user/password": {"PUT"}, "/user/confirm-password": {"POST"},
		"/user/two-factor-authentication": {"POST", "DELETE"}, "/user/two-factor-qr-code": {"GET"}, "/user/two-factor-secret-key": {"GET"},
		"/user/two-factor-recovery-codes": {"GET", "POST"}, "/user/confirmed-two-factor-authentication": {"POST"}, "/user/api-tokens": {"POST"},
		"/user/other-browser-sessions": {"DELETE"}, "/user/profile-photo": {"DELETE"}, "/user": {"DELETE"}, "/api/user": {"GET"}, "/logout": {"POST"},
		"/email/verification-notification": {"POST"}, "/broadcasting/auth": {"POST"},
	} {
		for _, method := range methods {
			a := half.clone().ask(method, path, values{"password": password, "current_password": password, "name": "x", "email": "x@example.com", "code": "000000",
				"channel_name": "private-user.1", "socket_id": "1.1"})
			if a.status < 400 && !(path == "/logout" && a.status == http.StatusNoContent) && a.status != http.StatusFound {
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
			}
		}
	}
	if !owner.in() {
		t.Error("the owner is out")
	}
	if h.find("members", "kim@example.com").Name != "Kim" {
		t.Error("somebody has changed the name")
	}
}

// TestCodeIsUsedOnce shows a code again: at once, in parallel, in the window after, on another route, and to turn the factor off.
func TestCodeIsUsedOnce(t *testing.T) {
	h := open(t, "")
	owner := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	secret, _ := owner.factor(password)
	half := func(ip string) *browser {
		b := h.browse("barun.test", ip)
		if a := b.login("kim@example.com", password); a.json("two_factor") != true {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return b
	}
	next := codeAt(owner, secret, +1) // of the next window, which is accepted for clocks that are fast
	var in atomic.Int64
	var all []*http.Request
	for range 4 {
		all = append(all, half("198.51.100.1").request(http.MethodPost, "/two-factor-challenge", values{"code": next}))
	}
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() {
			a, err := send(r)
			if err != nil {
				t.Error(err)
			}
			if a.status == http.StatusNoContent {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d were let in by one code", in.Load())
	}
	for _, code := range []string{next, codeAt(owner, secret, 0), codeAt(owner, secret, -1)} { // those before are over with it
		if a := half("198.51.100.2").ask(http.MethodPost, "/two-factor-challenge", values{"code": code}); a.status == http.StatusNoContent {
			t.Errorf("%s was accepted again: %d %s", code, a.status, a.body)
		}
	}
}

// TestRecoveryCodeIsUsedOnce does the same with a recovery code.
func TestRecoveryCodeIsUsedOnce(t *testing.T) {
	h := open(t, "")
	_, recovery := h.browse("barun.test", "192.0.2.1").register("kim@example.com").factor(password)
	var wg sync.WaitGroup
	var in atomic.Int64
	for range 5 {
		b := h.browse("barun.test", "198.51.100.1")
		if a := b.login("kim@example.com", password); a.json("two_factor") != true {
			t.Fatalf("%d %s", a.status, a.body)
		}
		r := b.request(http.MethodPost, "/two-factor-challenge", values{"recovery_code": recovery[0]})
		wg.Go(func() {
			a, err := send(r)
			if err != nil {
				t.Error(err)
			}
			if a.status == http.StatusNoContent {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d were let in by one code", in.Load())
	}
}

// TestPlantedSession puts ids into a browser that somebody else knows, and looks at which of them are good after each step up.
func TestPlantedSession(t *testing.T) {
	h := open(t, "")
	owner := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	secret, _ := owner.factor(password)
	thief := h.browse("barun.test", "198.51.100.1").register("thief@example.com")
	name, planted := thief.session()

	// A session of the thief's, and one that nobody has, are planted into the victim's browser. Neither survives the login.
	for _, value := range []string{planted, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		victim := h.browse("barun.test", "192.0.2.9")
		victim.cookies[name] = value
		if value == planted {
			victim.must(http.StatusNoContent, http.MethodPost, "/logout", nil)
			victim.cookies[name] = planted
		}
		victim.cookies["XSRF-TOKEN"] = ""
		victim.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
		if a := victim.login("kim@example.com", password); a.json("two_factor") != true {
			t.Fatalf("%d %s", a.status, a.body)
		}
		_, pending := victim.session()
		code := codeAt(owner, secret, 0)
		if value != planted {
			code = codeAt(owner, secret, +1)
		}
		victim.must(http.StatusNoContent, http.MethodPost, "/two-factor-challenge", values{"code": code})
		_, in := victim.session()
		victim.must(http.StatusCreated, http.MethodPost, "/user/confirm-password", values{"password": password})
		_, sure := victim.session()
		if in == pending || in == value || pending == value || sure == in || in == "" {
			t.Errorf("the session's id did not change: %q %q %q %q", value, pending, in, sure)
		}
		for _, old := range []string{value, pending, in} {
			b := h.browse("barun.test", "198.51.100.1")
			b.cookies[name] = old
			if b.in() {
				t.Error("an id from before signs somebody in")
			}
		}
	}
}
