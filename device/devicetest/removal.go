package devicetest

import (
	"testing"
	"time"

	"madang/device"
	"madang/device/pairing"
)

// Places and hubs are removed as they were read, or not at all; with a place go its members and invitations.
func removal(t *testing.T, s device.Store) {
	p := home("p1", "kim")
	p.Invitations = []device.Invitation{{Code: device.HashOf("welcome"), Role: device.HouseMember, By: "kim", ExpiresAt: after(time.Hour)}}
	h := device.Hub{App: app, Serial: "SN-1", Place: "p1", Link: "1.2"}
	save(t, s, device.Change{Places: []device.Place{p, home("p2", "kim")}, Hubs: []device.Hub{h}})
	for name, c := range map[string]device.Change{
		"a place never kept":  {NoPlaces: []device.Place{p}},
		"a place of another":  {NoPlaces: []device.Place{{App: "other", ID: "p1", Rev: 1}}},
		"a place that is not": {NoPlaces: []device.Place{{App: app, ID: "p9", Rev: 1}}},
		"a hub never kept":    {NoHubs: []device.Hub{h}},
		"a hub that changed":  {NoHubs: []device.Hub{{App: app, Serial: "SN-1", Rev: 2}}},
		"one of two":          {NoPlaces: []device.Place{{App: app, ID: "p1", Rev: 1}}, NoHubs: []device.Hub{{App: app, Serial: "SN-1", Rev: 2}}},
	} {
		t.Run(name, func(t *testing.T) { fails(t, s.Save(t.Context(), c), device.ErrConflict) })
	}
	same(t, len(one[[]device.Place](t)(s.PlacesOf(t.Context(), app, "kim"))), 2)
	same(t, one[device.Hub](t)(s.Hub(t.Context(), app, "SN-1")).Link, "1.2")

	p.Rev, h.Rev = 1, 1
	save(t, s, device.Change{NoPlaces: []device.Place{p}, NoHubs: []device.Hub{h}})
	fails(t, s.Save(t.Context(), device.Change{NoPlaces: []device.Place{p}}), device.ErrConflict)
	fails(t, s.Save(t.Context(), device.Change{Places: []device.Place{p}}), device.ErrConflict)
	for _, err := range []error{
		second(s.Place(t.Context(), app, "p1")), second(s.PlaceInvited(t.Context(), app, device.HashOf("welcome"))), second(s.Hub(t.Context(), app, "SN-1")),
	} {
		fails(t, err, device.ErrNotFound)
	}
	same(t, len(one[[]device.Place](t)(s.PlacesOf(t.Context(), app, "kim"))), 1)
	same(t, len(one[[]device.Hub](t)(s.HubsOf(t.Context(), app, "p1"))), 0)
	same(t, len(one[[]device.Hub](t)(s.OnlineHubs(t.Context(), "", "", 9))), 0)
	p.Rev, h.Rev = 0, 0
	save(t, s, device.Change{Places: []device.Place{p}, Hubs: []device.Hub{h}}) // the names are free again
}

// States of hubs are swept of which nothing matters any more.
func pairingSweep(t *testing.T, s pairing.Store) {
	code := pairing.Code{ID: "c", Requester: "person kim", AskedAt: begin().Add(-time.Minute), ExpiresAt: begin()}
	tried := code
	tried.Wrong = 1
	for id, state := range map[string]pairing.State{
		"rested": {Spent: pairing.Spent{N: 3, Last: begin()}, Pressed: begin()}, "shown": {Code: &code}, "nothing": {},
		"tried": {Code: &tried}, "failed": {Failed: 1}, "locked": {Locked: true}, "spent": {Spent: pairing.Spent{N: 1, Last: begin().Add(time.Hour)}},
		"pressed": {Pressed: begin().Add(time.Hour)},
	} {
		state.Hub = pairing.Hub{App: "shop", ID: id}
		must(t, s.SavePairing(t.Context(), state))
	}
	swept := func(at time.Time, want int) {
		t.Helper()
		n, err := s.SweepPairings(t.Context(), at)
		must(t, err)
		same(t, n, want)
	}
	swept(begin(), 1)
	swept(begin().Add(time.Millisecond), 2)
	swept(begin().Add(2*time.Hour), 2)
	for id, rev := range map[string]int64{"rested": 0, "shown": 0, "nothing": 0, "spent": 0, "pressed": 0, "tried": 1, "failed": 1, "locked": 1} {
		state, err := s.Pairing(t.Context(), pairing.Hub{App: "shop", ID: id})
		must(t, err)
		if state.Rev != rev {
			t.Errorf("%s is at %d, want %d", id, state.Rev, rev)
		}
	}
}
