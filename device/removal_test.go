package device_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/proof"
)

func netipAny() netip.Addr { return netip.MustParseAddr("192.0.2.7") }

// Somebody at the box commands what is behind it, and nothing else; what waits for the hub goes out as theirs.
func TestAtBox(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		w.box("box2")
		w.pair(someone("kim"), "box1")
		at := device.AtBox(app, "box1")
		c := w.command(at, sets("lamp", "on", true))
		if c.State != device.Sent || c.Person != "box:box1" {
			t.Errorf("%+v", c)
		}
		_, list, err := w.Devices(t.Context(), at, "box1")
		w.ok(err)
		if len(list) != 3 {
			t.Errorf("%+v", list)
		}
		o := sets("lamp", "on", true)
		o.Hub = "box2"
		_, err = w.Command(t.Context(), at, o)
		w.fails(err, device.ErrNotFound)
		_, err = w.MakePlace(t.Context(), at, "집")
		w.fails(err, device.ErrForbidden)
		w.fails(w.AskCode(t.Context(), at, "box1", netipAny()), device.ErrForbidden)
		w.fails(w.Unpair(t.Context(), at, "box1", "kim"), device.ErrForbidden)

		w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
		waits := w.command(at, sets("heat", "target", 20.0))
		_, err = w.Arrive(t.Context(), app, "box1", "again")
		w.ok(err)
		if got := w.state(waits.ID); got != device.Sent {
			t.Errorf("what waited is %s", got)
		}
		list2, err := w.Audit(t.Context(), someone("kim"), w.placeOf(someone("kim")).ID, 0, 0)
		w.ok(err)
		if !slices.ContainsFunc(list2, func(e device.AuditEntry) bool { return e.Act == device.ActCommand && e.Person == "box:box1" }) {
			t.Errorf("the audit log has %+v", list2)
		}
		// Nobody is it by being called so.
		for _, name := range []string{"box:box1", "server:link", "guest:x"} {
			_, err = w.Command(t.Context(), device.Actor{App: app, Person: name}, sets("lamp", "on", true))
			w.fails(err, device.ErrNotFound)
			w.fails(w.AskCode(t.Context(), someone(name), "box1", netipAny()), device.ErrForbidden)
		}
	})
}

// The server's own authority: by key the same, and over when it says.
func TestByServer(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		link := device.ByServer(app, "link")
		o := sets("lamp", "on", true)
		o.Key, o.Within = "cloud-1", 3*time.Second
		c := w.command(link, o)
		if again := w.command(link, o); again.ID != c.ID || c.State != device.Sent || c.ExpiresAt.Sub(w.now()) != o.Within || len(w.delivered) != 1 {
			t.Errorf("%+v, again %+v", c, again)
		}
		w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
		if got := w.state(c.ID); got != device.Queued {
			t.Fatalf("without the hub it is %s", got)
		}
		w.pass(2 * time.Second)
		_, err := w.Arrive(t.Context(), app, "box1", "again")
		w.ok(err)
		last := w.delivered[len(w.delivered)-1]
		if last.ID != c.ID || last.ExpiresAt.Sub(w.now()) != time.Second {
			t.Errorf("delivered %+v", last)
		}
		w.pass(time.Second)
		_, err = w.Expire(t.Context())
		w.ok(err)
		if got := w.state(c.ID); got != device.Expired {
			t.Errorf("in the end it is %s", got)
		}
		door := sets("door", "locked", false)
		door.Within = time.Hour
		if c := w.command(link, door); c.ExpiresAt.Sub(w.now()) != device.Defaults().AckTimeout {
			t.Errorf("a door waits: %+v", c)
		}
	})
}

