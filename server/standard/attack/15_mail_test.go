//go:build unix

// Class 15, addresses that are more than one, or headers: CVE-2025-59937 (go-mail: a quoted local part became several
// recipients).
//
// Here an address is one of a narrow grammar before it is kept or written to, and mails have no header that a stranger typed.
// Parts: mail TestAddresses, FuzzAddress, mail/smtp TestRefused.

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestOneRecipient registers, asks for links and moves with addresses that a mail server might read as several or as headers.
func TestOneRecipient(t *testing.T) {
	h := open(t, "")
	m := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	before := len(h.mails.all())
	for i, address := range []string{
		"kim@example.com,evil@example.com", "kim@example.com;evil@example.com", "kim@example.com evil@example.com", "<evil@example.com>", "Kim <evil@example.com>", "kim@example.com, ",
		"\"evil@example.com> \"@example.com", "\"a b\"@example.com", "\"evil@example.com\\\" x\"@example.com", "kim@example.com\r\nBcc: evil@example.com", "kim\n@example.com", "kim@example.com\x00evil@example.com",
		"kim@example.com%0aBcc:evil@example.com", "kim@[127.0.0.1]", "kim@example.com(comment)", "(c)kim@example.com", "kim@@example.com", "kim", "@example.com", "kim@", "kim@exa mple.com", "kim@[IPv6:::1]", "=?utf-8?q?evil=40example.com?=",
		strings.Repeat("a", 65) + "@example.com" + strings.Repeat(".x", 150), "|/bin/sh@example.com -oQ/tmp",
	} {
		g := h.browse("barun.test", fmt.Sprintf("198.51.100.%d", i))
		for path, body := range map[string]values{
			"/register": {"name": "x", "email": address, "password": password, "password_confirmation": password, "terms": true}, "/forgot-password": {"email": address},
			"/api/auth/register": {"name": "x", "email": address, "password": password, "password_confirmation": password, "terms": true},
		} {
			if a := g.ask(http.MethodPost, path, body); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest && a.status != http.StatusTooManyRequests {
				t.Errorf("%s %q: %d %s", path, address, a.status, a.body)
			}
		}
	}
	for _, address := range []string{"a@example.com,b@example.com", "a@example.com\r\nBcc: b@example.com"} {
		if a := m.ask(http.MethodPut, "/user/profile-information", values{"name": "Kim", "email": address}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d %s", address, a.status, a.body)
		}
	}
	if a := m.ask(http.MethodPut, "/user/profile-information", values{"name": "Kim\r\nBcc: evil@example.com", "email": "kim@example.com"}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a name of two lines: %d %s", a.status, a.body)
	}
	if all := h.mails.all(); len(all) != before {
		t.Errorf("%d mails were sent: %+v", len(all)-before, all[before:])
	}
}

// TestMailGoesWhereItIsKept asks for a link with an address that only looks like the one that is kept: the Kelvin sign is a k
// in lower case. The mail goes to the one that is kept.
func TestMailGoesWhereItIsKept(t *testing.T) {
	h := open(t, "")
	h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	h.browse("barun.test", "192.0.2.2").ask(http.MethodPost, "/forgot-password", values{"email": "\u212Aim@example.com"})
	h.browse("barun.test", "192.0.2.3").ask(http.MethodPost, "/forgot-password", values{"email": "nobody@example.com"})
	h.browse("barun.test", "192.0.2.4").register("last@example.com")
	for _, l := range h.mails.all() {
		if l.to != "kim@example.com" && l.to != "last@example.com" {
			t.Errorf("a mail to %q", l.to)
		}
	}
}
