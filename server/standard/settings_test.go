//go:build unix

package standard_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madang/internal/config"
	"madang/server/standard"
)

// TestFieldsAreUpToDate compares fields.txt with the comments in the sources.
func TestFieldsAreUpToDate(t *testing.T) {
	source, err := os.ReadFile("standard.go")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^//go:generate .*fielddocs -root (\S+) (.*) > fields\.txt"$`).FindSubmatch(source)
	if line == nil {
		t.Fatal("standard.go does not say how fields.txt is made")
	}
	comments := config.Comments{}
	for folder := range strings.FieldsSeq(string(line[2])) {
		if err := comments.AddPackage(path.Join("madang", folder), filepath.Join(string(line[1]), folder)); err != nil {
			t.Fatal(err)
		}
	}
	var want bytes.Buffer
	if err := comments.Write(&want); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("fields.txt"); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("fields.txt is not what the sources say (%v); run: go generate ./server/standard", err)
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	a := standard.Assembly()
	r, err := a.Reference()
	if err != nil {
		t.Fatal(err)
	}
	if keys := r.Undocumented(); len(keys) > 0 {
		t.Errorf("nothing explains %v: give the fields comments and run go generate ./server/standard", keys)
	}
}

// variables has for each part a setting and a value that is not its default.
func variables() map[string]string {
	return map[string]string{
		"MADANG_LISTEN":                 "127.0.0.1:8099",
		"MADANG_LOG_LEVEL":              "debug",
		"MADANG_DRAIN_GRACE":            "1s",
		"MADANG_LIMITS_MAX_LINES":       "77",
		"MADANG_TRUSTED_PROXIES":        "10.0.0.0/8",
		"MADANG_HOSTS":                  "{web: [chat.example.com]}",
		"MADANG_SQLITE_SYNC":            "normal",
		"MADANG_AUTH_JWT_ISSUER":        "https://id.example.com",
		"MADANG_CHAT_MAX_TEXT_RUNES":    "55",
		"MADANG_CHAT_DEFAULT_ROOM_NAME": "마당",
		"MADANG_REST_LOCALE":            "en",
		"MADANG_SOCKETIO_PING_INTERVAL": "7s",
		"MADANG_SOCKETIO_CORS_ORIGINS":  "https://a.example.com,https://b.example.com",
		"MADANG_SOCKETIO_NAMESPACES":    "{/chat: {mode: disconnect}}",
		"MADANG_ABLY_HISTORY":           "1m0s",
		"MADANG_AUTH_ABLY_LENIENT":      "true",
		"MADANG_WEB_ENABLED":            "false",
		"MADANG_STORE_URL":              "sqlite:other.db",
		"MADANG_APPS":                   "shop:key1:hush-hush",
		"MADANG_AUTH_JWT_SECRET":        secret,
	}
}

// TestVariables checks that a variable of every part arrives, and that secrets are not shown.
func TestVariables(t *testing.T) {
	var env []string
	for name, value := range variables() {
		env = append(env, name+"="+value)
	}
	status, out, errs := command(t, t.TempDir(), env, "config", "show")
	if status != 0 || errs != "" {
		t.Fatalf("%d %s", status, errs)
	}
	for name, value := range variables() {
		if !strings.Contains(out, "# env "+name+"\n") {
			t.Errorf("%s=%s is not in force", name, value)
		}
	}
	for _, hidden := range []string{secret, "hush-hush"} {
		if strings.Contains(out, hidden) {
			t.Errorf("config show shows the secret %s", hidden)
		}
	}
	_, listed, _ := command(t, t.TempDir(), nil, "config", "env")
	for name := range variables() {
		if !strings.Contains(listed, name+" ") {
			t.Errorf("config env does not list %s", name)
		}
	}
}

func TestSecretOfAFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := serve(t, dir, []string{"MADANG_AUTH_JWT_SECRET_FILE=secret", "MADANG_DRAIN_GRACE=0s", "MADANG_DRAIN_SPREAD=0s"})
	someone(t, "ann", 0).join(t, p.url)
	p.stop(t)
}

// TestConfigCommands runs config check and its siblings as people do, in a good and a bad folder.
func TestConfigCommands(t *testing.T) {
	good, bad, empty := t.TempDir(), t.TempDir(), t.TempDir()
	configure(t, good, "chat: {max_text_runes: 100}")
	configure(t, bad, "chat:\n  max_text_rune: 100\nsocketio: {ping_intervall: 5s}\nrest: {locale: fr}\n")
	for _, c := range []struct {
		dir, args string
		status    int
		stdout    string // part of it
		stderr    string // all of it
	}{
		{good, "config check", 0, "ok: madang.yaml\n", ""},
		{good, "config show", 0, "max_text_runes: 100 # madang.yaml:2\n", ""},
		{good, "config env", 0, "MADANG_SOCKETIO_CORS_ORIGINS", ""},
		{good, "config doc", 0, "`socketio.ping_interval`", ""},
		{empty, "config check", 0, "development mode", ""},
		{bad, "config check", 2, "", "madang: madang.yaml:3: chat.max_text_rune: unknown key; did you mean chat.max_text_runes?\n" +
			"madang: madang.yaml:4: socketio.ping_intervall: unknown key; did you mean socketio.ping_interval?\n" +
			"madang: madang.yaml:5: rest.locale: \"fr\" is not one of ko, en\n"},
	} {
		status, out, errs := command(t, c.dir, nil, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out, c.stdout) || errs != c.stderr {
			t.Errorf("%s: %d\n%s\n%s", c.args, status, out, errs)
		}
	}
	status, _, errs := command(t, bad, nil, "serve")
	if status != 2 || !strings.Contains(errs, "madang.yaml:3") {
		t.Errorf("serve with a bad file: %d %s", status, errs)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("config check has written %v, %v", left, err)
	}
}

// TestSettingsInForce sees what settings do.
func TestSettingsInForce(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "chat: {max_text_runes: 5}\nrest: {locale: en}\nweb: {enabled: false}\nsocketio: {ping_interval: 7s}\n")
	p := serve(t, dir, nil)
	if a := get(t, p.url+"/"); a.status != 404 {
		t.Errorf("the page is off and answers %d", a.status)
	}
	if a := get(t, p.url+"/v1/me"); a.status != 401 || !strings.Contains(a.body, "The authentication token is missing.") {
		t.Errorf("/v1/me: %d %s", a.status, a.body)
	}
	s := someone(t, "ann", 0).join(t, p.url)
	if !strings.Contains(s.open, `"pingInterval":7000`) {
		t.Errorf("handshake %s", s.open)
	}
	if err := s.call("sendMessage", map[string]any{"message": "여섯 글자야"}, nil); err == nil {
		t.Error("a message longer than allowed was taken")
	}
	s.must(t, "sendMessage", map[string]any{"message": "다섯글자야"}, nil)
}

// TestWrongWebhook checks that an address of an app is looked at when the settings are, and not only when the server starts.
func TestWrongWebhook(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "apps: [{id: app1, keys: [{name: k, secret: s}], webhooks: [{url: 'https://a.test/hook', events: [member_gone]}]}]")
	status, _, errs := command(t, dir, nil, "config", "check")
	if status != 2 || !strings.Contains(errs, `no event "member_gone"; there are `) {
		t.Errorf("%d: %s", status, errs)
	}
}
