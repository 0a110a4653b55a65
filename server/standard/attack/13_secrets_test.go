//go:build unix

// Class 13, secrets that everybody knows, and what is built on them: CVE-2026-33503 (Kratos) and CVE-2026-33504 (Hydra): with the
// default secret a page token could be forged, and was part of a statement of SQL.
//
// Here there are no default secrets: a server that is configured and lacks one does not start. Statements are constant texts with
// parameters. Parts: server/standard TestAccountSettings, account/seal TestSeal, store/sqlite TestPlans.

package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madang/server"
	"madang/server/standard"
)

// TestNoDefaultSecrets leaves out each secret, and gives weak ones.
func TestNoDefaultSecrets(t *testing.T) {
	load := func(edit func(string) string) error {
		file := filepath.Join(t.TempDir(), "madang.yaml")
		if err := os.WriteFile(file, []byte(edit(strings.Replace(common, "PORT", "25", 1))), 0o600); err != nil {
			t.Fatal(err)
		}
		a := standard.Assembly()
		_, err := a.Load(server.Source{File: file})
		return err
	}
	if err := load(func(s string) string { return s }); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(string) string{
		"no account key":  func(s string) string { return strings.Replace(s, "  key: "+accountKey, "", 1) },
		"a short one":     func(s string) string { return strings.Replace(s, accountKey, "secret", 1) },
		"a short JWT one": func(s string) string { return strings.Replace(s, jwtSecret, "secret", 1) },
		"no app's secret": func(s string) string { return strings.Replace(s, ", secret: "+appSecret, "", 1) },
		"no url":          func(s string) string { return strings.Replace(s, "  url: https://barun.test", "", 1) },
		"cheap hashes": func(s string) string {
			return strings.Replace(s, "memory: 8192, passes: 5", "memory: 64, passes: 1", 1)
		},
		"everybody trusted": func(s string) string { return strings.Replace(s, "127.0.0.1/32", "everybody", 1) },
	} {
		if err := load(edit); err == nil {
			t.Errorf("%s: the server would start", name)
		} else if strings.Contains(err.Error(), accountKey) || strings.Contains(err.Error(), jwtSecret) {
			t.Errorf("%s: the error has a secret in it: %v", name, err)
		}
	}
}

// TestStatementsAreConstant puts SQL into every field and path, and looks whether anything is different afterwards.
func TestStatementsAreConstant(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	for i, sql := range []string{"' OR '1'='1", "'; DROP TABLE people; --", `" OR ""="`, "kim@example.com' --", "%", "_", "\\", "1 OR 1=1", "x' UNION SELECT 1,2,3 --", "\x00", "kim@example.com\x00", "${7*7}", "{{7*7}}"} {
		guest := h.browse("barun.test", fmt.Sprintf("198.51.100.%d", i))
		for path, body := range map[string]values{
			"/login": {"email": sql, "password": sql}, "/api/auth/login": {"email": sql, "password": sql}, "/forgot-password": {"email": sql},
			"/reset-password": {"email": sql, "token": sql, "password": sql + "12345678", "password_confirmation": sql + "12345678"}, "/two-factor-challenge": {"code": sql, "recovery_code": sql},
		} {
			if a := guest.ask(http.MethodPost, path, body); a.status < 400 || a.status >= 500 {
				t.Errorf("%s %q: %d %s", path, sql, a.status, a.body)
			}
		}
		for _, path := range []string{"/user/api-tokens/", "/email/verify/1/", "/email/verify/", "/storage/profile-photos/"} {
			if a := b.ask(http.MethodGet, path+url.PathEscape(sql), nil); a.status >= 500 || a.status == http.StatusNoContent {
				t.Errorf("%s%q: %d %s", path, sql, a.status, a.body)
			}
		}
	}
	if !b.in() || h.find("members", "kim@example.com").Name != "Kim" {
		t.Error("something has changed")
	}
}
