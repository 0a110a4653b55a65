//go:build unix

package standard_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lamp is what a hub says it has.
func lamp() map[string]any {
	return map[string]any{"devices": []any{map[string]any{"id": "lamp", "name": "램프", "capabilities": []string{"switch"}}}}
}

// TestDevicesInTheCloud pairs somebody who is signed in with a hub, commands a lamp from their page and with the token, and takes
// both rights away again.
func TestDevicesInTheCloud(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	shown := hub(t, dir, "SN-1")
	box, screen := p.home(t, map[string]any{"token": shown}), p.home(t, map[string]any{"token": shown, "display": true})
	box.must(t, "device.hello", lamp(), nil)
	kim := user(t, p, "kim")
	bearer := []string{"Authorization", "Bearer " + kim, "X-Api-Serial", "SN-1"}

	b := newBrowser(t, p.url)
	b.must(http.StatusUnauthorized, http.MethodGet, "/code?serial=SN-1", nil)
	b.must(http.StatusForbidden, http.MethodGet, "/code", nil, append(bearer, "Sec-Fetch-Site", "cross-site")...)
	if a := b.must(http.StatusUnauthorized, http.MethodPost, "/codecheck", nil, append(bearer, "code", "123456")...); !strings.Contains(a.body, "만료된 코드") {
		t.Errorf("no code has been asked for: %s", a.body)
	}
	b.must(http.StatusOK, http.MethodGet, "/code", nil, bearer...)
	code := screen.code(t)
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
	if a := b.must(http.StatusUnauthorized, http.MethodPost, "/codecheck", nil, append(bearer, "code", wrong)...); !strings.Contains(a.body, "잘못된 인증코드") {
		t.Errorf("a wrong code: %s", a.body)
	}
	token := field(t, b.must(http.StatusCreated, http.MethodPost, "/codecheck", nil, append(bearer, "code", code)...), "token")
	claims := payload(t, token)
	iat, _ := claims["iat"].(float64)
	if exp, _ := claims["exp"].(float64); claims["api_serial"] != "SN-1" || claims["aud"] != "hub:SN-1" || exp-iat != 30*3600 {
		t.Errorf("the token says %v", claims)
	}

	page, holder := p.home(t, map[string]any{"token": kim}), p.home(t, map[string]any{"token": token})
	for _, g := range []*guest{page, holder} {
		order := map[string]any{"hub": "SN-1", "device": "lamp", "set": map[string]any{"on": true}, "no_wait": true}
		g.must(t, "device.command", order, nil)
		var sent struct{ ID string }
		decode(t, box.hear(t, "command"), &sent)
		box.must(t, "device.answer", map[string]any{"command": sent.ID, "done": true}, nil)
	}
	tokensOpenNothingElse(t, p, token, holder)
	tokensOpenNothingElse(t, p, shown, box)

	operate[map[string]any](t, dir, "", "user", "disable", "kim@barun.test")
	ends(t, "the person's connection", page.Done())
	ends(t, "the connection of the pairing's token", holder.Done())
	refused(t, p.url+"/home", map[string]any{"token": token}, nil, "token_invalid")
	operate[map[string]any](t, dir, "", "hub", "remove", "SN-1", "--yes")
	ends(t, "the hub's connection", box.Done())
	ends(t, "the display's connection", screen.Done())
	refused(t, p.url+"/home", map[string]any{"token": shown}, nil, "token_invalid")
	refused(t, p.url+"/home", map[string]any{"display": true}, nil, "token_missing")
}

// tokensOpenNothingElse checks that what is for devices opens nothing of other features.
func tokensOpenNothingElse(t *testing.T, p *process, token string, g *guest) {
	t.Helper()
	refused(t, p.url+"/chat", map[string]any{"token": token}, nil, "token_invalid")
	for _, path := range []string{"/v1/rooms", "/api/auth/me"} {
		newBrowser(t, p.url).must(http.StatusUnauthorized, http.MethodGet, path, nil, "Authorization", "Bearer "+token)
	}
	if code := g.ask(t, "device.make_place", map[string]any{"name": "home"}, nil); code != "forbidden" {
		t.Errorf("it makes a place: %q", code)
	}
}

