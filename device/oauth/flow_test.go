package oauth_test

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
)

func TestFlow(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		h, _ := w.box("SN-1")
		a := w.ask(h)
		if !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(a.UserCode) || a.ExpiresIn != 10*time.Minute || a.Interval != 5*time.Second {
			t.Fatalf("%+v", a)
		}
		w.poll(h, a, oauth.ErrPending)
		g, err := w.look("kim", " "+strings.ToLower(strings.ReplaceAll(a.UserCode, "-", " ")))
		w.ok(err)
		if g.Hub != "SN-1" || g.Address != "192.0.2.7" {
			t.Errorf("%+v", g)
		}
		w.fails(w.Decide(ctx, someone("kim"), "SN-1", "another", true, ""), device.ErrNotFound)
		w.ok(w.Decide(ctx, someone("kim"), "SN-1", g.ID, true, ""))
		if places, err := w.rules.Places(ctx, someone("kim")); err != nil || len(places) != 0 {
			t.Errorf("before the hub has its token there are %v, %v", places, err)
		}
		_, err = w.look("lee", a.UserCode)
		w.fails(err, device.ErrNotFound) // it has been decided about
		w.fails(w.Decide(ctx, someone("lee"), "SN-1", g.ID, false, ""), device.ErrNotFound)

		other, _ := w.box("SN-2")
		_, err = w.Poll(ctx, other, a.DeviceCode)
		w.fails(err, oauth.ErrUnknown)
		p := w.poll(h, a, nil)
		w.poll(h, a, oauth.ErrUnknown)
		by, token, err := w.rules.ByToken(ctx, app, p.ID)
		w.ok(err)
		if token.Person != "kim" || token.Hub != "SN-1" || p.Token != "jti."+p.ID {
			t.Errorf("%+v, %+v", token, p)
		}
		if _, err := w.rules.Hub(ctx, by, "SN-1"); err != nil {
			t.Error(err)
		}
		_, err = w.rules.Places(ctx, by) // it is no session of the person's
		w.fails(err, device.ErrForbidden)
	})
}

// Somebody refuses; somebody may not; somebody agrees and may not any more.
func TestRefused(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		h, _ := w.box("SN-1")
		a := w.ask(h)
		g, err := w.look("kim", a.UserCode)
		w.ok(err)
		w.ok(w.Decide(ctx, someone("kim"), "SN-1", g.ID, false, ""))
		w.poll(h, a, oauth.ErrDenied)
		w.pass(time.Minute)
		w.poll(h, a, oauth.ErrDenied)

		a = w.ask(h)
		g, err = w.look("kim", a.UserCode)
		w.ok(err)
		w.fails(w.Decide(ctx, someone("kim"), "SN-1", g.ID, true, "no place of theirs"), device.ErrForbidden)
		w.ok(w.Decide(ctx, someone("kim"), "SN-1", g.ID, true, ""))
		w.locked["kim"] = true
		w.poll(h, a, oauth.ErrDenied)
		w.poll(h, a, oauth.ErrUnknown)
		w.locked["kim"] = false

		// Now it comes to a place of kim's; nobody else becomes a member by it.
		w.pass(time.Minute)
		p, err := w.rules.MakePlace(ctx, someone("kim"), "집")
		w.ok(err)
		a = w.ask(h)
		g, err = w.look("kim", a.UserCode)
		w.ok(err)
		w.ok(w.Decide(ctx, someone("kim"), "SN-1", g.ID, true, p.ID))
		if got := w.poll(h, a, nil); got.Hub.Place != p.ID {
			t.Errorf("%+v", got)
		}
		w.pass(time.Minute)
		a = w.ask(h)
		_, err = w.look("mallory", a.UserCode)
		w.fails(err, device.ErrForbidden)
		g, err = w.look("kim", a.UserCode)
		w.ok(err)
		w.fails(w.Decide(ctx, someone("mallory"), "SN-1", g.ID, false, ""), device.ErrForbidden)
		if p, err := w.rules.OfPlace(ctx, someone("kim"), p.ID); err != nil || len(p.Members) != 1 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// Codes end by time, by a step of the clock, and by a new request; a hub that asks too often has to wait.
func TestEnds(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		h, _ := w.box("SN-1")
		a := w.ask(h)
		wait, err := errors.AsType[*pairing.WaitError](func() error { _, err := w.Ask(ctx, h, ""); return err }())
		if !err || wait.Retry != 5*time.Second {
			t.Errorf("%v, %v", wait, err)
		}
		g, lookErr := w.look("kim", a.UserCode)
		w.ok(lookErr)
		w.pass(10 * time.Minute)
		w.poll(h, a, oauth.ErrExpired)
		_, lookErr = w.look("kim", a.UserCode)
		w.fails(lookErr, device.ErrNotFound)
		w.fails(w.Decide(ctx, someone("kim"), "SN-1", g.ID, true, ""), device.ErrNotFound)

		a = w.ask(h)
		w.pass(-time.Hour)
		w.poll(h, a, oauth.ErrExpired)
		w.pass(time.Hour)
		w.poll(h, a, oauth.ErrPending)
		w.pass(5 * time.Second)
		b := w.ask(h)
		w.poll(h, a, oauth.ErrUnknown)
		_, lookErr = w.look("kim", a.UserCode)
		w.fails(lookErr, device.ErrNotFound)
		w.poll(h, b, oauth.ErrPending)

		// It was approved, and the hub came too late.
		g, lookErr = w.look("kim", b.UserCode)
		w.ok(lookErr)
		w.ok(w.Decide(ctx, someone("kim"), "SN-1", g.ID, true, ""))
		w.pass(10 * time.Minute)
		w.poll(h, b, oauth.ErrExpired)
	})
}

