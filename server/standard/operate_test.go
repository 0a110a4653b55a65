//go:build unix

package standard_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madang/account/operator"
)

// accountsOn is a configuration with accounts, and without mail.
const accountsOn = `account:
  enabled: true
  url: http://127.0.0.1
  key: ` + accountKey + `
  web: {features: {reset_passwords: true, email_verification: false}}
  api: {features: {reset_passwords: false, email_verification: false}}
mail: {host: 127.0.0.1, port: 1, encryption: none, from: no-reply@barun.test}
`

// operate runs a command that prints JSON.
func operate[T any](t *testing.T, dir, in string, args ...string) (out T) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program(), append(args, "--json")...)
	var errs strings.Builder
	c.Dir, c.Env, c.Stdin, c.Stderr = dir, environment(), strings.NewReader(in), &errs
	b, err := c.Output()
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatalf("%v: %v\n%s\n%s", args, err, b, errs.String())
	}
	return out
}

// TestOperate does the same beside a running server and without one, and each sees what the other did.
func TestOperate(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, accountsOn)
	type person = struct {
		operator.Person
		Password, Link string
	}
	var p *process
	for _, running := range []bool{false, true, false} {
		if running {
			p = serve(t, dir, nil)
		}
		kim := operate[person](t, dir, "correct horse\n", "member", "add", "kim@barun.test", "--name", "김", "--role", "partner", "--password-stdin")
		if kim.ID == 0 || kim.Name != "김" || kim.VerifiedAt == nil || kim.Password != "" || !kim.HasPassword {
			t.Errorf("running %t: added %+v", running, kim)
		}
		lee := operate[person](t, dir, "", "user", "add", "lee@barun.test", "--generate", "--no-verified")
		if len(lee.Password) < 20 || lee.Name != "lee" || lee.VerifiedAt != nil || lee.Guard != "api" {
			t.Errorf("running %t: added %+v", running, lee)
		}
		park := operate[person](t, dir, "", "member", "add", "park@barun.test", "--link")
		if park.HasPassword || !strings.HasPrefix(park.Link, "http://127.0.0.1/reset-password/") {
			t.Errorf("running %t: added %+v", running, park)
		}
		if all := operate[[]operator.Person](t, dir, "", "member", "list"); len(all) != 2 || all[0].Email != "kim@barun.test" {
			t.Errorf("running %t: there are %+v", running, all)
		}
		if x := operate[person](t, dir, "", "member", "assign", "kim@barun.test", "--role", "admin"); len(x.Roles) != 1 || x.Roles[0] != "admin" {
			t.Errorf("running %t: assigned %+v", running, x)
		}
		if x := operate[person](t, dir, "", "member", "disable", "kim@barun.test"); x.DisabledAt == nil {
			t.Errorf("running %t: not disabled", running)
		}
		if r := operate[operator.Role](t, dir, "", "role", "put", "editor", "--permission", "update.templates"); r.Name != "editor" {
			t.Errorf("running %t: role %+v", running, r)
		}
		if r := operate[[]operator.Role](t, dir, "", "role", "list"); len(r) != 3 {
			t.Errorf("running %t: roles %+v", running, r)
		}
		operate[map[string]string](t, dir, "", "role", "delete", "editor")
		for _, who := range []string{"kim@barun.test", "park@barun.test"} {
			operate[operator.Person](t, dir, "", "member", "delete", who, "--yes")
		}
		operate[operator.Person](t, dir, "", "user", "delete", "lee@barun.test", "--yes")
		if log := operate[[]operator.Entry](t, dir, "", "audit", "--act", "deleted", "--limit", "3"); len(log) != 3 || log[0].By != "command: madang user delete" {
			t.Errorf("running %t: the audit log says %+v", running, log)
		}
		if running {
			p.stop(t)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data", operator.SocketName)); err == nil {
		t.Error("the server has gone and left its socket")
	}
}

// TestOperateRefuses checks what commands say when they cannot do it, and with which status they end.
func TestOperateRefuses(t *testing.T) {
	dir, without, fresh := t.TempDir(), t.TempDir(), t.TempDir()
	configure(t, dir, accountsOn)
	configure(t, without, "")
	for _, x := range []struct {
		dir, args string
		status    int
		want      string
	}{
		{dir, "member show nobody@barun.test", 1, "there is nobody nobody@barun.test for guard web"},
		{dir, "member add kim@barun.test --generate --role boss", 1, `no role "boss" for guard web; there are: admin, partner`},
		{dir, "member add kim --generate", 1, "valid email"},
		{dir, "member add kim@barun.test", 2, "--password-stdin"},
		{dir, "member add kim@barun.test --password-stdin", 1, "read the password"},
		{dir, "member add kim@barun.test --generate --link", 2, "can't be used together"},
		{dir, "member delete kim@barun.test", 2, "give --yes"},
		{dir, "member assign kim@barun.test", 2, "or --none"},
		{dir, "user link kim@barun.test", 1, "nobody kim@barun.test"},
		{without, "member list", 2, "account.enabled"},
		{fresh, "member list", 1, "start the server there first"},
	} {
		status, out, errs := command(t, x.dir, nil, strings.Fields(x.args)...)
		if status != x.status || out != "" || !strings.Contains(errs, x.want) {
			t.Errorf("%s: %d %q %q, want %d and %q", x.args, status, out, errs, x.status, x.want)
		}
	}
}

// TestOperateShowsNoTricks checks that a name does not move the cursor of who looks at it.
func TestOperateShowsNoTricks(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, accountsOn)
	operate[operator.Person](t, dir, "", "member", "add", "kim@barun.test", "--generate", "--name", "Kim \u202enimda")
	status, out, errs := command(t, dir, nil, "member", "list")
	if status != 0 || strings.Contains(out, "\u202e") || !strings.Contains(out, "Kim ?nimda") {
		t.Errorf("%d %q %q", status, out, errs)
	}
}

// TestFirstAdministrator opens the link of the welcome, and finds none at the next start.
func TestFirstAdministrator(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	link := ""
	for link == "" {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatalf("the welcome has no link: %v", err)
		}
		link = regexp.MustCompile(`http://\S+/setup/\S+`).FindString(line)
	}
	if !strings.HasPrefix(link, p.url+"/") {
		t.Errorf("the link %s is not the server's, %s", link, p.url)
	}
	form := url.Values{"name": {"김"}, "email": {"kim@barun.test"}, "password": {"correct horse"}, "password_confirmation": {"correct horse"}}
	for _, x := range []struct {
		link string
		want int
	}{{p.url + "/setup/guess", http.StatusNotFound}, {link, http.StatusOK}, {link, http.StatusNotFound}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.link, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Body.Close(); err != nil || a.StatusCode != x.want {
			t.Errorf("%s: %d %v, want %d", x.link, a.StatusCode, err, x.want)
		}
	}
	if all := operate[[]operator.Person](t, dir, "", "member", "list"); len(all) != 1 || len(all[0].Roles) != 1 || all[0].Roles[0] != "admin" {
		t.Errorf("there are %+v", all)
	}
	p.kill(t) // as a power cut: the administrator is there all the same, and the socket left behind does no harm
	p = serve(t, dir, nil)
	if all := operate[[]operator.Person](t, dir, "", "member", "list"); len(all) != 1 {
		t.Errorf("after kill -9 there are %+v", all)
	}
	if out := p.stop(t); strings.Contains(out, "/setup/") {
		t.Errorf("there is an administrator, and the welcome says\n%s", out)
	}
}
