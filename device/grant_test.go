package device_test

import (
	"testing"
	"time"

	"madang/device"
)

// Grant takes a hub into a place of one's own, new or chosen, and nobody else's hub anywhere.
func TestGrant(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.box("box1")
		w.box("box2")
		kim, lee := someone("kim"), someone("lee")
		w.ok(w.MayGrant(ctx, kim, "box1", ""))
		paired, err := w.Grant(ctx, kim, "box1", "")
		w.ok(err)
		p := w.placeOf(kim)
		if paired.Hub.Place != p.ID || p.Name != "현관" || !paired.ExpiresAt.Equal(w.now().Add(30*time.Hour)) {
			t.Fatalf("%+v in %+v", paired, p)
		}
		by, _, err := w.ByToken(ctx, app, paired.ID)
		w.ok(err)
		w.command(by, sets("lamp", "on", true))

		for _, x := range []struct {
			who           device.Actor
			serial, place string
			want          error
		}{
			{lee, "box1", "", device.ErrNotFound}, // the hub is in a place where lee is not
			{lee, "box1", p.ID, device.ErrNotFound},
			{lee, "box2", p.ID, device.ErrNotFound},
			{kim, "box1", "p9", device.ErrForbidden},
			{kim, "box2", "p9", device.ErrNotFound},
			{kim, "box9", "", device.ErrNotFound},
			{by, "box2", "", device.ErrForbidden}, // a token pairs nobody with anything
			{device.Actor{App: app}, "box2", "", device.ErrForbidden},
		} {
			w.fails(w.MayGrant(ctx, x.who, x.serial, x.place), x.want)
			_, err := w.Grant(ctx, x.who, x.serial, x.place)
			w.fails(err, x.want)
		}
		_, err = w.Grant(ctx, kim, "box2", p.ID)
		w.ok(err)
		if hubs, err := w.Hubs(ctx, kim, p.ID); err != nil || len(hubs) != 2 || len(w.placeOf(kim).Members) != 1 {
			t.Errorf("%+v, %v", hubs, err)
		}
		secret, err := w.Invite(ctx, kim, p.ID, device.HouseMember)
		w.ok(err)
		_, err = w.Join(ctx, lee, secret)
		w.ok(err)
		_, err = w.Grant(ctx, lee, "box2", "")
		w.ok(err)
		w.locked["kim"] = true
		_, err = w.Grant(ctx, kim, "box2", "")
		w.fails(err, device.ErrForbidden)
	})
}

// What members look at, and what strangers and tokens of other hubs do not.
func TestLook(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.box("box1")
		w.box("box2")
		kim, lee := someone("kim"), someone("lee")
		kimBy, leeBy := w.pair(kim, "box1"), w.pair(lee, "box1")
		elsewhere := w.pair(someone("park"), "box2")
		first := w.command(kim, sets("lamp", "on", true))
		second := w.command(leeBy, sets("lamp", "on", false))
		for _, a := range []device.Actor{kim, lee, kimBy, leeBy} {
			h, err := w.Hub(ctx, a, "box1")
			w.ok(err)
			d, err := w.Device(ctx, a, "box1", "lamp")
			w.ok(err)
			list, err := w.Commands(ctx, a, "box1", "", 0)
			w.ok(err)
			c, err := w.CommandOf(ctx, a, "box1", first.ID)
			w.ok(err)
			if h.Serial != "box1" || d.ID != "lamp" || len(list) != 2 || list[0].ID != second.ID || c.ID != first.ID {
				t.Errorf("%+v sees %+v, %+v, %+v, %+v", a, h, d, list, c)
			}
		}
		if list, err := w.Commands(ctx, kim, "box1", second.ID, 1); err != nil || len(list) != 1 || list[0].ID != first.ID {
			t.Errorf("%+v, %v", list, err)
		}
		for _, a := range []device.Actor{someone("mallory"), elsewhere} {
			_, err := w.Hub(ctx, a, "box1")
			w.fails(err, device.ErrNotFound)
			_, err = w.Device(ctx, a, "box1", "lamp")
			w.fails(err, device.ErrNotFound)
			_, err = w.Commands(ctx, a, "box1", "", 0)
			w.fails(err, device.ErrNotFound)
			_, err = w.CommandOf(ctx, a, "box1", first.ID)
			w.fails(err, device.ErrNotFound)
			_, err = w.Tokens(ctx, a, "box1")
			w.fails(err, device.ErrNotFound)
		}
		_, err := w.CommandOf(ctx, elsewhere, "box2", first.ID) // of a hub that they have, a command that it has not
		w.fails(err, device.ErrNotFound)
		p, err := w.OfPlace(ctx, kim, w.placeOf(kim).ID)
		w.ok(err)
		if len(p.Members) != 2 {
			t.Errorf("%+v", p)
		}
		_, err = w.OfPlace(ctx, someone("mallory"), p.ID)
		w.fails(err, device.ErrNotFound)
	})
}

// Everybody ends their own tokens, an owner everybody's.
func TestEndToken(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.box("box1")
		kim, lee := someone("kim"), someone("lee")
		kimBy, leeBy := w.pair(kim, "box1"), w.pair(lee, "box1")
		another := w.pair(lee, "box1")
		count := func(a device.Actor) int {
			list, err := w.Tokens(ctx, a, "box1")
			w.ok(err)
			return len(list)
		}
		if count(kim) != 3 || count(lee) != 2 || count(kimBy) != 1 || count(leeBy) != 1 {
			t.Errorf("%d, %d, %d, %d tokens", count(kim), count(lee), count(kimBy), count(leeBy))
		}
		w.fails(w.EndToken(ctx, lee, "box1", kimBy.Token), device.ErrNotFound)
		w.fails(w.EndToken(ctx, leeBy, "box1", another.Token), device.ErrNotFound)
		w.ok(w.EndToken(ctx, leeBy, "box1", leeBy.Token))
		_, err := w.Command(ctx, leeBy, sets("lamp", "on", true))
		w.fails(err, device.ErrUnauthenticated)
		w.ok(w.EndToken(ctx, kim, "box1", another.Token))
		_, err = w.Command(ctx, another, sets("lamp", "on", true))
		w.fails(err, device.ErrUnauthenticated)
		w.fails(w.EndToken(ctx, kim, "box1", another.Token), device.ErrNotFound)
		if len(w.ended) != 2 || w.ended[0].Tokens[0] != leeBy.Token || w.ended[1].Tokens[0] != another.Token {
			t.Errorf("%+v", w.ended)
		}
	})
}

// Who has a hub later does not see what was done with it before.
func TestSold(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.box("box1")
		kim, lee := someone("kim"), someone("lee")
		w.pair(kim, "box1")
		before := w.command(kim, sets("lamp", "on", true))
		w.ok(w.RemoveHub(ctx, kim, "box1"))
		w.pair(lee, "box1")
		if list, err := w.Commands(ctx, lee, "box1", "", 0); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		_, err := w.CommandOf(ctx, lee, "box1", before.ID)
		w.fails(err, device.ErrNotFound)
		after := w.command(lee, sets("lamp", "on", false))
		if list, err := w.Commands(ctx, lee, "box1", "", 0); err != nil || len(list) != 1 || list[0].ID != after.ID {
			t.Errorf("%+v, %v", list, err)
		}
		_, err = w.CommandOf(ctx, lee, "box1", after.ID)
		w.ok(err)
	})
}