// TestBoxAtHome runs the server as the box itself, without accounts: nobody signs in, and who is on the box sees the codes.
func TestBoxAtHome(t *testing.T) {
	dir := t.TempDir()
	atHome(t, dir, "origins: [http://home.test]")
	p := serve(t, dir, nil)
	screen, err := visit(t, p.url, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	// What seems to come from elsewhere, or from another site's page, is no display.
	far, err := visit(t, p.url, nil, http.Header{"X-Forwarded-For": {"192.0.2.7"}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := visit(t, p.url, nil, http.Header{"Origin": {"https://evil.test"}})
	if err != nil {
		t.Fatal(err)
	}
	token := pair(t, p, screen)
	if claims := payload(t, token); claims["api_serial"] != "box-1" {
		t.Errorf("the token says %v", claims)
	}
	for who, g := range map[string]*guest{"from elsewhere": far, "of another page": foreign} {
		select {
		case h := <-g.heard:
			t.Errorf("a display %s hears %s", who, h.name)
		default:
		}
	}
	refused(t, p.url+"/home", map[string]any{"display": true}, http.Header{"Origin": {"https://evil.test"}}, "token_missing")
	p.home(t, map[string]any{"display": true})
	a := newBrowser(t, p.url).must(http.StatusNoContent, http.MethodOptions, "/code", nil, "Origin", "http://home.test")
	if a.header.Get("Access-Control-Allow-Origin") != "http://home.test" || a.header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("preflight: %v", a.header)
	}

	shown := hub(t, dir, "box-1")
	box, holder := p.home(t, map[string]any{"token": shown}), p.home(t, map[string]any{"token": token})
	box.must(t, "device.hello", lamp(), nil)
	holder.must(t, "device.devices", map[string]any{"hub": "box-1"}, nil)
	key, err := os.Stat(filepath.Join(dir, "data", "device.key"))
	if err != nil || key.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v %v", key.Mode(), err)
	}

	p.kill(t) // a power cut: what was paired is still paired
	p = serve(t, dir, nil)
	p.home(t, map[string]any{"token": token}).must(t, "device.devices", map[string]any{"hub": "box-1"}, nil)
	p.home(t, map[string]any{"token": shown})
}

// TestDisplayFromElsewhere checks the token of a display, and who is one behind a proxy in the box.
func TestDisplayFromElsewhere(t *testing.T) {
	dir := t.TempDir()
	const shown = "a-token-of-the-display"
	atHome(t, dir, "display_token: "+shown)
	p := serve(t, dir, nil)
	elsewhere := http.Header{"X-Forwarded-For": {"192.0.2.7"}}
	for _, namespace := range []string{"", "/home"} {
		auth := map[string]any{"token": shown, "display": true}
		g, err := visit(t, p.url+namespace, auth, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if namespace == "" {
			pair(t, p, g)
		}
	}
	for code, auth := range map[string]map[string]any{"token_missing": {"display": true}, "token_invalid": {"display": true, "token": shown + "!"}} {
		refused(t, p.url+"/home", auth, elsewhere, code)
	}
	for _, h := range []http.Header{
		{"X-Forwarded-For": {"unknown"}}, {"X-Forwarded-For": {"127.0.0.1"}}, {"Forwarded": {"for=192.0.2.7"}}, {"X-Real-Ip": {"192.0.2.7"}}, {"Via": {"1.1 box"}},
	} {
		refused(t, p.url+"/home", map[string]any{"display": true}, h, "token_missing")
	}
	refused(t, p.url+"/home", map[string]any{"display": true, "token": "box-1:wrong"}, nil, "token_invalid")
	refused(t, p.url+"/home", map[string]any{"display": true}, http.Header{"Host": {"evil.test"}, "Origin": {"http://evil.test"}}, "token_missing")
}

// TestEndsOfPeople checks that the end of a sign-in ends connections to devices and leaves what was paired, and that an account's end
// ends both.
func TestEndsOfPeople(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	shown := map[string]any{"token": hub(t, dir, "SN-1"), "display": true}
	p.home(t, map[string]any{"token": shown["token"]})
	screen := p.home(t, shown)
	kim := user(t, p, "kim")
	token := pair(t, p, screen, "Authorization", "Bearer "+kim, "X-Api-Serial", "SN-1")
	page, holder := p.home(t, map[string]any{"token": kim}), p.home(t, map[string]any{"token": token})

	operate[map[string]any](t, dir, "", "user", "sign-out", "kim@barun.test")
	ends(t, "the person's connection", page.Done())
	refused(t, p.url+"/home", map[string]any{"token": kim}, nil, "token_invalid")
	holder.must(t, "device.devices", map[string]any{"hub": "SN-1"}, nil)

	operate[map[string]any](t, dir, "", "user", "delete", "kim@barun.test", "--yes")
	ends(t, "the connection of the pairing's token", holder.Done())
	refused(t, p.url+"/home", map[string]any{"token": token}, nil, "token_invalid")
	if all := operate[[]map[string]any](t, dir, "", "hub", "list"); len(all) != 1 || all[0]["place"] != nil {
		t.Errorf("the place of somebody who is gone: %v", all)
	}
}

// TestDeviceSettings checks what is said of settings that cannot work, and that those of the documentation do.
func TestDeviceSettings(t *testing.T) {
	for settings, want := range map[string]string{
		"device: {enabled: true, mode: home}":                             "device: serial: in home mode the box needs one",
		"device: {enabled: true, mode: hom}":                              `device: mode: "hom" is neither home nor cloud`,
		"device: {enabled: true, origins: [home.test]}":                   "device: origins: ",
		"device: {enabled: true, key: short}":                             "device: key: has 5 characters and needs at least 32",
		"device: {enabled: true, display_token: short}":                   "device: display_token: ",
		"device: {enabled: true, token_ttl: 1s, pairing: {ttl: 1h}}":      "device: pairing: ttl is 1h0m0s",
		"device: {enabled: true}\nredis: {url: 'redis://127.0.0.1:6379'}": "device.key: several nodes need the same one",
		"device: {enabled: false, mode: nonsense}":                        "",
	} {
		dir := t.TempDir()
		configure(t, dir, settings+"\n")
		if status, _, errs := command(t, dir, nil, "config", "check"); !strings.Contains(errs, want) || (status == 0) != (want == "") {
			t.Errorf("%s: %d %s", settings, status, errs)
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "devices.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```yaml\n")[1:]
	for _, block := range blocks {
		dir := t.TempDir()
		settings, _, _ := strings.Cut(block, "```")
		if err := os.WriteFile(filepath.Join(dir, "madang.yaml"), []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := command(t, dir, nil, "config", "check"); status != 0 || errs != "" {
			t.Errorf("%s%d %s", settings, status, errs)
		}
	}
	if len(blocks) != 2 {
		t.Errorf("%d configurations in the documentation", len(blocks))
	}
}
