//go:build unix

package standard_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// api asks below /v1 or /oauth with JSON, and reads the answer.
func (b *browser) api(status int, method, path, body string, out any, header ...string) {
	b.t.Helper()
	a := b.send(method, path, body, append([]string{"Content-Type", "application/json"}, header...)...)
	if a.status != status {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.body), out); err != nil {
		b.t.Fatalf("%s %s: %s: %v", method, path, a.body, err)
	}
}

// TestDevicesByRequests has a hub without a socket, somebody with a token and somebody with a session do by requests alone all
// that there is to do; pages of other sites do nothing with that session.
func TestDevicesByRequests(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "lee@barun.test")
	box := []string{"Authorization", "Bearer " + hub(t, dir, "SN-1")}
	kim := []string{"Authorization", "Bearer " + user(t, p, "kim")}
	b := newBrowser(t, p.url)
	b.api(http.StatusNoContent, http.MethodPost, "/v1/hubs/SN-1/hello",
		`{"devices":[{"id":"lamp","name":"램프","capabilities":["switch"]}]}`, nil, box...)
	type pending struct {
		Commands []struct{ ID string }
		Display  []struct {
			Name string
			Data json.RawMessage
		}
	}
	wait := func(ready func(pending) bool) {
		t.Helper()
		for end := time.Now().Add(patience); ; {
			var got pending
			b.api(http.StatusOK, http.MethodGet, "/v1/hubs/SN-1/pending?wait=5", "", &got, box...)
			if ready(got) {
				return
			}
			if time.Now().After(end) {
				t.Fatal("the hub waits in vain")
			}
		}
	}
	b.api(http.StatusOK, http.MethodGet, "/v1/hubs/SN-1/pending", "", nil, box...) // it is there from now on
	b.api(http.StatusNoContent, http.MethodPost, "/v1/hubs/SN-1/code", "", nil, kim...)
	var code string
	wait(func(got pending) bool {
		for _, x := range got.Display {
			if x.Name == "code" {
				decode(t, x.Data, &code)
			}
		}
		return code != ""
	})
	var paired struct{ Token string }
	b.api(http.StatusCreated, http.MethodPost, "/v1/hubs/SN-1/pair", `{"code":"`+code+`"}`, &paired, kim...)

	holder := []string{"Authorization", "Bearer " + paired.Token}
	var sent struct{ ID, State string }
	b.api(http.StatusAccepted, http.MethodPost, "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true}}`, &sent, holder...)
	wait(func(got pending) bool { return len(got.Commands) == 1 && got.Commands[0].ID == sent.ID })
	b.api(http.StatusOK, http.MethodPost, "/v1/hubs/SN-1/answer", `{"command":"`+sent.ID+`","done":true}`, nil, box...)
	b.api(http.StatusOK, http.MethodGet, "/v1/hubs/SN-1/commands/"+sent.ID+"?wait=5", "", &sent, holder...)
	if sent.State != "done" {
		t.Errorf("the command is %s", sent.State)
	}
	b.api(http.StatusForbidden, http.MethodGet, "/v1/places", "", nil, holder...)
	b.api(http.StatusUnauthorized, http.MethodGet, "/v1/rooms", "", nil, holder...)

	lee := newBrowser(t, p.url)
	lee.login("lee@barun.test")
	own := []string{"Origin", p.url}
	for _, foreign := range [][]string{{"Origin", "https://evil.test"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}, nil} {
		lee.api(http.StatusUnauthorized, http.MethodPost, "/v1/places", `{"name":"집"}`, nil, foreign...)
		lee.api(http.StatusUnauthorized, http.MethodPost, "/oauth/device", `{"request":"x","hub":"SN-1","approve":true}`, nil, foreign...)
	}
	lee.api(http.StatusCreated, http.MethodPost, "/v1/places", `{"name":"집"}`, nil, own...)
	lee.api(http.StatusNotFound, http.MethodGet, "/v1/hubs/SN-1", "", nil, own...)
}

// TestHubAsksForConsent has a hub that speaks OAuth taken into the place of a member, who decides on the page with their session;
// what it gets is a pairing that is ended like any other.
func TestHubAsksForConsent(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "kim@barun.test")
	serial, secret, _ := strings.Cut(hub(t, dir, "SN-1"), ":")
	client := url.Values{"client_id": {serial}, "client_secret": {secret}}
	b := newBrowser(t, p.url)
	a := b.must(http.StatusOK, http.MethodPost, "/oauth/device_authorization", client)
	if uri := field(t, a, "verification_uri"); uri != p.url+"/device" {
		t.Errorf("verification_uri is %s", uri)
	}
	client.Set("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
	client.Set("device_code", field(t, a, "device_code"))
	if e := field(t, b.must(http.StatusBadRequest, http.MethodPost, "/oauth/token", client), "error"); e != "authorization_pending" {
		t.Errorf("the hub is told %s", e)
	}
	kim := newBrowser(t, p.url)
	kim.login("kim@barun.test")
	own := []string{"Origin", p.url}
	var place struct{ ID string }
	kim.api(http.StatusCreated, http.MethodPost, "/v1/places", `{"name":"우리 집"}`, &place, own...)
	var found struct{ Request string }
	kim.api(http.StatusOK, http.MethodGet, "/oauth/device?user_code="+field(t, a, "user_code"), "", &found, own...)
	kim.api(http.StatusOK, http.MethodPost, "/oauth/device",
		`{"request":"`+found.Request+`","hub":"SN-1","approve":true,"place":"`+place.ID+`"}`, nil, own...)
	token := []string{"Authorization", "Bearer " + field(t, b.must(http.StatusOK, http.MethodPost, "/oauth/token", client), "access_token")}
	if e := field(t, b.must(http.StatusBadRequest, http.MethodPost, "/oauth/token", client), "error"); e != "invalid_grant" {
		t.Errorf("the second time the hub is told %s", e)
	}
	var seen struct{ Place string }
	b.api(http.StatusOK, http.MethodGet, "/v1/hubs/SN-1", "", &seen, token...)
	if seen.Place != place.ID {
		t.Errorf("the hub is in place %q", seen.Place)
	}
	b.api(http.StatusForbidden, http.MethodGet, "/v1/places", "", nil, token...)
	b.api(http.StatusUnauthorized, http.MethodGet, "/v1/rooms", "", nil, token...)
	operate[map[string]any](t, dir, "", "member", "disable", "kim@barun.test")
	b.api(http.StatusUnauthorized, http.MethodGet, "/v1/hubs/SN-1", "", nil, token...)
}
