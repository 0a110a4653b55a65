package token

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// kinds are details of every row of the client id matrix.
func kinds(t *testing.T) (r *rig, key, bob, wild, none *Details) {
	t.Helper()
	r = newRig(t)
	key, err := r.Basic(key1)
	if err != nil {
		t.Fatal(err)
	}
	with := func(id string) *Details {
		return r.verify(t, r.issue(t, r.request(func(q *Request) { q.ClientID = id })).Token)
	}
	return r, key, with("bob"), with("*"), with("")
}

func TestClientIDs(t *testing.T) {
	_, key, bob, wild, none := kinds(t)
	for _, x := range []struct {
		what     string
		d        *Details
		claim    string
		id       string
		wildcard bool
		code     int
	}{
		{"key", key, "", "", true, 0},
		{"key", key, "bob", "bob", false, 0},
		{"key", key, "*", "", true, 0},
		{"key", key, "a\nb", "", false, CodeClientID},
		{"bob", bob, "", "bob", false, 0},
		{"bob", bob, "bob", "bob", false, 0},
		{"bob", bob, "eve", "", false, CodeIncompatible},
		{"bob", bob, "*", "", false, CodeIncompatible},
		{"wildcard", wild, "", "", true, 0},
		{"wildcard", wild, "eve", "eve", false, 0},
		{"wildcard", wild, strings.Repeat("e", 1025), "", false, CodeClientID},
		{"none", none, "", "", false, 0},
		{"none", none, "eve", "", false, CodeClientID},
		{"none", none, "*", "", false, CodeClientID},
	} {
		before := *x.d
		got, err := x.d.Identify(x.claim)
		wants(t, x.what+" as "+x.claim, err, x.code)
		if x.code == 0 && (got.ClientID != x.id || got.Wildcard != x.wildcard) {
			t.Errorf("%s as %q: %+v", x.what, x.claim, got)
		}
		if before.ClientID != x.d.ClientID || before.Wildcard != x.d.Wildcard {
			t.Errorf("%s as %q: the details themselves have changed", x.what, x.claim)
		}
	}
	for _, x := range []struct {
		what          string
		d             *Details
		claim, id     string
		publish, come int
	}{
		{"key", key, "", "", 0, CodeClientID},
		{"key", key, "eve", "eve", 0, 0},
		{"key", key, "*", "", CodeClientID, CodeClientID},
		{"bob", bob, "", "bob", 0, 0},
		{"bob", bob, "bob", "bob", 0, 0},
		{"bob", bob, "eve", "", CodeClientID, CodeClientID},
		{"bob", bob, "*", "", CodeClientID, CodeClientID},
		{"wildcard", wild, "eve", "eve", 0, 0},
		{"wildcard", wild, "e\x00", "", CodeClientID, CodeClientID},
		{"none", none, "", "", 0, CodeClientID},
		{"none", none, "eve", "", CodeClientID, CodeClientID},
		{"none", none, "*", "", CodeClientID, CodeClientID},
	} {
		id, err := x.d.As(x.claim)
		wants(t, x.what+" publishes as "+x.claim, err, x.publish)
		present, err2 := x.d.Present(x.claim)
		wants(t, x.what+" is present as "+x.claim, err2, x.come)
		if id != x.id || x.come == 0 && present != x.id {
			t.Errorf("%s as %q: %q, present %q", x.what, x.claim, id, present)
		}
	}
}

func TestRenew(t *testing.T) {
	r, key, bob, wild, none := kinds(t)
	eve, err := wild.Identify("eve")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := r.Basic("app2.key2:secret of key2")
	if err != nil {
		t.Fatal(err)
	}
	otherKey := r.verify(t, r.issue(t, r.request(func(q *Request) { q.KeyName, q.ClientID = "app1.limited", "bob" })).Token)
	for _, x := range []struct {
		what      string
		old, next *Details
		id        string
		code      int
	}{
		{"the same", bob, bob, "bob", 0},
		{"bob with any", bob, wild, "bob", 0},
		{"bob with the key", bob, key, "bob", 0},
		{"bob as eve", bob, eve, "", CodeIncompatible},
		{"bob as nobody", bob, none, "", CodeIncompatible},
		{"eve as nobody", eve, none, "", CodeIncompatible},
		{"nobody as bob", none, bob, "bob", 0},
		{"nobody", none, none, "", 0},
		{"any", wild, wild, "", 0},
		{"another app", none, elsewhere, "", CodeIncompatible},
		{"another key", bob, otherKey, "bob", 0},
	} {
		d, err := r.Renew(x.old, x.next)
		wants(t, x.what, err, x.code)
		if err == nil && (d.ClientID != x.id || !d.Capability.Equal(x.next.Capability) || d.Expires != x.next.Expires) {
			t.Errorf("%s: %+v", x.what, d)
		}
	}
}

