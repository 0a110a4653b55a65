package device_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/device"
	"madang/device/pairing"
)

func (w *world) placeOf(a device.Actor) device.Place {
	w.t.Helper()
	all, err := w.Places(w.t.Context(), a)
	w.ok(err)
	if len(all) != 1 {
		w.t.Fatalf("%d places", len(all))
	}
	return all[0]
}

// The first to pair owns the place, the next are members of it; and each commands by their token.
func TestPair(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		w.fails(w.AskCode(t.Context(), someone("kim"), "box9", netip.Addr{}), pairing.ErrNoDisplay)
		kim := w.pair(someone("kim"), "box1")
		lee := w.pair(someone("lee"), "box1")
		p := w.placeOf(someone("kim"))
		if p.Name != "현관" || len(p.Members) != 2 || p.Members[0].Role != device.Owner || p.Members[1].Person != "lee" || p.Members[1].Role != device.HouseMember {
			t.Fatalf("%+v", p)
		}
		for _, a := range []device.Actor{kim, lee, someone("kim"), someone("lee")} {
			if c := w.command(a, sets("lamp", "on", true)); c.State != device.Sent {
				t.Errorf("%+v", c)
			}
		}
		_, err := w.Command(t.Context(), someone("mallory"), sets("lamp", "on", true))
		w.fails(err, device.ErrNotFound)
		if acts := w.acts(someone("kim"), p.ID); acts[0] != device.ActPaired || acts[len(acts)-1] != device.ActCommand {
			t.Errorf("the audit log has %v", acts)
		}
		_, err = w.Audit(t.Context(), someone("lee"), p.ID, 0, 0)
		w.fails(err, device.ErrForbidden)
	})
}

// What a token says, and that it is for one hub only, and does nothing else.
func TestTokens(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	w.box("box2")
	from := netip.MustParseAddr("192.0.2.1")
	w.ok(w.AskCode(t.Context(), someone("kim"), "box1", from))
	p, err := w.CheckCode(t.Context(), someone("kim"), "", from, w.codes["box1"]) // the hub they asked last
	w.ok(err)
	if want := p.ID + "|kim|box1|hub:box1|30h0m0s"; p.Token != want {
		t.Errorf("the token says %s, want %s", p.Token, want)
	}
	w.pair(someone("kim"), "box2")
	a, _, err := w.ByToken(t.Context(), app, p.ID)
	w.ok(err)
	o := sets("lamp", "on", true)
	o.Hub = "box2"
	_, err = w.Command(t.Context(), a, o)
	w.fails(err, device.ErrNotFound)
	_, err = w.Places(t.Context(), a)
	w.fails(err, device.ErrForbidden)
	stolen := a
	stolen.Person = "lee"
	_, err = w.Command(t.Context(), stolen, sets("lamp", "on", true))
	w.fails(err, device.ErrNotFound)
	w.pass(30 * time.Hour)
	_, err = w.Command(t.Context(), a, sets("lamp", "on", true))
	w.fails(err, device.ErrUnauthenticated)
	_, _, err = w.ByToken(t.Context(), app, p.ID)
	w.fails(err, device.ErrUnauthenticated)
}

func TestGuests(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		guest := w.pair(device.Actor{App: app}, "box1")
		if !strings.HasPrefix(guest.Person, "guest:") || guest.Token == "" {
			t.Fatalf("%+v", guest)
		}
		w.command(guest, sets("lamp", "on", true))
		_, err := w.Command(t.Context(), device.Actor{App: app}, sets("lamp", "on", true))
		w.fails(err, device.ErrNotFound)
		forged := device.Actor{App: app, Person: guest.Person}
		_, err = w.Command(t.Context(), forged, sets("lamp", "on", true)) // without the token
		w.fails(err, device.ErrNotFound)
		_, err = w.Places(t.Context(), guest)
		w.fails(err, device.ErrForbidden)
		w.ok(w.Unpair(t.Context(), guest, "box1", guest.Person))
		_, err = w.Command(t.Context(), guest, sets("lamp", "on", true))
		w.fails(err, device.ErrUnauthenticated)
	})
}