func TestRoles(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		w.pair(someone("kim"), "box1")
		w.pair(someone("lee"), "box1")
		place := w.placeOf(someone("kim")).ID
		set := func(by, who string, r device.Role) error {
			_, err := w.SetRole(t.Context(), someone(by), place, who, r)
			return err
		}
		w.fails(set("lee", "lee", device.Owner), device.ErrForbidden)
		w.fails(set("kim", "park", device.Owner), device.ErrNotFound)
		w.fails(set("kim", "lee", "king"), device.ErrInvalid)
		w.fails(set("kim", "kim", device.HouseMember), device.ErrLastOwner)
		w.fails(w.Remove(t.Context(), someone("kim"), place, "kim"), device.ErrLastOwner)
		w.ok(set("kim", "lee", device.Owner))
		w.ok(set("lee", "kim", device.HouseMember))
		w.fails(set("kim", "lee", device.HouseMember), device.ErrForbidden)
		w.ok(w.Remove(t.Context(), someone("kim"), place, "kim"))
		if p := w.placeOf(someone("lee")); len(p.Members) != 1 || p.Members[0].Role != device.Owner {
			t.Errorf("%+v", p)
		}
	})
}

// With a place goes everything that was paired in it, and its hubs are anybody's who stands before them.
func TestDeletePlace(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim, lee := w.pair(someone("kim"), "box1"), w.pair(someone("lee"), "box1")
		place := w.placeOf(someone("kim")).ID
		secret, err := w.Invite(t.Context(), someone("kim"), place, device.HouseMember)
		w.ok(err)
		c := w.command(lee, sets("lamp", "on", true))
		w.fails(w.DeletePlace(t.Context(), someone("lee"), place), device.ErrForbidden)
		w.fails(w.DeletePlace(t.Context(), someone("park"), place), device.ErrNotFound)
		w.ok(w.DeletePlace(t.Context(), someone("kim"), place))
		w.fails(w.DeletePlace(t.Context(), someone("kim"), place), device.ErrNotFound)
		if got := w.state(c.ID); got != device.Expired || len(w.desired("lamp")) != 0 {
			t.Errorf("the command is %s, the lamp is wished %v", got, w.desired("lamp"))
		}
		for _, a := range []device.Actor{kim, lee, someone("kim"), someone("lee")} {
			if _, err := w.Command(t.Context(), a, sets("lamp", "on", true)); err == nil {
				t.Errorf("%+v commands", a)
			}
		}
		_, err = w.Join(t.Context(), someone("park"), secret)
		w.fails(err, device.ErrNotFound)
		h, err := w.store.Hub(t.Context(), app, "box1")
		w.ok(err)
		if h.Place != "" || !h.Online() {
			t.Errorf("%+v", h)
		}
		if n := len(w.ended); !w.ended[n-1].Gone || w.ended[n-2].Hub != "box1" || len(w.ended[n-2].Tokens) != 2 {
			t.Errorf("ended: %+v", w.ended)
		}
		w.pair(someone("park"), "box1")
		if p := w.placeOf(someone("park")); p.ID == place || p.Members[0].Role != device.Owner {
			t.Errorf("%+v", p)
		}
	})
}

// Who has no account any more is nowhere; no place is left without an owner.
func TestForgetPerson(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, box := range []string{"box1", "box2"} {
			w.box(box)
			w.pair(someone("kim"), box)
		}
		w.pass(time.Hour)
		w.pair(someone("lee"), "box1")
		w.pass(time.Hour)
		w.pair(someone("park"), "box1")
		open := w.command(someone("kim"), sets("lamp", "on", true))
		w.ok(w.ForgetPerson(t.Context(), app, "kim"))
		w.ok(w.ForgetPerson(t.Context(), app, "kim"))
		left, err := w.Places(t.Context(), someone("kim"))
		w.ok(err)
		p := w.placeOf(someone("lee"))
		if m, _ := p.Member("lee"); len(left) != 0 || len(p.Members) != 2 || m.Role != device.Owner || w.state(open.ID) != device.Expired {
			t.Errorf("kim is in %+v; %+v", left, p)
		}
		two, err := w.store.Hub(t.Context(), app, "box2")
		w.ok(err)
		if two.Place != "" {
			t.Errorf("%+v", two)
		}
		for _, serial := range []string{"box1", "box2"} {
			list, err := w.store.TokensOf(t.Context(), app, serial, w.now())
			w.ok(err)
			if slices.ContainsFunc(list, func(k device.Token) bool { return k.Person == "kim" }) {
				t.Errorf("%s: %+v", serial, list)
			}
		}
	})
}

