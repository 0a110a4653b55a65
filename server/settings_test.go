package server_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/server"
)

type tokenConfig struct {
	Secret string
	Days   int
}

func (c *tokenConfig) Validate() error {
	if c.Secret == "" {
		return os.ErrInvalid
	}
	return nil
}

// developed is an assembly with a guard that can't do without a secret.
func developed() server.Assembly {
	return server.Assembly{Parts: []server.Part{
		server.GuardPart("api", func() tokenConfig { return tokenConfig{Days: 1} }, noGuard, server.Section("auth.jwt"),
			server.Develop(func(c *tokenConfig, secret func() string) {
				if c.Secret == "" {
					c.Secret = secret()
				}
			}),
			server.Derive(func(base *server.Config, c *tokenConfig) error { c.Days += len(base.Apps); return nil })),
	}}
}

func noGuard(_ context.Context, _ *server.Site, _ tokenConfig) (fakeGuard, error) {
	return fakeGuard{&fake{name: "api", diary: &diary{}}}, nil
}

func TestDevelopment(t *testing.T) {
	t.Chdir(t.TempDir())
	a := developed()
	harmless := server.Source{
		Env:   []string{"MADANG_LOG_LEVEL=debug", "MADANG_DATA_DIR=here", "MADANG_TYPO=1", "HOME=/"},
		Flags: []server.Flag{{Name: "--listen", Key: "listen", Value: "127.0.0.1:0"}},
	}
	first, err := a.Load(harmless)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Dev || !first.Generated() || first.Drain.Grace != 0 || first.Drain.Spread != 0 || len(first.Apps) != 1 {
		t.Errorf("got %+v", first)
	}
	if _, err := os.Stat("here"); err == nil {
		t.Error("Load wrote something")
	}
	if err := first.Prepare(); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"here": os.ModeDir | 0o700, "here/development.yaml": 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	second, err := a.Load(harmless)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := server.SectionOf[tokenConfig](first)
	two, err := server.SectionOf[tokenConfig](second)
	if err != nil || second.Generated() || len(two.Secret) < 32 || *one != *two || !reflect.DeepEqual(first.Apps, second.Apps) {
		t.Errorf("the second start has other secrets: %+v and %+v, %v", one, two, err)
	}
	var b bytes.Buffer
	if err := second.Show(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), two.Secret) || strings.Contains(b.String(), string(second.Apps[0].EchoKey)) {
		t.Errorf("a secret is shown:\n%s", b.String())
	}
}

// TestDevelopmentGrows starts again with a part that was not there before.
func TestDevelopmentGrows(t *testing.T) {
	t.Chdir(t.TempDir())
	small, big := server.Assembly{}, developed()
	first, err := small.Load(server.Source{})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Prepare(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		set, err := big.Load(server.Source{})
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Prepare(); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(set.Apps, first.Apps) {
			t.Error("the apps have changed")
		}
	}
}

