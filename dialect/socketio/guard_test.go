package socketio_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
)

// guarded is a node whose namespace /g asks for a token.
func guarded(t testing.TB, mode socketio.Mode, more func(*socketio.NamespaceConfig)) *node {
	n := start(t, func(c *socketio.Config) {
		g := socketio.NamespaceConfig{Guard: "api", Mode: mode}
		if more != nil {
			more(&g)
		}
		c.Namespaces = map[string]socketio.NamespaceConfig{"/g": g}
	})
	g := n.io.Of("/g")
	g.On("whoami", func(s *socketio.Socket, e *socketio.Event) error { return e.Ack(s.User().User) })
	g.OnConnection(func(s *socketio.Socket) { _ = s.Emit("welcome", s.User().User) }) // a string
	return n
}

func TestAGuardRejects(t *testing.T) {
	n := guarded(t, socketio.Reject, nil)
	c := n.Session(t, at, nil)
	for auth, answer := range map[string]string{
		``:                        `{"message":"\uc5c6\uc74c","data":{"code":"token_missing","reason":"\uc5c6\uc74c"}}`,
		`{"token":"x:y"}`:         `{"message":"\uc544\ub2c8\uc694","data":{"code":"token_invalid","reason":"\uc544\ub2c8\uc694"}}`,
		`{"token":"mallory"}`:     `{"message":"Internal server error","data":{"code":"internal","reason":"Internal server error"}}`,
		`{"token":{"not":"one"}}`: `{"message":"\uc5c6\uc74c","data":{"code":"token_missing","reason":"\uc5c6\uc74c"}}`,
	} {
		if got := c.Join(t, "/g", auth); got != "44/g,"+answer {
			t.Errorf("%s: %s, want %s", auth, got, answer)
		}
	}
	c.Join(t, "/g", `{"token":"alice"}`)
	want(t, c, `42/g,["welcome","alice"]`)
}

func TestAGuardDisconnects(t *testing.T) {
	n := guarded(t, socketio.Disconnect, nil)
	c := n.Session(t, at, nil)
	if got := c.Join(t, "/g", ""); !strings.HasPrefix(got, "40/g,") {
		t.Fatal(got)
	}
	want(t, c, "41/g,")
	c.Join(t, "/g", `{"token":"alice"}`)
	want(t, c, `42/g,["welcome","alice"]`)
}

func TestAGuardRefusesEachEvent(t *testing.T) {
	for cause, refused := range map[bool]string{
		false: `42/g,["exception",{"status":"error","message":"\uc5c6\uc74c"}]`,
		true:  `42/g,["exception",{"status":"error","message":"\uc5c6\uc74c","cause":{"pattern":"whoami","data":{"a":1}}}]`,
	} {
		n := guarded(t, socketio.PerEvent, func(g *socketio.NamespaceConfig) { g.IncludeCause = cause })
		c := n.Session(t, at, nil)
		c.Join(t, "/g", "")
		c.Send(`42/g,3["whoami",{"a":1}]`)
		want(t, c, refused)
		c.Send(`42/g,4["renew",{"token":"alice"}]`)
		want(t, c, `43/g,4[{"expires":null}]`, `42/g,["welcome","alice"]`)
		c.Send(`42/g,5["whoami"]`)
		want(t, c, `43/g,5["alice"]`)
	}
}

// expires is a client of /g whose token is good for five minutes.
func expires(t *testing.T, mode socketio.Mode) (*node, *siotest.Socket) {
	n := guarded(t, mode, nil)
	n.io.On("alive", func(_ *socketio.Socket, e *socketio.Event) error { return e.Ack() })
	c := n.Session(t, at, nil)
	c.Join(t, "", "")
	c.Join(t, "/g", `{"token":"bob:5m"}`)
	want(t, c, `42/g,["welcome","bob"]`)
	return n, c
}

func TestAnExpiredTokenEndsTheSocketInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, c := expires(t, socketio.Reject)
		c.Until(t, `42/g,["token.expiring",{"expires":"`)
		if left := 5*time.Minute - time.Since(began); left != time.Minute {
			t.Errorf("told %v before the end", left)
		}
		want(t, c, "41/g,")
		if after := time.Since(began) - 5*time.Minute; after < 0 || after > time.Second {
			t.Errorf("ended %v after the token", after)
		}
		c.Send(`421["alive"]`)
		want(t, c, "431[]") // the client's other namespaces stay
	})
}

func TestARenewedTokenKeepsTheSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, c := expires(t, socketio.Reject)
		go func() {
			time.Sleep(4*time.Minute + 30*time.Second)
			c.Send(`42/g,1["renew",{"token":"bob:20m"}]`)
		}()
		c.Until(t, "43/g,1[{", `"expires":"2`)
		began := time.Now()
		c.Until(t, `42/g,["token.expiring",{"expires":"`)
		if wait := time.Since(began); wait != 19*time.Minute {
			t.Errorf("the next notice came after %v", wait)
		}
		c.Send(`42/g,2["renew",{"token":"alice"}]`)
		want(t, c, `43/g,2[{"error":{"code":"forbidden","message":"Forbidden resource"}}]`) // somebody else
		if err := n.io.Of("/g").Emit("still"); err != nil {
			t.Fatal(err)
		}
		want(t, c, `42/g,["still"]`)
	})
}

func TestAnExpiredTokenSilencesTheSocketInModePerEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, c := expires(t, socketio.PerEvent)
		go func() {
			time.Sleep(5*time.Minute + time.Second)
			if err := n.io.Of("/g").Emit("secret"); err != nil {
				t.Error(err)
			}
			c.Send(`42/g,1["whoami"]`)
		}()
		c.Until(t, `42/g,["token.expiring"`)
		want(t, c, `42/g,["exception",{"status":"error","message":"\ub9cc\ub8cc"}]`) // and not the secret
		c.Send(`42/g,2["renew",{"token":"bob:30m"}]`)
		c.Until(t, `43/g,2[{"expires"`)
		want(t, c, `42/g,["welcome","bob"]`)
		if err := n.io.Of("/g").Emit("news"); err != nil {
			t.Fatal(err)
		}
		want(t, c, `42/g,["news"]`)
	})
}

func TestATokenMayExpireWhileItsClientConnects(t *testing.T) {
	n := guarded(t, socketio.Reject, nil)
	c := n.Session(t, at, nil)
	for i := range 300 {
		got := c.Join(t, "/g", fmt.Sprintf(`{"token":"u%d:%dus"}`, i, i))
		if strings.HasPrefix(got, "40/g,") {
			c.Until(t, "41/g,")
		}
	}
	eventually(t, "nobody stays", func() bool { return n.io.Of("/g").Len() == 0 })
}
