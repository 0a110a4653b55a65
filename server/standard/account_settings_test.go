//go:build unix

package standard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// accountKey seals in tests.
const accountKey = "a-key-of-the-tests-that-is-long-enough"

// TestAccountSettings checks that what accounts cannot do without is asked for before the server starts.
func TestAccountSettings(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		want   []string // in the errors; none: it is good
	}{
		"nothing said": {"account: {enabled: true}", []string{
			"account: url: say where people find this server", "key: has 0 characters and needs at least 32",
			"account.web.features.reset_passwords: needs mail; set mail.host", "account.api.features.email_verification: needs mail",
		}},
		"off": {"account: {url: 'not looked at'}", nil},
		"good": {"account: {enabled: true, url: 'https://barun.test', key: " + accountKey + ", api: {url: 'https://app.barun.test'}}\n" +
			"mail: {host: mail.barun.test, from: no-reply@barun.test}", nil},
		"without mail": {"account:\n  enabled: true\n  url: https://barun.test\n  key: " + accountKey + "\n" +
			"  web: {features: {reset_passwords: false, email_verification: false}}\n" +
			"  api: {features: {reset_passwords: false, email_verification: false}}\n", nil},
		"hosts": {"account:\n  enabled: true\n  url: https://barun.test\n  key: " + accountKey + "\n" +
			"  hosts: {www: Barun.test, api: barun.test, sites: [{name: admin, host: admin.barun.test}]}\n" +
			"  home: //elsewhere.test\n  audit_kept: 1s\n  page: {downloads: [{name: App, url: 'javascript:alert(1)'}]}\n" +
			"mail: {host: mail.barun.test, from: no-reply@barun.test}", []string{
			`hosts: www: "Barun.test" is no name of a host`, "api: barun.test is base already", "sites[0]: needs a name, a host, and the role",
			"home: must be a path on this server", "audit_kept: must be at least 1h", "page.downloads[0]: needs a name and a url with https",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			configure(t, dir, c.config)
			status, out, errs := command(t, dir, nil, "config", "check")
			if len(c.want) == 0 && (status != 0 || errs != "") {
				t.Errorf("%d %s %s", status, out, errs)
			}
			for _, want := range c.want {
				if status != 2 || !strings.Contains(errs, want) {
					t.Errorf("%d: no %q in\n%s", status, want, errs)
				}
			}
		})
	}
}

// TestAccountsOfDevelopment checks that accounts are on without configuration, with a key that stays.
func TestAccountsOfDevelopment(t *testing.T) {
	dir := t.TempDir()
	read := func() string {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, "data", "development.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	serve(t, dir, nil).stop(t)
	first := read()
	if !strings.Contains(first, "account:\n  key: ") || strings.Contains(first, "enabled:") {
		t.Errorf("written down is\n%s", first)
	}
	serve(t, dir, nil).stop(t)
	if again := read(); again != first {
		t.Errorf("after a restart there is\n%s\nand before there was\n%s", again, first)
	}
	status, out, errs := command(t, dir, nil, "config", "show")
	if status != 0 || !strings.Contains(out, "enabled: true # development mode") {
		t.Errorf("%d %s\n%s", status, errs, out)
	}
}

// TestHomelessLinks checks that somebody is told of links that nothing takes, and nobody of others.
func TestHomelessLinks(t *testing.T) {
	for more, warned := range map[string]bool{
		"": false, "web: {enabled: false}\n": true,
		"account: {hosts: {base: barun.test}}\n": true, "account: {hosts: {api: api.barun.test}}\n": false,
	} {
		dir := t.TempDir()
		inner, isAccount := strings.CutPrefix(more, "account: {")
		if isAccount {
			more, inner = "", strings.TrimSuffix(inner, "}\n")+", "
		} else {
			inner = ""
		}
		configure(t, dir, "account: {"+inner+"enabled: true, url: 'https://barun.test', key: "+accountKey+"}\nmail: {host: mail.barun.test, from: no-reply@barun.test}\n"+more)
		status, _, errs := command(t, dir, nil, "config", "check")
		if status != 0 || strings.Contains(errs, "warning: account.api.url is not set") != warned {
			t.Errorf("%q %q: %d %s", inner, more, status, errs)
		}
	}
}

// TestMailsOfOnesOwn checks that a text whose name is no mail's is found when the server starts.
func TestMailsOfOnesOwn(t *testing.T) {
	dir, words := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(words, "rest.ko.txt"), []byte("제목\n\n{{.Link}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	configure(t, dir, "listen: 127.0.0.1:0\naccount: {enabled: true, url: 'https://barun.test', key: "+accountKey+
		", mails: '"+words+"', api: {url: 'https://app.barun.test'}}\nmail: {host: mail.barun.test, from: no-reply@barun.test}")
	status, out, errs := command(t, dir, nil, "serve")
	if want := `account.mails: mails: there is no mail for the file "rest.ko.txt"`; status == 0 || !strings.Contains(errs, want) {
		t.Errorf("%d %s: no %s in\n%s", status, out, want, errs)
	}
}
