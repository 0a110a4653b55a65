package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"madang/server"
	"madang/server/cli"
)

// own is a command that an assembly adds.
type own struct {
	Times int    `default:"1"`
	Word  string `arg:""`
}

func (o *own) Run(c *cli.Context) error {
	set, err := c.Load()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.Stdout, strings.Repeat(o.Word, o.Times), set.Listen)
	return err
}

func run(t *testing.T, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	p := cli.Program{
		Assembly: server.Assembly{}, Commands: append(cli.Commands(), cli.Command{Name: "own", Help: "Its own.", Grammar: &own{}}),
		Args: args, Env: env, Stdout: &out, Stderr: &errors,
	}
	return p.Run(t.Context(), t.Context()), out.String(), errors.String()
}

func TestCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("bad.yaml", []byte("lisen: x\nlog: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		env    string
		status int
		stdout string // part of it
		stderr string // all of it
	}{
		{"own --times 2 ho --set listen=:1", "", 0, "hoho :1\n", ""},
		{"--set listen=:1 own ho", "", 0, "ho :1\n", ""},
		{"own", "", 2, "", "madang: expected \"<word>\"; see madang --help\n"},
		{"--help", "", 0, "config check", ""},
		{"own --help", "", 0, "Its own.", ""},
		{"nothing", "", 2, "", "madang: unexpected argument nothing; see madang --help\n"},
		{"--set x config check", "", 2, "", "madang: --set x: expected key=value\n"},
		{"--set lissten=1 config check", "", 2, "", "madang: --set lissten: unknown key \"lissten\"; did you mean listen?\n"},
		{"config check", "", 0, "development mode", ""},
		{"config check --set log.level=loud", "MADANG_LISTN=1", 2, "", "madang: warning: MADANG_LISTN: ignored, there is no such setting; did you mean MADANG_LISTEN?\n" +
			"madang: --set log.level: log.level: \"loud\" is not one of debug, info, warn, error\n"},
		{"config check --set listen=here", "MADANG_LISTN=1", 2, "", "madang: warning: MADANG_LISTN: ignored, there is no such setting; did you mean MADANG_LISTEN?\n" +
			"madang: listen: \"here\" is not host:port, such as 127.0.0.1:8080 or :8080 for all addresses\n"},
		{"config check", "MADANG_LISTN=1", 0, "ok", "madang: warning: MADANG_LISTN: ignored, there is no such setting; did you mean MADANG_LISTEN?\n"},
		{"config check", "MADANG_DRAIN_GRACE=1s", 0, "ok: configured by the environment", ""},
		{"config check --config bad.yaml", "", 2, "", "madang: bad.yaml:1: lisen: unknown key; did you mean listen?\n" +
			"madang: bad.yaml:2: log.level: \"loud\" is not one of debug, info, warn, error\n"},
		{"config show", "MADANG_REDIS_URL=redis://me:hush@db:1/0", 0, "url: redis://me:xxxxx@db:1/0 # env MADANG_REDIS_URL\n", ""},
		{"config env", "", 0, "MADANG_DRAIN_GRACE", ""},
		{"config doc", "", 0, "| `apps[].webhooks[].url` | text | | | Gets a POST", ""},
		{"config doc", "", 0, "| `drain.grace` | duration | `5s` | `MADANG_DRAIN_GRACE` |", ""},
		{"version", "", 0, "madang ", ""},
		{"token --user ann", "", 1, "", "madang: this program has no secret of its own to sign tokens with; let your backend sign them\n"},
		{"token", "", 2, "", "madang: missing flags: --user=ID; see madang --help\n"},
		{"serve --listen here", "", 2, "", "madang: listen: \"here\" is not host:port, such as 127.0.0.1:8080 or :8080 for all addresses\n"},
	} {
		status, out, errors := run(t, []string{c.env}, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out, c.stdout) || c.stdout == "" && out != "" || errors != c.stderr {
			t.Errorf("%s %s: %d\n%s\n%s\nwant %d\n%s\n%s", c.env, c.args, status, out, errors, c.status, c.stdout, c.stderr)
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
		t.Errorf("something was written: %v, %v", entries, err)
	}
}
