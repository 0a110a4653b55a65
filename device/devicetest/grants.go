package devicetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
)

// Grants runs the suite of an oauth.Store. open returns an empty one, as for [Run].
func Grants(t *testing.T, open func(*testing.T) oauth.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, oauth.Store){
		"kept": grantsKept, "codes": grantCodes, "sweep": grantsSwept, "many at once": grantsAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func grant(hub string, code byte) oauth.Grant {
	g := oauth.Grant{
		App: app, Hub: hub, ID: "id-" + hub, Device: device.HashOf(hub), Address: "192.0.2.7", AskedAt: begin(), ExpiresAt: after(10 * time.Minute),
		Interval: 5 * time.Second, State: oauth.Pending,
	}
	if code != 0 {
		g.User = pairing.MAC{code}
	}
	return g
}

func grantsKept(t *testing.T, s oauth.Store) {
	same(t, one[oauth.Grant](t)(s.Grant(t.Context(), app, "SN-1")), oauth.Grant{App: app, Hub: "SN-1"})
	g := grant("SN-1", 1)
	must(t, s.SaveGrant(t.Context(), g))
	fails(t, s.SaveGrant(t.Context(), g), device.ErrConflict)
	g.Rev = 1
	same(t, one[oauth.Grant](t)(s.Grant(t.Context(), app, "SN-1")), g)
	same(t, one[oauth.Grant](t)(s.Grant(t.Context(), "other", "SN-1")), oauth.Grant{App: "other", Hub: "SN-1"})
	g.State, g.User, g.Person, g.Name, g.Place, g.PolledAt, g.Interval = oauth.Approved, pairing.MAC{}, "kim", "김민지", "p1", after(time.Second), 10*time.Second
	must(t, s.SaveGrant(t.Context(), g))
	fails(t, s.SaveGrant(t.Context(), g), device.ErrConflict)
	g.Rev = 2
	same(t, one[oauth.Grant](t)(s.Grant(t.Context(), app, "SN-1")), g)
}

func grantCodes(t *testing.T, s oauth.Store) {
	a, b, abroad := grant("SN-1", 1), grant("SN-2", 2), grant("SN-3", 1)
	abroad.App = "other"
	for _, g := range []oauth.Grant{a, b, abroad, grant("SN-4", 0), grant("SN-5", 0)} { // two without a code are not alike
		must(t, s.SaveGrant(t.Context(), g))
	}
	got := one[oauth.Grant](t)(s.GrantByCode(t.Context(), app, pairing.MAC{2}))
	same(t, got.Hub, "SN-2")
	same(t, one[oauth.Grant](t)(s.GrantByCode(t.Context(), "other", pairing.MAC{1})).Hub, "SN-3")
	for _, code := range []pairing.MAC{{}, {9}} {
		_, err := s.GrantByCode(t.Context(), app, code)
		fails(t, err, device.ErrNotFound)
	}
	fails(t, s.SaveGrant(t.Context(), grant("SN-6", 1)), device.ErrConflict)
	got.User = pairing.MAC{1}
	fails(t, s.SaveGrant(t.Context(), got), device.ErrConflict)
	same(t, one[oauth.Grant](t)(s.GrantByCode(t.Context(), app, pairing.MAC{1})).Hub, "SN-1")
	got.User = pairing.MAC{3}
	must(t, s.SaveGrant(t.Context(), got))
	_, err := s.GrantByCode(t.Context(), app, pairing.MAC{2})
	fails(t, err, device.ErrNotFound)
}

func grantsSwept(t *testing.T, s oauth.Store) {
	late := grant("SN-2", 2)
	late.ExpiresAt = after(time.Hour)
	must(t, s.SaveGrant(t.Context(), grant("SN-1", 1)))
	must(t, s.SaveGrant(t.Context(), late))
	same(t, one[int](t)(s.SweepGrants(t.Context(), after(10*time.Minute))), 0)
	same(t, one[int](t)(s.SweepGrants(t.Context(), after(10*time.Minute+time.Millisecond))), 1)
	same(t, one[oauth.Grant](t)(s.Grant(t.Context(), app, "SN-1")).Rev, int64(0))
	same(t, one[oauth.Grant](t)(s.Grant(t.Context(), app, "SN-2")).Rev, int64(1))
}

// grantsAtOnce: of many who save what follows from the same, one does.
func grantsAtOnce(t *testing.T, s oauth.Store) {
	must(t, s.SaveGrant(t.Context(), grant("SN-1", 1)))
	g := one[oauth.Grant](t)(s.Grant(t.Context(), app, "SN-1"))
	var done atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mine := g
			mine.Person = fmt.Sprint(i)
			if err := s.SaveGrant(t.Context(), mine); err == nil {
				done.Add(1)
			} else if !errors.Is(err, device.ErrConflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, done.Load(), int64(1))
}
