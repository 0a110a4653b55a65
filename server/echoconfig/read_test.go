package echoconfig_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"madang/internal/config"
	"madang/server/echoconfig"
)

// rewrite makes the golden files anew: go test ./server/echoconfig -rewrite, and read the difference.
var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// keys are some whose origins the golden files show.
func keys() []string {
	return []string{
		"authHost", "clients", "databaseConfig.redis", "databaseConfig.redis.host", "databaseConfig.redis.password", "devMode",
		"host", "port", "socketio.pingInterval", "sslCertPath", "subscribers",
	}
}

// describe writes all that was read.
func describe(c *echoconfig.Config, err error) string {
	var b strings.Builder
	for _, w := range c.Warnings {
		fmt.Fprintf(&b, "warning: %v\n", w)
	}
	if err != nil {
		fmt.Fprintf(&b, "refused: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nrefused: "))
	}
	for _, k := range keys() {
		if c.Given(k) {
			fmt.Fprintf(&b, "from %s\n", c.Origin(k))
		}
	}
	shown := *c
	shown.Warnings = nil
	text, err := json.MarshalIndent(shown, "", " ")
	if err != nil {
		return err.Error()
	}
	fmt.Fprintf(&b, "listen %s\n%s\n", c.Listen(), text)
	return b.String()
}

// TestRead compares what is made of files with what is known to be right. The file init.json is what laravel-echo-server
// itself writes when all its questions are answered with return.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/read/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		src := echoconfig.Source{Name: filepath.Base(name), File: text, Env: []string{"LARAVEL_ECHO_SERVER_PROTO=", "HOME=/"}}
		if src.DotEnv, err = os.ReadFile(strings.TrimSuffix(name, ".json") + ".env"); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		got := describe(echoconfig.Read(src))
		golden := strings.TrimSuffix(name, ".json") + ".golden"
		if *rewrite {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", name, err, got, want)
		}
		if strings.Contains(got, "hush") {
			t.Errorf("%s: a secret is shown:\n%s", name, got)
		}
	}
}