func TestConfiguredIsNotDevelopment(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte("# empty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := server.Assembly{}
	for name, src := range map[string]server.Source{
		"file":     {File: file},
		"file env": {Env: []string{"MADANG_CONFIG=" + file}},
		"variable": {Env: []string{"MADANG_DRAIN_GRACE=1s"}},
		"flag":     {Flags: []server.Flag{{Name: "--set", Key: "drain.grace", Value: "1s"}}},
	} {
		set, err := a.Load(src)
		if err != nil || set.Dev || len(set.Apps) != 0 || set.Drain.Spread != 15*time.Second {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
	b := developed()
	if _, err := b.Load(server.Source{File: file}); err == nil || err.Error() != "auth.jwt: invalid argument" {
		t.Errorf("a secret was made up: %v", err)
	}
	if err := os.Rename(file, server.DefaultFile); err != nil {
		t.Fatal(err)
	}
	if set, err := a.Load(server.Source{}); err != nil || set.File != server.DefaultFile || set.Dev {
		t.Errorf("%+v, %v", set, err)
	}
	if _, err := a.Load(server.Source{File: "gone.yaml"}); err == nil || !strings.Contains(err.Error(), "gone.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	t.Chdir(t.TempDir())
	for value, want := range map[string]string{
		"listen=here":       `listen: "here" is not host:port, such as 127.0.0.1:8080 or :8080 for all addresses`,
		"listen=:99999":     `listen: ":99999": the port must be a number from 0 to 65535, 0 for any free one`,
		"data_dir=":         `data_dir: is empty, name a folder`,
		"tls.cert=x":        `tls: cert and key belong together, but only one is given`,
		"drain.timeout=10s": `drain: grace and spread take 20s together, more than the timeout of 10s; raise drain.timeout`,
		"drain.grace=-1s":   `drain: grace and spread must not be negative, and timeout must be more than 0s`,
		"apps=a:k:s,a:l:s":  `apps: "a" is there twice`,
		"apps=a:k:s,b:k:s":  `apps: key "k" belongs to "a" and "b"; a key must lead to one app`,
		"apps=a:hush":       `--set: apps: the value is not valid: expected id:key:secret`,
		"apps=[{keys: []}]": `apps: number 1 has no id`,
		"apps=[{id: a, keys: [{name: k, secret: Change-me}]}]":                     `apps: the secret of key "k" of "a" is the placeholder of an example; make one with "openssl rand -hex 32"`,
		"apps=[{id: a, keys: [{name: k, secret: s}], echo_key: s}]":                `apps: echo_key of "a" is the secret of key "k"; clients would learn it`,
		"apps=[{id: a, echo_aliases: {b: ''}}]":                                    `apps: an echo alias of "a" has no id or no key`,
		"apps=[{id: a, echo_aliases: {b: k}}, {id: b}]":                            `apps: "b" is an app and an echo alias of "a"; remove one of them`,
		"apps=[{id: a, echo_aliases: {x: k}}, {id: b, echo_aliases: {x: k}}]":      `apps: "x" is an echo alias of "a" and of "b"; it must lead to one app`,
		"apps=[{id: a, keys: [{name: k, secret: hush}], echo_aliases: {x: hush}}]": `apps: the key of the echo alias "x" is the secret of a key of "a"; clients would learn it`,
		"apps=[{id: a, keys: [{name: k}]}]":                                        `apps: a key of "a" has no name or no secret`,
		"apps=[{id: a, webhooks: [{url: 'https://x.example'}]}]":                   `apps: "a" has webhooks, but no key to sign them with; give it one under keys`,
		"store.url=sqlite:x":    `store.url: this program has no stores; remove the setting`,
		"hosts={apii: [x]}":     `hosts: there is no part "apii"; did you mean api?`,
		"hosts={api: ['x:80']}": `hosts.api: "x:80" is no host name; write it without scheme, port and path`,
	} {
		key, text, _ := strings.Cut(value, "=")
		a := developed()
		_, err := a.Load(server.Source{
			Env:   []string{"MADANG_AUTH_JWT_SECRET=x"},
			Flags: []server.Flag{{Name: "--set", Key: key, Value: text}},
		})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", value, err, want)
		}
	}
}

func TestShortApps(t *testing.T) {
	t.Chdir(t.TempDir())
	a := server.Assembly{}
	set, err := a.Load(server.Source{Env: []string{"MADANG_APPS=app1:key1:se:cret1, app2:key2:secret2"}})
	want := []server.App{
		{ID: "app1", Keys: []server.Key{{Name: "key1", Secret: "se:cret1"}}},
		{ID: "app2", Keys: []server.Key{{Name: "key2", Secret: "secret2"}}},
	}
	if err != nil || !reflect.DeepEqual(set.Apps, want) || set.App("app2") != &set.Apps[1] || set.App("x") != nil {
		t.Errorf("got %+v, %v", set.Apps, err)
	}
}

// TestEnvOfEveryKey sets each variable that `config env` lists, alone.
func TestEnvOfEveryKey(t *testing.T) {
	t.Chdir(t.TempDir())
	special := map[string]string{
		"MADANG_LISTEN": "127.0.0.1:1", "MADANG_APPS": "a:k:s", "MADANG_TRUSTED_PROXIES": "10.0.0.0/8", "MADANG_HOSTS": "{api: [x.example]}",
		"MADANG_REDIS_URL": "redis://x", "MADANG_LOG_LEVEL": "warn", "MADANG_LOG_FORMAT": "json", "MADANG_DRAIN_TIMEOUT": "60s",
	}
	a := developed()
	var list bytes.Buffer
	ref, err := a.Reference()
	if err != nil {
		t.Fatal(err)
	}
	if err := ref.WriteEnv(&list); err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(list.String()) {
		name := strings.Fields(line)[0]
		if name == "VARIABLE" || strings.HasSuffix(name, "_FILE") {
			continue
		}
		n++
		text := special[name]
		if text == "" && strings.Contains(line, "duration") {
			text = "3s"
		} else if text == "" {
			text = "3"
		}
		a := developed()
		set, err := a.Load(server.Source{Env: []string{name + "=" + text, "MADANG_AUTH_JWT_SECRET=x"}})
		if set == nil { // the file could not be read at all; a value that is refused later has arrived
			t.Errorf("%s=%s: %v", name, text, err)
			continue
		}
		var shown bytes.Buffer
		if err := set.Show(&shown); err != nil {
			t.Fatal(err)
		}
		if name != "MADANG_AUTH_JWT_SECRET" && !strings.Contains(shown.String(), "# env "+name+"\n") {
			t.Errorf("%s did not arrive:\n%s", name, shown.String())
		}
	}
	if n < 25 {
		t.Errorf("only %d variables:\n%s", n, list.String())
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	a := server.Assembly{}
	ref, err := a.Reference()
	if err != nil {
		t.Fatal(err)
	}
	if keys := ref.Undocumented(); keys != nil {
		t.Errorf("no meaning for %q; run go generate", keys)
	}
}

// TestLimitsAreComplete fails when the core gets a limit that cannot be configured.
func TestLimitsAreComplete(t *testing.T) {
	var l server.Limits
	fill := reflect.ValueOf(&l).Elem()
	for _, f := range fill.Fields() {
		if f.CanInt() {
			f.SetInt(7)
		} else {
			f.SetUint(7)
		}
	}
	core := reflect.ValueOf(l.Core())
	for field, value := range core.Fields() {
		if value.IsZero() {
			t.Errorf("%s is not set", field.Name)
		}
	}
	defaults := server.Defaults().Limits.Core()
	if defaults.MessageRate <= 0 || defaults.MessageBurst < defaults.MessageRate {
		t.Errorf("the server has no limit of messages: %d, %d", defaults.MessageRate, defaults.MessageBurst)
	}
	defaults.MessageRate, defaults.MessageBurst = 0, 0 // a library has none; a server should
	if got, want := madang.DefaultLimits(defaults), madang.DefaultLimits(madang.Limits{}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