func TestRevokeHub(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim := w.pair(someone("kim"), "box1")
		c := w.command(kim, sets("lamp", "on", true))
		w.ok(w.RevokeHub(t.Context(), app, "box1"))
		w.fails(w.RevokeHub(t.Context(), app, "box1"), device.ErrNotFound)
		if got := w.state(c.ID); got != device.Expired || w.ended[len(w.ended)-1].Box != "box1" {
			t.Errorf("the command is %s; %+v", got, w.ended)
		}
		_, err := w.Command(t.Context(), someone("kim"), sets("lamp", "on", true))
		w.fails(err, device.ErrNotFound)
		_, err = w.Arrive(t.Context(), app, "box1", "again")
		w.fails(err, device.ErrNotFound)
		_, err = w.Register(t.Context(), app, "box1", "다른 사람의")
		w.ok(err)
		_, _, err = w.Devices(t.Context(), someone("kim"), "box1")
		w.fails(err, device.ErrNotFound)
		list, err := w.store.Devices(t.Context(), app, "box1")
		w.ok(err)
		if len(list) != 0 {
			t.Errorf("a new hub has %+v", list)
		}
	})
}

// key makes a key of a hub's, and returns what signs a token.
func key(t testing.TB) (public string, sign func(serial, id string, at time.Time) string) {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), func(serial, id string, at time.Time) string {
		enc := base64.RawURLEncoding.EncodeToString
		body := enc([]byte(`{"alg":"EdDSA","typ":"JWT","kid":"`+serial+`"}`)) + "." +
			enc(fmt.Appendf(nil, `{"iss":%q,"aud":"us","jti":%q,"iat":%d,"exp":%d}`, serial, id, at.Unix(), at.Unix()+300))
		return body + "." + enc(ed25519.Sign(private, []byte(body)))
	}
}

// A hub with a key of its own: each proof is good once, also of many at once, and no secret is any more.
func TestKeys(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		secret, err := w.Register(t.Context(), app, "box1", "현관")
		w.ok(err)
		public, sign := key(t)
		show := func(token string) error {
			_, err := w.ProveByKey(t.Context(), app, token, "us")
			return err
		}
		w.fails(show(sign("box1", "j0", w.now())), device.ErrUnauthenticated)
		w.fails(w.RegisterKey(t.Context(), app, "box1", "현관", "none"), device.ErrInvalid)
		w.ok(w.RegisterKey(t.Context(), app, "box1", "현관", public))
		if w.ended[0].Box != "box1" {
			t.Errorf("%+v", w.ended)
		}
		for _, s := range []string{secret, ""} {
			_, err = w.Prove(t.Context(), app, "box1", s)
			w.fails(err, device.ErrUnauthenticated)
		}
		token := sign("box1", "j1", w.now())
		var won atomic.Int32
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := show(token); err == nil {
					won.Add(1)
				} else if !errors.Is(err, device.ErrUnauthenticated) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("a proof was good %d times", won.Load())
		}
		w.pass(5*time.Minute + proof.Skew - time.Second)
		w.fails(show(token), device.ErrUnauthenticated)
		w.pass(time.Second)
		w.fails(show(token), device.ErrUnauthenticated) // for its age, now
		for i := range 64 {
			w.ok(show(sign("box1", fmt.Sprint("n", i), w.now())))
		}
		w.fails(show(sign("box1", "more", w.now())), madang.ErrTooMany)
		w.pass(time.Hour)
		w.ok(show(sign("box1", "j1", w.now()))) // long forgotten
		h, err := w.store.Hub(t.Context(), app, "box1")
		w.ok(err)
		if len(h.Proofs) != 1 {
			t.Errorf("%d proofs are kept", len(h.Proofs))
		}
		_, err = w.Register(t.Context(), app, "box1", "현관")
		w.ok(err)
		w.fails(show(sign("box1", "j2", w.now())), device.ErrUnauthenticated)
	})
}