func TestBasic(t *testing.T) {
	r := newRig(t)
	d, err := r.Basic("app1.limited:limited secret")
	if err != nil || d.App != "app1" || d.Key != "app1.limited" || !d.Basic || !d.Wildcard || !d.Expires.IsZero() || d.Capability.Ops("channel2") == 0 {
		t.Errorf("%+v, %v", d, err)
	}
	for _, text := range []string{
		"", ":", "app1.key1", "app1.key1:", ":" + secret1, key1 + "x", "app1.key1:wrong", "this.is:wrong", "app1.nokey:x", "app2.key1:" + secret1,
		"app2.nosecret:", "app2.nosecret:x", "APP1.key1:" + secret1, "app1:key1:" + secret1, "app1.:x", ".key1:" + secret1,
	} {
		_, err := r.Basic(text)
		wants(t, text, err, CodeCredentials)
	}
}

func TestAuthenticate(t *testing.T) {
	r := newRig(t)
	token := r.issue(t, r.request()).Token
	jwt := jwts(t)["plain"]
	b64 := base64.StdEncoding.EncodeToString
	for header, want := range map[string]Credentials{
		"":                               {},
		"Basic " + b64([]byte(key1)):     {Key: key1},
		"basic  " + b64([]byte(key1)):    {Key: key1},
		"Bearer " + b64([]byte(token)):   {Token: token},
		"Bearer " + b64([]byte(jwt)):     {Token: jwt},
		"Bearer " + token:                {Token: token},
		"bearer " + jwt:                  {Token: jwt},
		"Bearer cGxhaW4=":                {Token: "cGxhaW4="},
		"Bearer " + b64([]byte("\xff.")): {Token: b64([]byte("\xff."))},
	} {
		got, err := FromHeader(header)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", header, got, err)
			continue
		}
		if strings.Contains(got.Token, ".") || got.Key != "" {
			if d, err := r.Authenticate(t.Context(), got); err != nil || d.Basic != (got.Key != "") {
				t.Errorf("%s: %+v, %v", header, d, err)
			}
		}
	}
	for _, header := range []string{
		"Basic", "Basic !", "Basic " + key1, "Basic " + b64([]byte("no colon")), "Bearer", "Bearer  ", "Digest x", key1, token,
		"Bearer " + strings.Repeat("a", MaxToken+1),
	} {
		_, err := FromHeader(header)
		wants(t, header[:min(len(header), 40)], err, CodeCredentials)
	}
	_, err := r.Authenticate(t.Context(), Credentials{})
	wants(t, "nothing", err, CodeCredentials)
	_, err = r.Authenticate(t.Context(), Credentials{Key: key1, Token: token})
	wants(t, "both", err, CodeCredentials)
}

func TestPrincipal(t *testing.T) {
	r, key, bob, wild, _ := kinds(t)
	p := bob.Principal()
	if p.App != "app1" || p.Guard != "ably" || p.User != "bob" || p.Expires != bob.Expires || p.Claims != nil {
		t.Errorf("%+v", p)
	}
	if p := wild.Principal(); p.User != "" {
		t.Errorf("%+v", p)
	}
	if p := key.Principal(); p.User != "" || !p.Expires.IsZero() {
		t.Errorf("%+v", p)
	}
	p = r.verify(t, jwts(t)["full"]).Principal()
	if got := p.Claim("ably.room.chat:1"); got != "moderator" || p.Claim("other") != nil {
		t.Errorf("%v in %s", got, p.Claims)
	}
}

func TestPromptAt(t *testing.T) {
	now := time.Unix(at, 0)
	for left, want := range map[time.Duration]time.Duration{
		time.Hour: time.Hour - 30*time.Second, 35 * time.Second: 5 * time.Second, 31 * time.Second: 5 * time.Second,
		30 * time.Second: 5 * time.Second, 10 * time.Second: 5 * time.Second, 8 * time.Second: 4 * time.Second,
		5500 * time.Millisecond: 2750 * time.Millisecond, 5499 * time.Millisecond: -1, 5 * time.Second: -1, 0: -1, -time.Hour: -1,
	} {
		d := &Details{Expires: now.Add(left)}
		got, ok := d.PromptAt(now)
		if ok != (want >= 0) || ok && got.Sub(now) != want {
			t.Errorf("%s left: %v, %v", left, got.Sub(now), ok)
		}
	}
	if _, ok := (&Details{}).PromptAt(now); ok {
		t.Error("who never expires is asked to renew")
	}
}
