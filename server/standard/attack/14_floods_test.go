//go:build unix

// Class 14, work that anybody can ask for without end: CVE-2026-24458 (Mattermost: passwords of any length were hashed).
//
// Here passwords have at most 1024 bytes, bodies 64 KiB (8 MiB with a photo), hashes wait for their turn, and what is written down
// for good is counted. Parts: account/signin TestLongPasswords, attack_flood_test.go, account/password TestTurns, shared
// TestMemoryIsBounded, account/laravel read_test.go.

package attack

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestLargeRequests sends what is too long, too deep or too much to every form.
func TestLargeRequests(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	long := strings.Repeat("x", 2000)
	if a := b.ask(http.MethodPut, "/user/password", values{"current_password": password, "password": long, "password_confirmation": long}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a long password: %d %s", a.status, a.body)
	}
	if a := h.browse("barun.test", "198.51.100.1").login("kim@example.com", password+strings.Repeat(" ", 2000)); verdict(a) != "refused" {
		t.Errorf("a long password: %d %s", a.status, a.body)
	}
	if a := h.browse("barun.test", "198.51.100.1").login(long+"@example.com", password); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a long address: %d %s", a.status, a.body)
	}
	for name, c := range map[string][2]string{
		"a large JSON":     {"application/json", `{"email":"` + strings.Repeat("x", 1<<20) + `"}`},
		"a large form":     {"application/x-www-form-urlencoded", "email=" + strings.Repeat("x", 1<<20)},
		"many fields":      {"application/x-www-form-urlencoded", strings.Repeat("a=b&", 10_000)},
		"a deep JSON":      {"application/json", strings.Repeat(`{"email":`, 20_000) + "1" + strings.Repeat("}", 20_000)},
		"a deep list":      {"application/json", `{"email":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}"},
		"many parts":       {"multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", 5000) + "--x--\r\n"},
		"a large part":     {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n" + strings.Repeat("x", 1<<20) + "\r\n--x--\r\n"},
		"headers in parts": {"multipart/form-data; boundary=x", "--x\r\n" + strings.Repeat("X-A: b\r\n", 100_000) + "\r\nb\r\n--x--\r\n"},
	} {
		for _, path := range []string{"/login", "/register", "/forgot-password", "/reset-password", "/two-factor-challenge", "/api/auth/login", "/api/auth/register"} {
			g := h.browse("barun.test", fmt.Sprintf("198.51.100.%d", len(name)+len(path)))
			a := g.forgery(http.MethodPost, path, c[0], c[1], http.Header{"Sec-Fetch-Site": {"same-origin"}})
			if a.status < 400 || a.status >= 500 {
				t.Errorf("%s, %s: %d %.200s", name, path, a.status, a.body)
			}
		}
	}
	if h.find("members", "kim@example.com").Name != "Kim" || !b.in() {
		t.Error("something has changed")
	}
}

// TestTypesAreForms sends values of every other type where texts are expected.
func TestTypesAreForms(t *testing.T) {
	h := open(t, "")
	for i, v := range []any{nil, 1, true, []string{"kim@example.com"}, values{"a": "b"}, []any{}, 1e308, []any{[]any{}}} {
		b := h.browse("barun.test", fmt.Sprintf("198.51.100.%d", i))
		for _, path := range []string{"/login", "/register", "/forgot-password", "/reset-password", "/two-factor-challenge", "/api/auth/login", "/api/auth/register"} {
			body := values{"name": v, "email": v, "password": v, "password_confirmation": v, "token": v, "code": v, "recovery_code": v, "remember": v, "terms": v, "_method": v, "_token": v}
			if a := b.ask(http.MethodPost, path, body); a.status < 400 || a.status >= 500 {
				t.Errorf("%s %v: %d %.200s", path, v, a.status, a.body)
			}
		}
	}
	for _, body := range []string{"", "null", "[]", `"x"`, "{", "\xff\xfe", `{"email":"\ud800"}`, `{"email":"a","email":"b"}`} {
		a := h.browse("barun.test", "203.0.113.1").forgery(http.MethodPost, "/login", "application/json", body, http.Header{"Sec-Fetch-Site": {"same-origin"}})
		if a.status < 400 || a.status >= 500 {
			t.Errorf("%q: %d %.200s", body, a.status, a.body)
		}
	}
	if bytes.Contains([]byte(h.log.String()), []byte("panic")) {
		t.Error("something panicked")
	}
}
