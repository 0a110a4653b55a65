package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"madang/device"
	"madang/device/relay"
	"madang/device/rest"
)

// A hub that only makes requests, a person who pairs with it, and all that they do.
func TestHome(t *testing.T) {
	s := newServer(t)
	hub := s.box()
	paired := s.pair(hub)
	if paired.Hub.Serial != "SN-1" || !paired.Hub.Online || paired.ID == "" || time.Until(paired.ExpiresAt) < 29*time.Hour {
		t.Errorf("%+v", paired)
	}
	places := get[rest.PlaceList](s, 200, "kim", "GET", "/v1/places", "").Places
	if len(places) != 1 || places[0].Name != "현관" || places[0].Members[0].Role != device.Owner {
		t.Fatalf("%+v", places)
	}
	at := "/v1/places/" + places[0].ID
	if p := get[relay.PlaceView](s, 200, "kim", "PATCH", at, `{"name":"우리 집","x":1}`); p.Name != "우리 집" {
		t.Errorf("%+v", p)
	}
	if h := get[rest.HubList](s, 200, "kim", "GET", at+"/hubs", "").Hubs; len(h) != 1 || h[0].Serial != "SN-1" {
		t.Errorf("%+v", h)
	}
	for _, token := range []string{"kim", paired.Token} {
		h := get[relay.HubView](s, 200, token, "GET", "/v1/hubs/SN-1", "")
		if h.Name != "현관" || len(h.Devices) != 2 || h.Devices[1].ID != "lamp" {
			t.Errorf("%s: %+v", token, h)
		}
		if d := get[rest.DeviceList](s, 200, token, "GET", "/v1/hubs/SN-1/devices", "").Devices; len(d) != 2 {
			t.Errorf("%s: %+v", token, d)
		}
	}
	get[none](s, 204, hub, "POST", "/v1/hubs/SN-1/report", `{"device":"lamp","values":{"on":true,"level":40},"version":2}`)
	d := get[relay.DeviceView](s, 200, "kim", "GET", "/v1/hubs/SN-1/devices/lamp", "")
	if d.Reported["on"] != true || d.Reported["level"] != 40.0 || d.Version != 2 {
		t.Errorf("%+v", d)
	}
	get[none](s, 204, hub, "POST", "/v1/hubs/SN-1/press", "")
	get[none](s, 204, hub, "POST", "/v1/hubs/SN-1/withdraw", "")

	tokens := get[rest.TokenList](s, 200, "kim", "GET", "/v1/hubs/SN-1/tokens", "").Tokens
	if len(tokens) != 1 || tokens[0].ID != paired.ID || tokens[0].Person != "kim" {
		t.Errorf("%+v", tokens)
	}
	get[none](s, 204, "kim", "DELETE", "/v1/hubs/SN-1/tokens/"+paired.ID, "")
	get[none](s, 401, paired.Token, "GET", "/v1/hubs/SN-1", "")

	seen := map[device.Act]bool{}
	for before := int64(0); ; {
		page := get[rest.AuditPage](s, 200, "kim", "GET", fmt.Sprintf("%s/audit?limit=2&before=%d", at, before), "")
		for _, e := range page.Entries {
			seen[e.Act] = true
		}
		if before = page.Next; before == 0 {
			break
		}
	}
	for _, act := range []device.Act{device.ActPaired, device.ActPlaceNamed, device.ActPressed, device.ActUnpaired} {
		if !seen[act] {
			t.Errorf("the audit log has no %s: %v", act, seen)
		}
	}
	get[none](s, 404, "kim", "DELETE", "/v1/places/other/hubs/SN-1", "")
	get[none](s, 204, "kim", "DELETE", at+"/hubs/SN-1", "")
	get[none](s, 404, "kim", "GET", "/v1/hubs/SN-1", "")
}