// TestEnvironment goes over the file and over .env, as dotenv does.
func TestEnvironment(t *testing.T) {
	c, err := echoconfig.Read(echoconfig.Source{
		Name: "x.json", File: []byte(`{"databaseConfig": {"redis": "redis://a:1"}, "clients": null}`),
		Env:    []string{"LARAVEL_ECHO_SERVER_PORT=7001", "LARAVEL_ECHO_SERVER_REDIS_HOST=b", "LARAVEL_ECHO_SERVER_AUTH_HOST=https://${WHERE}:8000", "WHERE=app.test"},
		DotEnv: []byte("LARAVEL_ECHO_SERVER_PORT=7002\nLARAVEL_ECHO_SERVER_HOST=0.0.0.0\nWHERE=other.test\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen() != "0.0.0.0:7001" || !slices.Equal(c.AuthHosts, []string{"https://app.test:8000"}) || c.Redis.Host != "a" {
		t.Errorf("%+v", c)
	}
	if c.Origin("port") != "env LARAVEL_ECHO_SERVER_PORT" || c.Origin("host") != ".env: LARAVEL_ECHO_SERVER_HOST" ||
		c.Origin("devMode") != "x.json: default of devMode" {
		t.Errorf("%s, %s, %s", c.Origin("port"), c.Origin("host"), c.Origin("devMode"))
	}
	if len(c.Warnings) == 0 || !strings.Contains(c.Warnings.Error(), "redis in the file is no object") {
		t.Errorf("%v", c.Warnings)
	}
}

// TestAuthHostFallsBack follows the code of laravel-echo-server where authHost is empty, and its documentation where it
// is missing.
func TestAuthHostFallsBack(t *testing.T) {
	for _, x := range []struct{ file, env, want string }{
		{`{}`, "", "http://localhost"},
		{`{"host": "app.test"}`, "", "http://localhost"},
		{`{"host": "app.test", "authHost": ""}`, "", "http://app.test"},
		{`{"host": null, "authHost": ""}`, "", "http://localhost"},
		{`{"authHost": null}`, "LARAVEL_ECHO_SERVER_HOST=app.test", "http://app.test"},
		{`{}`, "LARAVEL_ECHO_SERVER_HOST=::", "http://localhost"},
		{`{"authHost": "http://x"}`, "LARAVEL_ECHO_SERVER_HOST=app.test", "http://x"},
	} {
		c, err := echoconfig.Read(echoconfig.Source{Name: "x", File: []byte(x.file), Env: []string{x.env}})
		if err != nil || !slices.Equal(c.AuthHosts, []string{x.want}) {
			t.Errorf("%s %s: %v, %v", x.file, x.env, c.AuthHosts, err)
		}
	}
}

func TestReadFile(t *testing.T) {
	dir, work := t.TempDir(), t.TempDir()
	t.Chdir(work)
	name := filepath.Join(dir, "e.json")
	for path, text := range map[string]string{name: `{"port": 1234}`, filepath.Join(work, ".env"): "LARAVEL_ECHO_SERVER_PORT=2345\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := echoconfig.ReadFile(name, nil); err != nil || c.Port != 2345 {
		t.Errorf("%+v, %v: the .env of the working directory counts if the folder has none", c, err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("LARAVEL_ECHO_SERVER_PORT=3456"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := echoconfig.ReadFile(name, nil); err != nil || c.Port != 3456 {
		t.Errorf("%+v, %v: the .env beside the file counts", c, err)
	}
	if _, err := echoconfig.ReadFile("gone.json", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestHostile has files that nobody writes by mistake.
func TestHostile(t *testing.T) {
	for want, file := range map[string]string{
		"more than 1048576: this is no configuration file":                   `{"a": "` + strings.Repeat("x", 1<<20) + `"}`,
		"too many objects inside each other":                                 `{"a": ` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
		`x:1: "forged\nx:1: port": is unknown and has no effect`:             `{"forged\nx:1: port": 1}`,
		"__proto__: is unknown":                                              `{"__proto__": {"devMode": true}}`,
		"host: is where this server listens":                                 `{"host": "a b"}`,
		"databaseConfig.redis: begins with javascript://":                    `{"databaseConfig": {"redis": "javascript://a"}}`,
		"databaseConfig.redis: is no address such as redis://:password@":     `{"databaseConfig": {"redis": "redis://:hush@[::1"}}`,
		"databaseConfig.redis: has no valid port":                            `{"databaseConfig": {"redis": "redis://a:99999"}}`,
		"databaseConfig.redis.port: expected a whole number from 1 to 65535": `{"databaseConfig": {"redis": {"port": 1e400}}}`,
		"databaseConfig.redis: is a list, expected options":                  `{"databaseConfig": {"redis": []}}`,
		"databaseConfig: is a text, expected an object":                      `{"databaseConfig": "hush"}`,
		"socketio.maxHttpBufferSize: expected a whole number":                `{"socketio": {"maxHttpBufferSize": 99999999999999999999}}`,
	} {
		c, err := echoconfig.Read(echoconfig.Source{Name: "x", File: []byte(file)})
		text := c.Warnings.Error()
		if err != nil {
			text += "\n" + err.Error()
		}
		if !strings.Contains(text, want) || strings.Contains(text, "hush") {
			t.Errorf("%.60s: %s, want %s", file, text, want)
		}
		if c.DevMode {
			t.Errorf("%.60s was obeyed", file)
		}
	}
}

// FuzzRead reads anything: it ends, shows no line that is not there, and what it takes can be written and read again.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/read/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("LARAVEL_ECHO_SERVER_REDIS_HOST=${A}\nA='b'"))
	}
	f.Add([]byte(strings.Repeat(`{"a":[`, 40)), []byte("export A=${"))
	f.Fuzz(func(t *testing.T, text, dotEnv []byte) {
		src := echoconfig.Source{Name: "x", File: text, DotEnv: dotEnv}
		first, err := echoconfig.Read(src)
		lines := 1 + bytes.Count(text, []byte("\n"))
		problems, _ := errors.AsType[config.Problems](err)
		for _, p := range append(slices.Clone(first.Warnings), problems...) {
			if p.Line > lines || p.Text == "" {
				t.Errorf("%v: the file has %d lines", p, lines)
			}
		}
		if first.Port < 1 || first.Port > 65535 || len(first.AuthHosts) == 0 || len(first.Engine.Transports) == 0 {
			t.Errorf("incomplete: %+v", first)
		}
		d, err := echoconfig.Open(text)
		if err != nil {
			return
		}
		src.File = d.Bytes()
		second, _ := echoconfig.Read(src)
		one, two := describe(first, nil), describe(second, nil)
		if cut(one) != cut(two) {
			t.Errorf("written and read again:\n%s\n%s\n%s", src.File, one, two)
		}
	})
}

// cut leaves out the warnings, whose lines change when the file is written anew.
func cut(s string) string {
	_, rest, _ := strings.Cut(s, "listen ")
	return rest
}
