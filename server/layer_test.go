package server_test

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"madang/server"
)

// layer is as another program's configuration would be.
func layer() *server.Layer {
	return &server.Layer{
		Values: []server.Value{
			{Key: "listen", Text: "127.0.0.1:6001", Origin: "other.json: port"},
			{Key: "log.level", Text: "debug", Origin: "other.json: devMode"},
			{Key: "drain.grace", Text: "2s", Origin: "other.json: wait"},
			{Key: "nobody.url", Text: "x", Origin: "other.json: redis"},
		},
		Apps:     []server.App{{ID: "shop", EchoKey: "hush", EchoAliases: map[string]server.Secret{"branch": "hush2"}}},
		From:     "other.json: clients",
		Warnings: []string{"other.json:3: odd"},
	}
}

// TestLayer lies over the file and under the environment and the flags.
func TestLayer(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yaml", []byte("listen: 127.0.0.1:1\nauth: {jwt: {secret: own}}\napps: [{id: shop, keys: [{name: k, secret: s}], echo_aliases: {own: o}}, {id: b}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := developed()
	set, err := a.Load(server.Source{
		File: "x.yaml", Over: layer(), Env: []string{"MADANG_LOG_LEVEL=warn"},
		Flags: []server.Flag{{Name: "--set", Key: "drain.grace", Value: "1s"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if set.Listen != "127.0.0.1:6001" || set.Log.Level != "warn" || set.Drain.Grace != time.Second || set.Dev || set.Generated() {
		t.Errorf("%+v", set)
	}
	want := []server.App{{ID: "shop", Keys: []server.Key{{Name: "k", Secret: "s"}}, EchoKey: "hush",
		EchoAliases: map[string]server.Secret{"branch": "hush2", "own": "o"}}, {ID: "b"}}
	if !reflect.DeepEqual(set.Apps, want) {
		t.Errorf("apps %+v", set.Apps)
	}
	if w := strings.Join(set.Warnings, "\n"); w != "other.json:3: odd\nother.json: redis: has no effect, this program has no part \"nobody\"" {
		t.Errorf("warnings %s", w)
	}
	var b bytes.Buffer
	if err := set.Show(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"listen: 127.0.0.1:6001 # other.json: port\n", "# x.yaml:3 and other.json: clients\n"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("no %q in\n%s", line, b.String())
		}
	}
	if strings.Contains(b.String(), "hush") {
		t.Error("a secret is shown")
	}
}

// TestLayerAlone makes the secrets that the other program has none of, once, and takes over those of development mode,
// but not its app.
func TestLayerAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	a := developed()
	dev, err := a.Load(server.Source{})
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Prepare(); err != nil {
		t.Fatal(err)
	}
	old, err := server.SectionOf[tokenConfig](dev)
	if err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []bool{false, true} {
		if fresh {
			if err := os.RemoveAll(dev.DataDir); err != nil {
				t.Fatal(err)
			}
		}
		var secrets []string
		for range 2 {
			set, err := a.Load(server.Source{Over: layer()})
			if err != nil {
				t.Fatal(err)
			}
			if set.Dev || set.Drain.Spread == 0 || len(set.Apps) != 1 || set.Apps[0].ID != "shop" {
				t.Errorf("%+v", set.Config)
			}
			if err := set.Prepare(); err != nil {
				t.Fatal(err)
			}
			c, err := server.SectionOf[tokenConfig](set)
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, c.Secret)
		}
		if len(secrets[0]) < 32 || secrets[0] != secrets[1] || (secrets[0] == old.Secret) == fresh {
			t.Errorf("fresh %t: %q, development mode had %q", fresh, secrets, old.Secret)
		}
	}
}

// TestLayerWithoutKeys has an app only for a server that has none.
func TestLayerWithoutKeys(t *testing.T) {
	t.Chdir(t.TempDir())
	a, over := server.Assembly{}, &server.Layer{Apps: []server.App{{ID: "app1", MaxMembers: 7, MaxEvent: 8}}, From: "other"}
	for env, want := range map[string]server.App{
		"":                                       {ID: "app1", MaxMembers: 7, MaxEvent: 8},
		"MADANG_APPS=own:k:s":                    {ID: "own", Keys: []server.Key{{Name: "k", Secret: "s"}}},
		"MADANG_APPS=app1:k:s":                   {ID: "app1", Keys: []server.Key{{Name: "k", Secret: "s"}}, MaxMembers: 7, MaxEvent: 8},
		"MADANG_APPS=[{id: app1, max_event: 5}]": {ID: "app1", MaxMembers: 7, MaxEvent: 5},
	} {
		set, err := a.Load(server.Source{Over: over, Env: []string{env}})
		if err != nil || len(set.Apps) != 1 || !reflect.DeepEqual(set.Apps[0], want) {
			t.Errorf("%q: %+v, %v", env, set, err)
		}
	}
}

func TestLayerProblems(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yaml", []byte("auth: {jwt: {secret: own}}\napps: [{id: shop, echo_key: other, echo_aliases: {branch: own}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := developed()
	for want, l := range map[string]*server.Layer{
		`apps: "shop" has another echo_key than other.json: clients says; remove one of them`: layer(),
		`apps: "shop" has another key for an echo alias than clients says; remove one of them`: {
			Apps: []server.App{{ID: "shop", EchoAliases: map[string]server.Secret{"branch": "theirs"}}}, From: "clients"},
		`other.json: jwt: unknown key "auth.jwt.secrets"; did you mean auth.jwt.secret?`:                                   {Values: []server.Value{{Key: "auth.jwt.secrets", Text: "x", Origin: "other.json: jwt"}}},
		`other.json: wait: drain.grace: "long" is not a duration; write a number and its unit, such as 500ms, 5s or 1h30m`: {Values: []server.Value{{Key: "drain.grace", Text: "long", Origin: "other.json: wait"}}},
	} {
		if _, err := a.Load(server.Source{File: "x.yaml", Over: l}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
