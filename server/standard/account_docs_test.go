//go:build unix

package standard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madang/account/fortify"
)

// TestRoutesAreDocumented compares the table of docs/accounts.md with the routes. With UPDATE_DOCS=1 it writes it.
func TestRoutesAreDocumented(t *testing.T) {
	const file, begin, end = "../../docs/accounts.md", "<!-- routes: checked by a test -->\n", "<!-- /routes -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(b), begin)
	table, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the table is not there")
	}
	var want strings.Builder
	want.WriteString("| name | method | path | middleware |\n|---|---|---|---|\n")
	for _, r := range fortify.Names() {
		fmt.Fprintf(&want, "| %s | %s | `%s` | %s |\n", r.Name, r.Method, r.Path, r.Middleware)
	}
	if table == want.String() {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("the table is not that of the routes; run this test with UPDATE_DOCS=1\n%s", want.String())
	}
	if err := os.WriteFile(file, []byte(head+begin+want.String()+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExample checks the example's configuration, and starts a server with it.
func TestExample(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/accounts")); err != nil {
		t.Fatal(err)
	}
	env := []string{"MADANG_ACCOUNT_KEY=" + accountKey, "MADANG_MAIL_PASSWORD=hush", "MADANG_APPS=barun:barun-key:the-secret-of-barun"}
	status, out, errs := command(t, dir, env, "config", "check")
	if status != 0 || errs != "" {
		t.Fatalf("%d %s %s", status, out, errs)
	}
	p := serve(t, dir, append(env, "MADANG_DRAIN_GRACE=0s", "MADANG_DRAIN_SPREAD=0s"))
	b := newBrowser(t, p.url)
	if a := b.at("https://barun.test").must(200, "GET", "/", nil); !strings.Contains(a.body, "바른") {
		t.Errorf("the base shows %s", a.body)
	}
	admin := b.at("https://admin.barun.test")
	if a := admin.must(200, "GET", "/login", nil, "Accept", "text/html"); !strings.Contains(a.body, "Admin/Auth/Login") {
		t.Errorf("the page to sign in is %.300s", a.body)
	}
	if a := admin.must(200, "GET", "/terms-of-service", nil, "Accept", "text/html"); !strings.Contains(a.body, "Terms of Service") {
		t.Errorf("the terms are %.300s", a.body)
	}
	set := admin.must(204, "GET", "/sanctum/csrf-cookie", nil).header["Set-Cookie"]
	if len(set) == 0 || !strings.Contains(strings.Join(set, "\n"), "Secure") {
		t.Errorf("behind https cookies are %q", set)
	}
	b.at("https://api.barun.test").must(401, "GET", "/api/user", nil)
	p.stop(t)
	file := filepath.Join(dir, "data", "first-administrator")
	link, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(link), "https://admin.barun.test/setup/") {
		t.Errorf("there is no link for the first administrator: %s, %v", link, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v, %v", info, err)
	}
	if log := p.errors.String(); strings.Contains(log, strings.TrimSpace(string(link))) || !strings.Contains(log, "first-administrator") {
		t.Errorf("the log should say where the link is, and not the link:\n%s", log)
	}
}