// Un-pairing and removing end what was paired, at once, and say so.
func TestEnds(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim, lee := w.pair(someone("kim"), "box1"), w.pair(someone("lee"), "box1")
		place := w.placeOf(someone("kim")).ID
		w.fails(w.Unpair(t.Context(), someone("lee"), "box1", "kim"), device.ErrForbidden)
		w.fails(w.Unpair(t.Context(), someone("mallory"), "box1", "kim"), device.ErrNotFound)
		w.ok(w.Unpair(t.Context(), someone("kim"), "box1", "lee"))
		_, err := w.Command(t.Context(), lee, sets("lamp", "on", true))
		w.fails(err, device.ErrUnauthenticated)
		if len(w.ended) != 1 || !slices.Equal(w.ended[0].Tokens, []string{lee.Token}) {
			t.Errorf("ended: %+v", w.ended)
		}
		w.command(someone("lee"), sets("lamp", "on", true)) // who still is a member

		w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
		waits := w.command(someone("lee"), sets("lamp", "on", false))
		lee = w.pair(someone("lee"), "box1")
		w.fails(w.Remove(t.Context(), someone("lee"), place, "kim"), device.ErrForbidden)
		w.ok(w.Remove(t.Context(), someone("kim"), place, "lee"))
		for _, a := range []device.Actor{lee, someone("lee")} {
			_, err := w.Command(t.Context(), a, sets("lamp", "on", true))
			if !errors.Is(err, device.ErrUnauthenticated) && !errors.Is(err, device.ErrNotFound) {
				t.Errorf("somebody who was removed commands: %v", err)
			}
		}
		if w.state(waits.ID) != device.Expired || len(w.desired("lamp")) != 0 {
			t.Errorf("what they wished waits on: %s, %v", w.state(waits.ID), w.desired("lamp"))
		}
		w.fails(w.Remove(t.Context(), someone("kim"), place, "kim"), device.ErrLastOwner)

		w.ok(w.RemoveHub(t.Context(), someone("kim"), "box1"))
		for _, a := range []device.Actor{kim, someone("kim")} {
			_, err := w.Command(t.Context(), a, sets("lamp", "on", true))
			if !errors.Is(err, device.ErrUnauthenticated) && !errors.Is(err, device.ErrNotFound) {
				t.Errorf("the hub that was removed is commanded: %v", err)
			}
		}
		last := w.ended[len(w.ended)-1]
		if last.Hub != "box1" || !slices.Equal(last.Tokens, []string{kim.Token}) {
			t.Errorf("ended: %+v", last)
		}
		w.pair(someone("park"), "box1") // who owns a new place with it
		if w.placeOf(someone("park")).ID == place {
			t.Error("a new owner has got the old place")
		}
	})
}

func TestLockedAccounts(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	kim := w.pair(someone("kim"), "box1")
	w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
	waits := w.command(kim, sets("lamp", "on", true))
	w.locked["kim"] = true
	from := netip.MustParseAddr("192.0.2.1")
	w.fails(w.AskCode(t.Context(), someone("kim"), "box1", from), device.ErrForbidden)
	_, err := w.CheckCode(t.Context(), someone("kim"), "box1", from, "000000")
	w.fails(err, device.ErrForbidden)
	for _, a := range []device.Actor{kim, someone("kim")} {
		_, err = w.Command(t.Context(), a, sets("lamp", "on", true))
		w.fails(err, device.ErrForbidden)
	}
	_, _, err = w.ByToken(t.Context(), app, kim.Token)
	w.fails(err, device.ErrUnauthenticated)
	_, err = w.Places(t.Context(), someone("kim"))
	w.fails(err, device.ErrForbidden)
	w.ok(w.EndPerson(t.Context(), app, "kim"))
	if len(w.ended) != 1 || !slices.Equal(w.ended[0].Tokens, []string{kim.Token}) {
		t.Errorf("ended: %+v", w.ended)
	}
	_, err = w.Arrive(t.Context(), app, "box1", "again")
	w.ok(err)
	if w.state(waits.ID) != device.Expired || len(w.delivered) != 0 {
		t.Errorf("what somebody wished who is locked was carried out: %v", w.delivered)
	}
}

func TestInvitations(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		p, err := w.MakePlace(t.Context(), someone("kim"), "우리 집")
		w.ok(err)
		secret, err := w.Invite(t.Context(), someone("kim"), p.ID, device.HouseMember)
		w.ok(err)
		_, err = w.Invite(t.Context(), someone("lee"), p.ID, device.Owner)
		w.fails(err, device.ErrNotFound)
		got, err := w.Join(t.Context(), someone("lee"), secret)
		w.ok(err)
		if m, in := got.Member("lee"); !in || m.Role != device.HouseMember || got.Rev != 3 {
			t.Errorf("%+v", got)
		}
		_, err = w.Join(t.Context(), someone("park"), secret)
		w.fails(err, device.ErrNotFound)
		_, err = w.Invite(t.Context(), someone("lee"), p.ID, device.Owner)
		w.fails(err, device.ErrForbidden)
		_, err = w.Invite(t.Context(), someone("kim"), p.ID, "king")
		w.fails(err, device.ErrInvalid)

		late, err := w.Invite(t.Context(), someone("kim"), p.ID, device.Owner)
		w.ok(err)
		w.pass(72 * time.Hour)
		_, err = w.Join(t.Context(), someone("park"), late)
		w.fails(err, device.ErrNotFound)
		owner, err := w.Invite(t.Context(), someone("kim"), p.ID, device.Owner)
		w.ok(err)
		_, err = w.Join(t.Context(), someone("park"), owner)
		w.ok(err)
		w.ok(w.Remove(t.Context(), someone("kim"), p.ID, "kim")) // park is an owner too
		w.fails(second(w.RenamePlace(t.Context(), someone("kim"), p.ID, "x")), device.ErrNotFound)
		_, err = w.RenamePlace(t.Context(), someone("park"), p.ID, " x")
		w.fails(err, device.ErrInvalid)
		renamed, err := w.RenamePlace(t.Context(), someone("park"), p.ID, "새 집")
		w.ok(err)
		if renamed.Name != "새 집" {
			t.Errorf("%+v", renamed)
		}
	})
}

func second[T any](_ T, err error) error { return err }
