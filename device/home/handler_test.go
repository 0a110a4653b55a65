package home_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"madang/device"
	"madang/device/home"
	"madang/device/pairing"
	"madang/device/relay"
	"madang/store/memory"
)

// A box is the server of the post: a service with a display, spoken to by HTTP.
type box struct {
	t       testing.TB
	server  *httptest.Server
	service *device.Service
	code    string
	at      time.Time
	away    bool
	from    string
	user    string
}

func newBox(t testing.TB, change func(*home.Config)) *box {
	t.Helper()
	b := &box{t: t, at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), from: "192.0.2.1"}
	now := func() time.Time { return b.at }
	store := memory.NewDevices()
	p, err := pairing.New(pairing.Defaults(), make([]byte, 32), store, b, pairing.WithClocks(now, func() time.Duration { return time.Duration(b.at.UnixNano()) }))
	if err != nil {
		t.Fatal(err)
	}
	b.service, err = device.New(device.Defaults(), device.Deps{
		Store: store, Pairing: p, Outlet: b, Now: now,
		Sign: func(_ context.Context, c device.Claims) (string, error) { return c.Subject + " " + c.Serial, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, serial := range []string{"SN-1", "SN-2"} {
		if _, err := b.service.Register(t.Context(), "app1", serial, "현관"); err != nil {
			t.Fatal(err)
		}
	}
	c := home.Defaults()
	c.Mode, c.Serial = home.Home, "SN-1"
	if change != nil {
		change(&c)
	}
	h, err := home.New(c, home.Deps{
		Rules: b.service, App: "app1", Address: func(*http.Request) netip.Addr { return netip.MustParseAddr(b.from) },
		Who: func(*http.Request) (device.Actor, bool, error) {
			return device.Actor{Person: b.user, Name: b.user}, b.user != "", nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, pattern := range home.Patterns() {
		mux.Handle(pattern, h)
	}
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
	return b
}

// Show implements pairing.Screen.
func (b *box) Show(_ context.Context, _ pairing.Hub, p pairing.Prompt) error {
	if b.away {
		return pairing.ErrNoDisplay
	}
	b.code = p.Code
	return nil
}

func (b *box) Clear(context.Context, pairing.Hub, string, pairing.End) {}
func (b *box) Alarm(context.Context, pairing.Hub)                      {}
func (b *box) Deliver(context.Context, device.Command) error           { return nil }
func (b *box) Ended(context.Context, device.Ended)                     {}
func (b *box) PlaceChanged(context.Context, device.Place)              {}
func (b *box) HubChanged(context.Context, device.Hub)                  {}
func (b *box) DeviceChanged(context.Context, string, device.Device)    {}
func (b *box) CommandChanged(context.Context, string, device.Command)  {}

// ask makes a request; headers are names and values in turn.
func (b *box) ask(method, path string, header ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Add(header[i], header[i+1])
		}
	}
	a, err := b.server.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return a, string(body)
}

func (b *box) expect(status int, body, method, path string, header ...string) *http.Response {
	b.t.Helper()
	a, got := b.ask(method, path, header...)
	if a.StatusCode != status || body != "" && got != body {
		b.t.Fatalf("%s %s %q: %d %s, want %d %s", method, path, header, a.StatusCode, got, status, body)
	}
	return a
}

const (
	expired = `{"success":false,"message":"만료된 코드"}`
	wrong   = `{"success":false,"message":"잘못된 인증코드"}`
)

// The requests of the post, word for word.
func TestAsInThePost(t *testing.T) {
	b := newBox(t, nil)
	b.expect(401, expired, "POST", "/codecheck", "code", "123456")
	b.expect(200, `{"success":true}`, "GET", "/code")
	b.expect(401, wrong, "POST", "/codecheck")
	b.expect(401, wrong, "POST", "/codecheck", "code", "12345")
	b.expect(401, wrong, "POST", "/codecheck", "code", b.code, "code", b.code)
	a, body := b.ask("POST", "/codecheck", "code", b.code)
	var paired struct {
		Success bool
		Token   string
	}
	if err := json.Unmarshal([]byte(body), &paired); err != nil || a.StatusCode != 201 || !paired.Success ||
		!strings.HasPrefix(paired.Token, "guest:") || !strings.HasSuffix(paired.Token, " SN-1") {
		t.Fatalf("%d %s", a.StatusCode, body)
	}
	b.expect(401, expired, "POST", "/codecheck", "code", b.code) // it is used up

	b.at = b.at.Add(time.Minute)
	b.expect(200, "", "GET", "/code")
	b.from = "192.0.2.2"
	b.expect(401, expired, "POST", "/codecheck", "code", b.code) // somebody else
	b.from = "192.0.2.1"
	b.at = b.at.Add(3 * time.Minute)
	b.expect(401, expired, "POST", "/codecheck", "code", b.code)
}

func TestCloud(t *testing.T) {
	b := newBox(t, func(c *home.Config) { c.Mode, c.Serial = home.Cloud, "" })
	b.expect(401, "", "GET", "/code?serial=SN-1")
	b.expect(401, "", "POST", "/codecheck", "code", "123456")
	b.user = "kim"
	b.expect(400, "", "GET", "/code")
	b.expect(400, "", "GET", "/code?serial=SN-1", "X-Api-Serial", "SN-2")
	b.expect(400, "", "GET", "/code?serial=a%20b")
	b.expect(503, "", "GET", "/code?serial=SN-9")
	b.expect(200, `{"success":true}`, "GET", "/code", "X-Api-Serial", "SN-2")
	b.user = "lee"
	b.expect(401, expired, "POST", "/codecheck", "code", b.code, "X-Api-Serial", "SN-2")
	b.user = "kim"
	b.expect(401, expired, "POST", "/codecheck", "code", b.code, "X-Api-Serial", "SN-1")
	b.expect(201, `{"success":true,"token":"kim SN-2"}`, "POST", "/codecheck", "code", b.code) // the one asked last
}

// Another site's page can have no code shown and check none, and a name that is not the box's leads nowhere.
func TestOtherSites(t *testing.T) {
	b := newBox(t, func(c *home.Config) { c.Origins, c.Hosts = []string{"https://home.example"}, []string{"box.home"} })
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
		{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "none", "Sec-Fetch-Site", "cross-site"},
		{"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}, {"Origin", "https://home.example", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, {"Origin", "https://home.example.evil.example"},
	} {
		for _, r := range [][2]string{{"GET", "/code"}, {"POST", "/codecheck"}, {"OPTIONS", "/codecheck"}} {
			a := b.expect(403, "", r[0], r[1], header...)
			if a.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%q may read the answer", header)
			}
		}
	}
	for _, host := range []string{"evil.example", "box.home.evil.example", "", "localhost.evil.example"} {
		if host != "" {
			b.expect(421, "", "GET", "/code", "Host", host)
		}
	}
	b.expect(405, "", "HEAD", "/code")
	b.expect(405, "", "POST", "/code")
	b.expect(405, "", "GET", "/codecheck")
	if b.code != "" {
		t.Fatal("a code was shown")
	}
	a := b.expect(204, "", "OPTIONS", "/codecheck", "Origin", "https://home.example", "Sec-Fetch-Site", "cross-site")
	if got := a.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "Code") {
		t.Errorf("allowed headers: %q", got)
	}
	a = b.expect(200, "", "GET", "/code", "Origin", "https://home.example", "Sec-Fetch-Site", "cross-site")
	if a.Header.Get("Access-Control-Allow-Origin") != "https://home.example" || a.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("%v", a.Header)
	}
	for _, host := range []string{"Box.Home:8080", "localhost", "192.168.0.5", "[::1]:80", "box.home."} {
		b.at = b.at.Add(time.Minute)
		b.expect(200, "", "GET", "/code", "Host", host, "Sec-Fetch-Site", "same-origin", "Origin", "http://"+host)
	}
}

