//go:build unix

// Class 12, answers that say who has an account: CVE-2026-23511 and GO-2024-3014 (Zitadel).
//
// Here routes for guests answer alike, to the byte, whether there is somebody or not, and cost the same work; what differs is
// done after the answer. Registering an address that is taken says so, as clients expect, and is counted by network. Parts:
// account/signin TestLoginTellsNothing (counts the hashes that are made), TestForgotTellsNothing, TestResetTellsNothing,
// account/password TestPretend.

package attack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// face is what a stranger sees of an answer: everything but what is random or counts.
func face(a reply) string {
	var names []string
	for name, v := range a.header {
		switch name {
		case "Date", "X-Request-Id", "X-Ratelimit-Remaining", "X-Ratelimit-Reset":
			continue
		case "Set-Cookie":
			for _, c := range a.cookies {
				names = append(names, fmt.Sprintf("cookie %s of %d bytes, %v", c.Name, len(c.Value), c.Expires.IsZero()))
			}
			continue
		}
		names = append(names, fmt.Sprint(name, v))
	}
	slices.Sort(names)
	return fmt.Sprint(a.status, a.body, names)
}

// TestStrangersSeeOneFace asks every route for guests about somebody, nobody, and all in between.
func TestStrangersSeeOneFace(t *testing.T) {
	h := open(t, "")
	h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	m := h.browse("barun.test", "192.0.2.2").register("two@example.com")
	m.factor(password)
	h.browse("barun.test", "192.0.2.3").register("out@example.com")
	out := h.find("members", "out@example.com")
	out.DisabledAt = p0()
	if _, err := h.store.SavePerson(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	h.user("app@example.com")
	people := []string{"kim@example.com", "two@example.com", "out@example.com", "app@example.com", "not@example.com"}
	for i, c := range []struct {
		path string
		body func(email string) values
	}{
		{"/login", func(e string) values { return values{"email": e, "password": other} }},
		{"/login", func(e string) values { return values{"email": e, "password": other, "remember": true} }},
		{"/forgot-password", func(e string) values { return values{"email": e} }},
		{"/reset-password", func(e string) values {
			return values{"email": e, "token": "x", "password": other, "password_confirmation": other}
		}},
		{"/api/auth/login", func(e string) values { return values{"email": e, "password": other} }},
		{"/two-factor-challenge", func(e string) values { return values{"email": e, "code": "123456"} }},
	} {
		for _, html := range []bool{false, true} {
			first := ""
			for j, email := range people {
				b := h.browse("barun.test", fmt.Sprintf("198.51.%d.%d", 2*i+map[bool]int{true: 1}[html], j))
				if html {
					b.header = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}}
					email = strings.Replace(email, "@example", "@EXAMPLE", 1)
				}
				if strings.HasPrefix(c.path, "/api/") {
					b.bearer = "none"
				}
				if c.path == "/forgot-password" && html {
					continue // the pause between two mails is not over; see the next test
				}
				got := strings.ReplaceAll(face(b.ask(http.MethodPost, c.path, c.body(email))), email, "EMAIL")
				if first == "" {
					first = got
				}
				if got != first {
					t.Errorf("%s, html %v: %s sees\n%s\nothers see\n%s", c.path, html, email, got, first)
				}
			}
		}
	}
}

// TestPausesTellNothing asks twice for a link: the pause is the same for nobody.
func TestPausesTellNothing(t *testing.T) {
	h := open(t, "")
	h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	var faces []string
	for i, email := range []string{"kim@example.com", "not@example.com"} {
		b := h.browse("barun.test", fmt.Sprintf("198.51.100.%d", i))
		b.must(http.StatusOK, http.MethodPost, "/forgot-password", values{"email": email})
		faces = append(faces, face(b.ask(http.MethodPost, "/forgot-password", values{"email": email})))
	}
	if faces[0] != faces[1] {
		t.Errorf("%s\n%s", faces[0], faces[1])
	}
}
