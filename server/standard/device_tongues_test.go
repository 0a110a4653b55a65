//go:build unix

package standard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madang/internal/convention"
	"madang/internal/nodetest"
)

// TestDevicesByEveryProtocol lets real clients of all protocols be hubs, and people who command them. What they expect stands in
// account/clients/assembled/devices.test.mjs.
func TestDevicesByEveryProtocol(t *testing.T) {
	folder := filepath.Join("..", "..", "account", "clients")
	nodetest.Install(t, folder)
	nodetest.Install(t, filepath.Join("..", "..", "dialect", "ably", "clients"))
	dir := t.TempDir()
	configure(t, dir, accountsOn+"device: {enabled: true}\napps: [{id: app1, client_event_rate: 1000, keys: [{name: key1, secret: the-secret-of-key1}]}]\n")
	p := serve(t, dir, nil)
	all := map[string]map[string]string{"hubs": {}, "users": {}}
	for i := range 4 {
		serial := fmt.Sprint("SN-", i)
		all["hubs"][serial] = hub(t, dir, serial)
	}
	for _, name := range []string{"kim", "lee", "mallory"} {
		all["users"][name] = user(t, p, name)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	nodetest.Script(t, folder, "devices", 2*time.Minute, "BASE_URL="+p.url, "PUSHER_KEY=key1", "DEVICES="+string(b))
}

// TestChannelsOfDevicesAreNoBackends has who has the secret of the app, and could sign for everybody, try to be part of a home: by the
// Pusher protocol, by that of Ably, and by what backends publish and ask.
func TestChannelsOfDevicesAreNoBackends(t *testing.T) {
	const key = "the-secret-of-key1"
	dir := t.TempDir()
	configure(t, dir, accountsOn+"device: {enabled: true}\napps: [{id: app1, keys: [{name: key1, secret: "+key+"}]}]\n")
	p := serve(t, dir, nil)
	shown := hub(t, dir, "SN-1")
	box := p.home(t, map[string]any{"token": shown})
	box.must(t, "device.hello", lamp(), nil)
	kim := user(t, p, "kim")
	pair(t, p, box, "Authorization", "Bearer "+kim, "X-Api-Serial", "SN-1")
	channels := []string{"private-hub.SN-1", "private-home.SN-1", "private-place.0"}

	page := pusherPage(t, p.url, "", "key1")
	for _, name := range channels {
		for _, data := range []string{"", `{"user_id":"hub:SN-1"}`, `{"user_id":"1"}`, `{"user_id":"hub:SN-1","user_info":"` + strings.Repeat("0", 64) + `"}`} {
			auth := map[string]string{"channel": name, "auth": "key1:" + convention.Sign(key, convention.ChannelText(page.id, name, []byte(data)))}
			if data != "" {
				auth["channel_data"] = data
			}
			page.send(jsonText(t, map[string]any{"event": "pusher:subscribe", "data": auth}))
			if e := page.next(); e.name != "pusher:subscription_error" || e.channel != name {
				t.Errorf("a backend signs for %s in %s: %v", data, name, e)
			}
		}
		page.whisper(name, "client-device.command", `{"device":"lamp","set":{"on":true}}`)
		if e := page.next(); e.name != "pusher:error" {
			t.Errorf("who does not subscribe commands in %s: %v", name, e)
		}
	}

	basic := "app1.key1:" + key
	a := ablyAsk(t, http.MethodPost, p.url+"/keys/app1.key1/requestToken", basic,
		fmt.Sprintf(`{"keyName":"app1.key1","clientId":"hub:SN-1","capability":"{\"*\":[\"*\"]}","timestamp":%d}`, time.Now().UnixMilli()))
	var issued struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &issued); err != nil || issued.Token == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, query := range []string{"key=" + url.QueryEscape(basic), "key=" + url.QueryEscape(basic) + "&clientId=hub%3ASN-1", "access_token=" + url.QueryEscape(issued.Token)} {
		live := ablyDial(t, p.url, query)
		for _, name := range append(channels, "[?rewind=1]private-hub.SN-1") {
			live.send(`{"action":10,"channel":%q}`, name)
			if f := live.next(9); f.Error.Code != 40160 {
				t.Errorf("%s attaches %s: %+v", query, name, f)
			}
			live.send(`{"action":15,"channel":%q,"msgSerial":0,"messages":[{"name":"command","data":"{}"}]}`, name)
			if f := live.next(2); f.Error.Code != 40160 {
				t.Errorf("%s publishes in %s: %+v", query, name, f)
			}
		}
	}
	for _, name := range channels {
		at := p.url + "/channels/" + name
		for _, x := range [][3]string{
			{http.MethodGet, at + "/messages", ""}, {http.MethodGet, at + "/presence", ""}, {http.MethodGet, at, ""}, {http.MethodPost, at + "/messages", `{"name":"command","data":"{}"}`},
		} {
			if a := ablyAsk(t, x[0], x[1], basic, x[2]); a.code() != 40160 {
				t.Errorf("%s %s: %d %s", x[0], x[1], a.status, a.body)
			}
		}
		body := []byte(fmt.Sprintf(`{"name":"command","data":"{}","channels":["news",%q]}`, name))
		q := convention.SignQuery("key1", key, http.MethodPost, "/apps/app1/events", body, time.Now())
		if status, text := ask(t, http.MethodPost, p.url+"/apps/app1/events?"+q.Encode(), string(body)); status != http.StatusForbidden {
			t.Errorf("a backend publishes in %s: %d %s", name, status, text)
		}
	}
	q := convention.SignQuery("key1", key, http.MethodGet, "/apps/app1/channels", nil, time.Now())
	pusherHub := pusherPage(t, p.url, shown, "key1")
	pusherHub.subscribe("private-hub.SN-1")
	pusherHub.await("private-hub.SN-1", "pusher_internal:subscription_succeeded")
	if status, text := ask(t, http.MethodGet, p.url+"/apps/app1/channels?"+q.Encode(), ""); status != http.StatusOK || strings.Contains(text, "SN-1") {
		t.Errorf("a backend sees %d %s", status, text)
	}
	if n := len(pusherHub.all()); n != 1 {
		t.Errorf("the hub has heard %v", pusherHub.all())
	}
}

// ask makes a request of a backend.
func ask(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	a, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return a.status, a.body
}
