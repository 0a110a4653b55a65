package madang_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// tokens is a guard: a token "user" or "user/seconds" proves the user for so long.
func tokens(_ context.Context, cr madang.Credentials) (*madang.Principal, error) {
	name, life, limited := strings.Cut(cr.Token, "/")
	if name == "" {
		return nil, madang.ErrUnauthenticated
	}
	p := &madang.Principal{User: name}
	if limited {
		d, err := time.ParseDuration(life)
		if err != nil {
			return nil, madang.ErrUnauthenticated
		}
		p.Expires = time.Now().Add(d)
	}
	return p, nil
}

func renew(t *testing.T, c *madang.Conn, token string) error {
	t.Helper()
	return c.Renew(t.Context(), madang.Credentials{Token: token})
}

func TestPrincipalExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Guards: map[string]madang.Guard{"api": madang.GuardFunc(tokens)}})
		begin := func() (*valve, *madang.Conn) {
			v, c := connect(t, h, &madang.Principal{User: "ann", Expires: time.Now().Add(time.Minute)}, wordy{})
			sub(t, c, 0, "r")
			return v, c
		}
		v, c := begin()
		kept, renewed := begin()
		_, stranger := begin()
		time.Sleep(59 * time.Second)
		publish(t, h, "r", "1", "")
		if err := renew(t, renewed, "ann/10m"); err != nil {
			t.Fatal(err)
		}
		if err := renew(t, stranger, "bob/10m"); !errors.Is(err, madang.ErrForbidden) {
			t.Errorf("renewed as somebody else: %v", err)
		}
		if err := renew(t, stranger, ""); !errors.Is(err, madang.ErrUnauthenticated) {
			t.Errorf("renewed as nobody: %v", err)
		}
		time.Sleep(2 * time.Second)
		publish(t, h, "r", "2", "")
		synctest.Wait()
		for _, c := range []*madang.Conn{c, stranger} {
			if _, err := c.Publish(t.Context(), &madang.Message{Channel: madang.Channel{Name: "r"}}); err == nil {
				t.Error("published with credentials that have expired")
			}
		}
		if got := v.text(); got != "1,bye expired" || v.ended() != "expired" {
			t.Errorf("heard %s, ended as %q", got, v.ended())
		}
		if got := kept.text(); got != "1,2" || kept.ended() != "" {
			t.Errorf("renewed, it heard %s, ended as %q", got, kept.ended())
		}
		time.Sleep(10 * time.Minute)
		if got := kept.ended(); got != "expired" {
			t.Errorf("the second life ended as %q", got)
		}
	})
}

// A renewal asks the policies again, with what the client had sent to prove its right.
func TestRenewAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		banned := false
		policy := func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Channel.Name == "private" && (r.Proof == nil || r.Proof.Signature != "signed") || r.Channel.Name == "room" && banned {
				return nil, madang.ErrForbidden
			}
			return &madang.Grant{}, nil
		}
		h := startHub(t, madang.Config{
			Guards:   map[string]madang.Guard{"api": madang.GuardFunc(tokens)},
			Policies: []madang.Policy{madang.PolicyFunc(policy)},
		})
		_, c := connect(t, h, user("ann"), wordy{})
		private := madang.Channel{Name: "private"}
		if _, err := c.Subscribe(t.Context(), private, madang.SubscribeOptions{}); !errors.Is(err, madang.ErrForbidden) {
			t.Errorf("without proof: %v", err)
		}
		if _, err := c.Subscribe(t.Context(), private, madang.SubscribeOptions{Proof: &madang.Proof{Signature: "signed"}}); err != nil {
			t.Fatal(err)
		}
		sub(t, c, 0, "room", "other")
		banned = true
		if err := renew(t, c, "ann"); err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, s := range c.Subscriptions() {
			left = append(left, s.Channel().Name)
		}
		if got := strings.Join(left, ","); got != "private,other" {
			t.Errorf("left: %s", got)
		}
		if o := c.Owner().(*owner); strings.Join(o.revoked, ",") != "room" {
			t.Errorf("the dialect was told of %v", o.revoked)
		}
	})
}

// A grant may end before the connection does, and be given again.
func TestGrantExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			g := &madang.Grant{}
			if r.Channel.Name != "always" {
				g.Expires = time.Now().Add(time.Minute)
			}
			return g, nil
		}
		h := startHub(t, madang.Config{Policies: []madang.Policy{madang.PolicyFunc(policy)}})
		v, c := connect(t, h, user("ann"), wordy{})
		sub(t, c, 0, "always", "a", "b", "left")
		c.Unsubscribe(madang.Channel{Name: "left"})
		time.Sleep(50 * time.Second)
		sub(t, c, 0, "b") // asks again
		time.Sleep(11 * time.Second)
		for _, name := range []string{"always", "a", "b", "left"} {
			publish(t, h, name, name, "")
		}
		synctest.Wait()
		if got := v.text(); got != "always,b" {
			t.Errorf("heard %s", got)
		}
		if o := c.Owner().(*owner); strings.Join(o.revoked, ",") != "a" {
			t.Errorf("the dialect was told of %v", o.revoked)
		}
	})
}

func TestMessageRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{MessageRate: 5, MessageBurst: 10}})
		_, c := connect(t, h, user("ann"), wordy{})
		spent := func(tries int) (n int) {
			for range tries {
				err := c.Spend()
				switch {
				case err == nil:
					n++
				case !errors.Is(err, madang.ErrTooMany):
					t.Errorf("spend: %v", err)
				}
			}
			return n
		}
		if n := spent(50); n != 10 {
			t.Errorf("%d in a burst of 10", n)
		}
		time.Sleep(time.Second)
		if n := spent(50); n != 5 {
			t.Errorf("%d after a second", n)
		}
		time.Sleep(time.Hour)
		if n := spent(50); n != 10 {
			t.Errorf("%d after an hour", n)
		}
	})
}