func TestRefusals(t *testing.T) {
	b := newBox(t, nil)
	b.away = true
	b.expect(503, "", "GET", "/code")
	b.away = false
	b.at = b.at.Add(time.Minute)
	b.expect(400, "", "GET", "/code?serial=SN-2") // which is not this box
	b.expect(200, "", "GET", "/code?serial=SN-1")
	a := b.expect(429, "", "GET", "/code")
	if got := a.Header.Get("Retry-After"); got != "10" {
		t.Errorf("again in %s", got)
	}
	for range 3 {
		b.expect(401, wrong, "POST", "/codecheck", "code", "x")
		b.at = b.at.Add(10 * time.Second)
		b.ask("GET", "/code")
	}
	b.expect(423, "", "GET", "/code")
	for range 14 {
		b.expect(401, expired, "POST", "/codecheck", "code", "x")
	}
	b.expect(401, "", "POST", "/codecheck", "code", "x")
}

// What goes wrong on the server is not told.
func TestTrouble(t *testing.T) {
	for name, d := range map[string]home.Deps{
		"rules": {Rules: broken{}}, "who": {Rules: broken{}, Who: func(*http.Request) (device.Actor, bool, error) {
			return device.Actor{}, false, errors.New("secret details")
		}},
	} {
		d.App, d.Address = "app1", func(*http.Request) netip.Addr { return netip.Addr{} }
		c := home.Defaults()
		c.Mode, c.Serial = home.Home, "SN-1"
		h, err := home.New(c, d)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/codecheck", nil)
		r.Host = "127.0.0.1"
		h.ServeHTTP(w, r)
		if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

type broken struct{}

func (broken) AskCode(context.Context, device.Actor, string, netip.Addr) error {
	return errors.New("secret details")
}

func (broken) CheckCode(context.Context, device.Actor, string, netip.Addr, string) (device.Paired, error) {
	return device.Paired{}, errors.New("secret details")
}

func TestDisplay(t *testing.T) {
	c := home.Defaults()
	c.Mode, c.Serial, c.Displays = home.Home, "SN-1", []string{"127.0.0.0/8", "192.168.0.0/24"}
	for _, x := range []struct {
		from, token, secret string
		ok                  bool
	}{
		{"127.0.0.1", "", "", true}, {"::ffff:192.168.0.9", "", "", true}, {"192.168.1.9", "", "", false}, {"192.168.1.9", "s", "s", true},
		{"192.168.1.9", "t", "s", false}, {"192.168.1.9", "", "", false},
	} {
		p := c.Display("app1", netip.MustParseAddr(x.from), x.token, x.secret)
		if (p != nil) != x.ok || p != nil && (p.Guard != relay.GuardDisplay || p.User != "display:SN-1") {
			t.Errorf("%+v: %+v", x, p)
		}
	}
	c.Mode = home.Cloud
	if c.Display("app1", netip.MustParseAddr("127.0.0.1"), "", "") != nil {
		t.Error("in the cloud there is a display of this machine")
	}
}

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*home.Config){
		"mode": func(c *home.Config) { c.Mode = "" }, "serial": func(c *home.Config) { c.Mode = home.Home },
		"origin": func(c *home.Config) { c.Origins = []string{"https://a.example/"} }, "any": func(c *home.Config) { c.Origins = []string{"*"} },
		"displays": func(c *home.Config) { c.Displays = []string{"127.0.0.1"} },
	} {
		c := home.Defaults()
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
