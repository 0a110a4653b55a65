package relay_test

import (
	"context"
	"errors"
	"testing"

	"madang"
	"madang/device"
	"madang/device/relay"
)

func TestHubGuard(t *testing.T) {
	w := newWorld(t, 1)
	f := w.nodes[0].device
	secret, err := f.Service().Register(t.Context(), app, "aa:bb", "현관")
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.HubGuard().Authenticate(t.Context(), madang.Credentials{App: app, Token: "aa:bb:" + secret})
	if err != nil || p.Guard != relay.GuardHub || p.User != "hub:aa:bb" || p.App != app {
		t.Errorf("%+v, %v", p, err)
	}
	for _, token := range []string{"", "aa:bb", "aa:bb:", "aa:bb:" + secret + "x", "aa:" + secret, secret, ":" + secret} {
		_, err := f.HubGuard().Authenticate(t.Context(), madang.Credentials{App: app, Token: token})
		fails(t, err, madang.ErrUnauthenticated)
	}
	_, err = f.HubGuard().Authenticate(t.Context(), madang.Credentials{App: "other", Token: "aa:bb:" + secret})
	fails(t, err, madang.ErrUnauthenticated)
}

func TestTokenGuard(t *testing.T) {
	w := newWorld(t, 1)
	box := w.node(0).box("box1")
	kim := w.node(0).connect(person("kim"))
	id := kim.pair(box)[len("signed "):]
	f := w.nodes[0].device
	token, err := w.store.Token(t.Context(), app, id, w.now())
	if err != nil {
		t.Fatal(err)
	}
	good := device.Claims{ID: id, Subject: "kim", Serial: "box1", Audience: "hub:box1", IssuedAt: token.IssuedAt, ExpiresAt: token.ExpiresAt}
	show := func(c device.Claims, verified error) (*madang.Principal, error) {
		g := f.TokenGuard("us", func(context.Context, string) ([]byte, error) { return c.Payload("us"), verified })
		return g.Authenticate(t.Context(), madang.Credentials{App: app, Token: "x"})
	}
	p, err := show(good, nil)
	if err != nil || p.Guard != relay.GuardToken || p.User != "token:"+id || !p.Expires.Equal(token.ExpiresAt) || p.Claim("jti") != id {
		t.Fatalf("%+v, %v", p, err)
	}
	w.node(0).connect(p).call("device.devices", `{"hub":"box1"}`, nil)
	for name, change := range map[string]func(*device.Claims){
		"subject": func(c *device.Claims) { c.Subject = "lee" }, "id": func(c *device.Claims) { c.ID = "other" },
		"serial": func(c *device.Claims) { c.Serial, c.Audience = "box2", "hub:box2" },
	} {
		c := good
		change(&c)
		if _, err := show(c, nil); !errors.Is(err, madang.ErrUnauthenticated) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	_, err = show(good, errors.New("the signature is wrong"))
	fails(t, err, madang.ErrUnauthenticated)
	kim.call("device.unpair", `{"hub":"box1"}`, nil)
	_, err = show(good, nil)
	fails(t, err, madang.ErrUnauthenticated)
}
