package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madang/server"
	"madang/server/cli"
)

// echoRun runs a command of laravel-echo-server in the working directory.
func echoRun(t *testing.T, called, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := cli.Program{
		Assembly: server.Assembly{}, Commands: cli.Commands(), Called: called, Args: args,
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
	}
	return p.Run(t.Context(), t.Context()), out.String(), errs.String()
}

func readConfig(t *testing.T, name string) (c struct {
	AuthHost, Protocol, SSLCertPath string
	Port                            string
	DevMode                         bool
	Clients                         []struct{ AppID, Key string }
	DatabaseConfig                  struct{ Redis map[string]string }
	APIOriginAllow                  struct {
		AllowCors   bool
		AllowOrigin string
	}
}) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return c
}

func TestEchoInit(t *testing.T) {
	t.Chdir(t.TempDir())
	if status, out, errs := echoRun(t, "", "", "echo", "init", "--no-interaction"); status != 0 || errs != "" || !strings.Contains(out, "Run madang echo start to run server") {
		t.Errorf("%d %s %s", status, out, errs)
	}
	c := readConfig(t, "laravel-echo-server.json")
	if c.Port != "6001" || c.AuthHost != "http://localhost" || c.Protocol != "http" || c.DatabaseConfig.Redis["keyPrefix"] != "laravel_database_" || len(c.Clients) != 0 {
		t.Errorf("%+v", c)
	}
	info, err := os.Stat("laravel-echo-server.json")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a file that holds keys: %v, %v", info.Mode(), err)
	}
	if status, _, errs := echoRun(t, "", "", "echo", "init", "-n"); status != 1 || !strings.Contains(errs, "is already there") {
		t.Errorf("%d %s", status, errs)
	}
	if status, _, errs := echoRun(t, "", "", "echo", "init", "-n", "--force", "--port=70000"); status != 2 || !strings.Contains(errs, "port: expected a port") {
		t.Errorf("%d %s", status, errs)
	}
	if again := readConfig(t, "laravel-echo-server.json"); again.Port != "6001" {
		t.Error("answers that cannot be obeyed have been written")
	}
}

// TestEchoInitAsks answers the questions, in the order in which they come.
func TestEchoInitAsks(t *testing.T) {
	t.Chdir(t.TempDir())
	answers := "y\n7001\nredis\n\napp_\nhttps://app.test\nhttps\ncert.pem\nkey.pem\nyes\ny\nhttps://page.test\n\n\n"
	status, out, errs := echoRun(t, "laravel-echo-server", answers, "configure", "--config", "own.json")
	if status != 0 || errs != "" || !strings.Contains(out, "Run laravel-echo-server start --config=own.json to run") {
		t.Fatalf("%d %s %s", status, out, errs)
	}
	c := readConfig(t, "own.json")
	if !c.DevMode || c.Port != "7001" || c.DatabaseConfig.Redis["host"] != "redis" || c.DatabaseConfig.Redis["port"] != "6379" ||
		c.DatabaseConfig.Redis["keyPrefix"] != "app_" || c.AuthHost != "https://app.test" || c.Protocol != "https" || c.SSLCertPath != "cert.pem" ||
		!c.APIOriginAllow.AllowCors || c.APIOriginAllow.AllowOrigin != "https://page.test" || len(c.Clients) != 1 {
		t.Fatalf("%+v", c)
	}
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(c.Clients[0].AppID) || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(c.Clients[0].Key) ||
		!strings.Contains(out, "appId: "+c.Clients[0].AppID) || !strings.Contains(out, "key: "+c.Clients[0].Key) {
		t.Errorf("%+v %s", c.Clients, out)
	}
	for stdin, want := range map[string]string{
		"":                         "nobody answers; give flags",
		"n\n":                      "nobody answers; give flags",
		"maybe\n":                  `"maybe" is neither y nor n`,
		"\n\n\n\n\n\nhtps\n\n\n\n": `the protocol is http or https, not "htps"`,
	} {
		status, _, errs := echoRun(t, "", stdin, "echo", "init")
		if _, err := os.Stat("laravel-echo-server.json"); status != 2 || !strings.Contains(errs, want) || err == nil {
			t.Errorf("%q: %d %s, %v", stdin, status, errs, err)
		}
	}
}

func TestEchoClients(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "real.json")
	if err := os.WriteFile(name, []byte(`{"port": "6001", "headers": {"X-Own": "1"}}`), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.json", filepath.Join(dir, "laravel-echo-server.json")); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, step := range []struct {
		args   string
		status int
		stdout string
		stderr string
	}{
		{"client:add shop", 0, "API Client added!\nappId: shop\nkey: ", ""},
		{"client:add shop", 0, "API Client updated!\nappId: shop\nkey: ", ""},
		{"client:add", 0, "API Client added!\nappId: ", ""},
		{"client:remove nobody", 1, "", `there is no client "nobody"; nothing was changed`},
		{"client:remove shop", 0, "Client removed: shop\n", ""},
		{"client:remove", 2, "", "expected"},
	} {
		status, out, errs := echoRun(t, "laravel-echo-server", "", append(strings.Fields(step.args), "--dir", dir)...)
		if status != step.status || !strings.HasPrefix(out, step.stdout) || !strings.Contains(errs, step.stderr) {
			t.Errorf("%s: %d %s %s", step.args, status, out, errs)
		}
		if _, key, ok := strings.Cut(out, "key: "); ok {
			if keys[key] {
				t.Errorf("%s: the key has been there before", step.args)
			}
			keys[key] = true
		}
	}
	if c := readConfig(t, name); len(c.Clients) != 1 || c.Clients[0].AppID == "shop" {
		t.Errorf("%+v", c.Clients)
	}
	text, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(text), "\"headers\": {\n\t\t\"X-Own\": \"1\"\n\t}") {
		t.Errorf("%v\n%s", err, text)
	}
	info, err := os.Lstat(filepath.Join(dir, "laravel-echo-server.json"))
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link has become a file: %v, %v", info, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode has changed: %v, %v", info, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestEchoErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("bad.json", []byte("{\n\"port\": 1,\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"echo start":                        "make one with madang echo init",
		"echo client:add":                   "make one with madang echo init, or name it with --config",
		"echo client:add --config bad.json": "bad.json: line 3: not valid JSON",
		"echo stop":                         "no server is running with this configuration file: could not find the lock file laravel-echo-server.lock",
		"serve --echo-config bad.json":      "--echo-config: this program has no parts that do what laravel-echo-server does",
		"config check --echo-config x.json": "--echo-config: this program has no parts",
	} {
		if status, out, errs := echoRun(t, "", "", strings.Fields(args)...); status == 0 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s %s", args, status, out, errs)
		}
	}
}