// slow_down makes the interval longer for good.
func TestSlowDown(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *world) {
		h, _ := w.box("SN-1")
		a := w.ask(h)
		w.poll(h, a, oauth.ErrPending)
		for _, x := range []struct {
			after time.Duration
			want  error
		}{
			{5 * time.Second, oauth.ErrPending}, {5*time.Second - 1e6, oauth.ErrSlow}, // 10 s from now on
			{10*time.Second - 1e6, oauth.ErrSlow}, // 15 s
			{15 * time.Second, oauth.ErrPending}, {14 * time.Second, oauth.ErrSlow}, {20 * time.Second, oauth.ErrPending},
		} {
			w.pass(x.after)
			w.poll(h, a, x.want)
		}
	})
}

// Of many who redeem at once, on several nodes, one has the token.
func TestRedeemedOnce(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *world) {
		h, _ := w.box("SN-1")
		a := w.ask(h)
		g, err := w.look("kim", a.UserCode)
		w.ok(err)
		var approved, redeemed atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if w.Decide(t.Context(), someone("kim"), "SN-1", g.ID, true, "") == nil {
					approved.Add(1)
				}
			})
		}
		all.Wait()
		for range 8 {
			all.Go(func() {
				if _, err := w.Poll(t.Context(), h, a.DeviceCode); err == nil {
					redeemed.Add(1)
				} else if !errors.Is(err, oauth.ErrUnknown) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if tokens, err := w.store.TokensOf(t.Context(), app, "SN-1", w.now()); approved.Load() != 1 || redeemed.Load() != 1 || err != nil || len(tokens) != 1 {
			t.Errorf("approved %d times, redeemed %d times: %v, %v", approved.Load(), redeemed.Load(), tokens, err)
		}
	})
}

// Guessing is counted by person and by address, whether right or wrong.
func TestGuessing(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *world) {
		h, _ := w.box("SN-1")
		a := w.ask(h)
		for range 10 {
			_, err := w.look("kim", "BBBB-BBBB")
			w.fails(err, device.ErrNotFound)
		}
		_, err := w.look("kim", a.UserCode)
		if wait, ok := errors.AsType[*pairing.WaitError](err); !ok || wait.Of != "person" {
			t.Errorf("%v", err)
		}
		from := netip.MustParseAddr("198.51.100.1")
		for i := range 20 {
			_, err := w.Look(t.Context(), someone(string(rune('a'+i))), from, "not a code")
			w.fails(err, device.ErrNotFound)
		}
		_, err = w.Look(t.Context(), someone("z"), from, a.UserCode)
		if wait, ok := errors.AsType[*pairing.WaitError](err); !ok || wait.Of != "address" {
			t.Errorf("%v", err)
		}
	})
}

func TestConfig(t *testing.T) {
	for _, change := range []func(*oauth.Config){
		func(c *oauth.Config) { c.URL = "" }, func(c *oauth.Config) { c.URL = "https://home.example/path" },
		func(c *oauth.Config) { c.URL = "ftp://home.example" }, func(c *oauth.Config) { c.App = "" }, func(c *oauth.Config) { c.TTL = time.Hour },
		func(c *oauth.Config) { c.Interval = 0 }, func(c *oauth.Config) { c.Interval = 1500 * time.Millisecond }, func(c *oauth.Config) { c.Locale = "de" },
	} {
		c := config()
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if _, err := oauth.NewFlow(config(), oauth.Deps{}); err == nil {
		t.Error("nothing is enough")
	}
}