// People of a place: invited, promoted, gone.
func TestMembers(t *testing.T) {
	s := newServer(t)
	p := get[relay.PlaceView](s, 201, "kim", "POST", "/v1/places", `{"name":"집"}`)
	at := "/v1/places/" + p.ID
	i := get[rest.Invitation](s, 201, "kim", "POST", at+"/invitations", `{}`)
	if i.Role != device.HouseMember || time.Until(i.ExpiresAt) < 71*time.Hour {
		t.Errorf("%+v", i)
	}
	accept := `{"secret":"` + i.Secret + `"}`
	if p := get[relay.PlaceView](s, 200, "lee", "POST", "/v1/invitations/accept", accept); len(p.Members) != 2 {
		t.Errorf("%+v", p)
	}
	get[none](s, 404, "park", "POST", "/v1/invitations/accept", accept)
	get[none](s, 403, "lee", "POST", at+"/invitations", `{"role":"owner"}`)
	get[none](s, 403, "lee", "PUT", at+"/members/lee", `{"role":"owner"}`)
	get[none](s, 409, "kim", "DELETE", at+"/members/kim", "")
	get[relay.PlaceView](s, 200, "kim", "PUT", at+"/members/lee", `{"role":"owner"}`)
	get[none](s, 204, "kim", "DELETE", at+"/members/kim", "")
	get[none](s, 404, "kim", "GET", at, "")
	if m := get[rest.MemberList](s, 200, "lee", "GET", at+"/members", "").Members; len(m) != 1 || m[0].Person != "lee" || m[0].Role != device.Owner {
		t.Errorf("%+v", m)
	}
	get[none](s, 204, "lee", "DELETE", at, "")
	get[none](s, 404, "lee", "GET", at, "")
}

// A command waits for its outcome, is the same by its key, and is refused by who has seen another state.
func TestCommands(t *testing.T) {
	s := newServer(t)
	hub := s.box()
	token := s.pair(hub).Token
	const at = "/v1/hubs/SN-1/devices/lamp"

	c := get[relay.CommandView](s, 202, token, "POST", at+"/commands", `{"set":{"on":true}}`, "Idempotency-Key: k1")
	if again := get[relay.CommandView](s, 202, "kim", "POST", at+"/commands", `{"set":{"on":true}}`, "Idempotency-Key: k1"); again.ID != c.ID {
		t.Errorf("again it is %s, not %s", again.ID, c.ID)
	}
	get[none](s, 409, token, "POST", at+"/commands", `{"set":{"on":false}}`, "Idempotency-Key: k1")

	ended := make(chan *http.Response, 1)
	go func() { ended <- s.do(token, "GET", "/v1/hubs/SN-1/commands/"+c.ID+"?wait=20", "") }()
	due := s.due(hub)
	if len(due) != 1 || due[0].ID != c.ID || due[0].Set["on"] != true || due[0].ExpiresIn <= 0 || due[0].Now.IsZero() {
		t.Fatalf("%+v", due)
	}
	get[relay.CommandView](s, 200, hub, "POST", "/v1/hubs/SN-1/answer", `{"command":"`+c.ID+`","done":true}`)
	res := <-ended
	if err := json.NewDecoder(res.Body).Decode(&c); err != nil || res.StatusCode != http.StatusOK || c.State != device.Done {
		t.Errorf("%d %+v, %v", res.StatusCode, c, err)
	}
	get[none](s, 404, hub, "POST", "/v1/hubs/SN-1/answer", `{"command":"`+c.ID+`","done":true}`)

	res = s.do("kim", "GET", at, "")
	tag := res.Header.Get("ETag")
	var d relay.DeviceView
	if err := json.NewDecoder(res.Body).Decode(&d); err != nil || tag != fmt.Sprintf(`"%d"`, d.Rev) {
		t.Fatalf("ETag %s of %+v, %v", tag, d, err)
	}
	get[none](s, 304, "kim", "GET", at, "", "If-None-Match: W/\"0\", "+tag)
	if got := s.do("kim", "GET", at, "", "If-None-Match: "+tag).Header.Get("ETag"); got != tag {
		t.Errorf("ETag of a 304 is %q", got)
	}
	get[relay.DeviceView](s, 200, "kim", "GET", at, "", `If-None-Match: "999"`)
	get[relay.CommandView](s, 202, "kim", "POST", at+"/commands", `{"set":{"level":30}}`, "If-Match: "+tag)
	get[none](s, 412, "kim", "POST", at+"/commands", `{"set":{"level":40}}`, "If-Match: "+tag)
	get[none](s, 422, "kim", "POST", at+"/commands", `{"set":{"level":40}}`, `If-Match: "1", "2"`)

	get[relay.CommandView](s, 202, "kim", "POST", at+"/commands", `{"set":{"on":false}}`)
	page := get[rest.CommandPage](s, 200, "kim", "GET", "/v1/hubs/SN-1/commands?limit=2", "")
	further := get[rest.CommandPage](s, 200, token, "GET", "/v1/hubs/SN-1/commands?limit=2&before="+page.Next, "")
	if len(page.Commands) != 2 || len(further.Commands) != 1 || further.Commands[0].ID != c.ID || further.Next != "" {
		t.Errorf("%+v, %+v", page, further)
	}
}
